import type { ResponseTarget } from '../../core/authorization/authorization-request.ts'
import { answerLocation } from '../../protocol/response-mode.ts'
import { formPostPage } from '../html/form-post-page.ts'
import type { Response } from '../server/response.ts'

export interface RedirectSettings {
  readonly issuer: string
  /** Whether an answer in the query ends with `#_`: without a fragment of its own a browser keeps the one that it came with (RFC 9700 §4.1.3). */
  readonly dummyFragment: boolean
}

/**
 * Sends the browser back to its client with an answer, in the way that the client asked for. Every answer says whose it is (RFC 9207 §2)
 * and brings the client's state back (RFC 6749 §4.1.2).
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
