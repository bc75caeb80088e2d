import type { RefusedToClient, ResponseTarget } from '../../core/authorization/authorization-request.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { answerLocation } from '../../protocol/response-mode.ts'
import { authorizationProblems } from '../errors/authorization-problems.ts'
import { printable } from '../errors/printable.ts'
import { lookUp } from '../errors/problem.ts'
import { recordRefusal } from '../errors/record-refusal.ts'
import { formPostPage } from '../html/form-post-page.ts'
import type { Response } from '../server/response.ts'

export interface RedirectSettings {
  readonly issuer: string
  /** Whether the redirect URI ends with `#_`: otherwise a browser keeps the fragment of the page before (RFC 9700 §4.1.3). */
  readonly dummyFragment: boolean
}

/**
 * Redirects the browser to its client with response parameters, in the response mode of the request. Every response has the issuer
 * (RFC 9207 §2) and the client's state (RFC 6749 §4.1.2).
 */
export function toClient(
  { redirectUri, responseMode, state }: ResponseTarget,
  parameters: Readonly<Record<string, string>>,
  { issuer, dummyFragment }: RedirectSettings,
): Response {
  const entries = Object.entries({ ...parameters, ...(state !== undefined && { state }), iss: issuer })
  if (responseMode === 'form_post') return formPostPage(redirectUri, entries)
  const ending = responseMode === 'query' && dummyFragment ? '#_' : ''
  const location = answerLocation(responseMode, redirectUri, entries) + ending
  return { status: 303, headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', location } }
}

/** The error response of the authorization endpoint (RFC 6749 §4.1.2.1). */
export function refuseToClient(
  { target, reason }: RefusedToClient,
  telemetry: Telemetry,
  requestId: string,
  redirects: RedirectSettings,
): Response {
  const { kind } = reason
  recordRefusal(telemetry, { requestId, face: 'page', kind, reason: { kind }, status: 303 })
  const { code, description } = lookUp(authorizationProblems, reason, 'kind')
  return toClient(target, { error: code, error_description: printable(description) }, redirects)
}
