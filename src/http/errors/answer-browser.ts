import type { AuthorizationFault } from '../../core/authorization/find-response-target.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { pageLocation } from '../../protocol/response-mode.ts'
import { faultPage } from '../html/authorization-page.ts'
import type { Words } from '../html/words.ts'
import { hydraNoStore, type Response } from '../server/response.ts'
import { authorizationFaultProblems } from './authorization-problems.ts'
import { printable } from './printable.ts'
import { lookUp, type Problem } from './problem.ts'
import { problemOf } from './problem-of.ts'
import { kindOf, reasonOf, recordRefusal } from './record-refusal.ts'
import { withoutSecrets } from './without-secrets.ts'

/**
 * Sends a browser whose request was refused to the operator's error page.
 *
 * @param errorUrl undefined where the operator has no such page
 * @throws `error` itself where it is not a refusal, or where there is no such page: the listener then answers with the built-in page
 */
export function answerOnErrorPage(error: unknown, telemetry: Telemetry, requestId: string, errorUrl: string | undefined): Response {
  if (!(error instanceof Refusal) || errorUrl === undefined) throw error
  recordRefusal(telemetry, { requestId, face: 'page', kind: kindOf(error), reason: reasonOf(error), status: 302 })
  return toErrorUrl(errorUrl, problemOf(error, 'page'))
}

/**
 * Answers a browser that must not be redirected to the client: the person reads why, on the operator's error page or on the built-in one.
 * The log gets the rejected URI without its query and fragment.
 *
 * @param shown `errorUrl`: the operator's page; `words`: for the built-in page
 */
export function answerAuthorizationFault(
  fault: AuthorizationFault,
  telemetry: Telemetry,
  requestId: string,
  { errorUrl, words }: { errorUrl: string | undefined; words: Words },
): Response {
  const { kind, ...facts } = fault
  const shown = Object.entries(facts).map(([name, value]) => [
    name,
    withoutSecrets((String(value).split(/[?#]/, 1)[0] ?? '').slice(0, 200)),
  ])
  recordRefusal(telemetry, { requestId, face: 'page', kind, reason: { kind, ...Object.fromEntries(shown) }, status: 400 })
  return errorUrl === undefined ? faultPage(fault, words) : toErrorUrl(errorUrl, lookUp(authorizationFaultProblems, fault, 'kind'))
}

const toErrorUrl = (errorUrl: string, { code, description }: Problem): Response => ({
  status: 302,
  headers: {
    ...hydraNoStore,
    location: pageLocation(errorUrl, Object.entries({ error: code, error_description: printable(description) })),
  },
})
