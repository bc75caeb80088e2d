import type { RefusedToClient } from '../../core/authorization/authorization-request.ts'
import type { AuthorizationFault } from '../../core/authorization/find-response-target.ts'
import { InvalidJson } from '../../lib/json.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { OutcomeUnknown, RolledBack, Unavailable } from '../../lib/unavailable.ts'
import { type HydraFault, HydraFaultError } from '../../protocol/hydra-client.ts'
import { pageLocation } from '../../protocol/response-mode.ts'
import { faultPage } from '../html/authorization-page.ts'
import { errorPage } from '../html/error-page.ts'
import type { Words } from '../html/words.ts'
import { type RedirectSettings, toClient } from '../oauth/to-client.ts'
import { BodyTooLarge, mostFields, TooManyFields } from '../server/body.ts'
import { hydraNoStore, json, noStore, oauthJson, type Response } from '../server/response.ts'
import type { Face } from '../server/route.ts'
import { faultWords, refusalWords } from './authorization-words.ts'
import { type Problem, sentence } from './problem.ts'
import { problemOfReason } from './reason-problems.ts'
import type { Reason } from './reasons.ts'
import { withoutSecrets } from './without-secrets.ts'

/**
 * The only place where an error becomes a response. What we know of it goes to the log; a caller reads a code and one careful
 * sentence. What is not listed here is our own fault: 500, and not a word about it.
 */
export function answerError(error: unknown, face: Face, { log, count }: Telemetry, requestId: string): Response {
  const { status, code, description, headers = {} } = problemOf(error, face)
  if (status >= 500) log('error', 'request failed', { request_id: requestId, error: describe(error), status })
  else log('info', 'request refused', { request_id: requestId, reason: reasonOf(error), status })
  count('request_refused', { face, reason: kindOf(error) })
  return writers[face](status, { error: code, error_description: printable(description) }, headers)
}

/**
 * A person's request that is refused, on the error page that the operator has for it.
 *
 * @param errorUrl undefined where he has none
 * @throws `error` itself where it is no refusal, or there is no such page: ours shows it then
 */
export function answerOnErrorPage(error: unknown, { log, count }: Telemetry, requestId: string, errorUrl: string | undefined): Response {
  if (!(error instanceof Refusal) || errorUrl === undefined) throw error
  const { code, description } = problemOf(error, 'page')
  log('info', 'request refused', { request_id: requestId, reason: reasonOf(error), status: 302 })
  count('request_refused', { face: 'page', reason: kindOf(error) })
  return toErrorUrl(errorUrl, { error: code, description })
}

/**
 * A browser that must not be sent to the client: its person reads why, on the operator's error page or ours. We log which address it
 * was, without what stands behind a `?`.
 *
 * @param shown `errorUrl`: the operator's page; `words`: in the person's language, for ours
 */
export function answerAuthorizationFault(
  fault: AuthorizationFault,
  { log, count }: Telemetry,
  requestId: string,
  { errorUrl, words }: { errorUrl: string | undefined; words: Words },
): Response {
  const { kind, ...facts } = fault
  const shown = Object.entries(facts).map(([name, value]) => [
    name,
    withoutSecrets((String(value).split(/[?#]/, 1)[0] ?? '').slice(0, 200)),
  ])
  log('info', 'request refused', { request_id: requestId, reason: { kind, ...Object.fromEntries(shown) }, status: 400 })
  count('request_refused', { face: 'page', reason: kind })
  return errorUrl === undefined ? faultPage(fault, words) : toErrorUrl(errorUrl, faultWords(fault))
}

const toErrorUrl = (errorUrl: string, { error, description }: { error: string; description: string }): Response => ({
  status: 302,
  headers: {
    ...hydraNoStore,
    location: pageLocation(errorUrl, Object.entries({ error, error_description: printable(description) })),
  },
})

/** The client is told why it gets no code, by way of the browser (RFC 6749 §4.1.2.1). */
export function answerAuthorizationRefusal(
  { target, reason }: RefusedToClient,
  { log, count }: Telemetry,
  requestId: string,
  redirects: RedirectSettings,
): Response {
  const { error, description } = refusalWords(reason)
  log('info', 'request refused', { request_id: requestId, reason: { kind: reason.kind }, status: 303 })
  count('request_refused', { face: 'page', reason: reason.kind })
  return toClient(target, { error, error_description: printable(description) }, redirects)
}

type Writer = (status: number, body: { error: string; error_description: string }, headers: Readonly<Record<string, string>>) => Response

/** What Hydra writes without the library that its token endpoint has. */
const hydraJson: Writer = (status, body, headers) => json(status, body, { 'content-type': 'application/json', ...hydraNoStore, ...headers })

const writers: Record<Face, Writer> = {
  registration: (status, body, headers) => json(status, body, { ...noStore, ...headers }),
  oauth: oauthJson,
  userinfo: hydraJson,
  admin: hydraJson,
  page: (status, body, headers) => errorPage(status, body.error_description.replace(`${sentence.invalidRequest} `, ''), headers),
  plain: (status, body, headers) => json(status, body, headers),
}

/** RFC 6749 §5.2: printable ASCII without double quotes and backslashes. */
const printable = (text: string): string =>
  text
    .replaceAll('"', "'")
    .replace(/[^\x20-\x7e]|\\/g, '?')
    .slice(0, 1_500)

function problemOf(error: unknown, face: Face): Problem {
  if (error instanceof Refusal) return problemOfReason(error.reason as Reason)
  if (error instanceof HydraFaultError) return problemOfHydraFault(error.fault)
  if (error instanceof Unavailable) return unavailable(error)
  if (error instanceof OutcomeUnknown) return outcomeUnknown
  if (error instanceof InvalidJson) return invalidBody(error.message, face)
  if (error instanceof TooManyFields) return invalidBody(`the form has more than ${mostFields} fields`, face)
  if (error instanceof BodyTooLarge) return bodyTooLarge(face)
  return problemOfFramework(error as Error)
}

/** That nothing was changed is known of a transaction only: what failed elsewhere may have come after a commit. */
const unavailable = (error: Unavailable): Problem => ({
  status: 503,
  code: 'temporarily_unavailable',
  description: `The server cannot do this now (${error.message})${error instanceof RolledBack ? '; nothing was changed' : ''}. Try again later.`,
  headers: { 'retry-after': String(error.retryAfterSeconds) },
})

/** No `Retry-After`: trying again might do it twice. */
const outcomeUnknown: Problem = {
  status: 503,
  code: 'temporarily_unavailable',
  description: 'The server cannot say whether this was done. Look before you try again.',
}

/** Nobody reads the rest of it, so the connection ends. */
const bodyTooLarge = (face: Face): Problem => ({
  ...invalidBody('the body is larger than this server accepts', face),
  status: 413,
  headers: { connection: 'close' },
})

function invalidBody(message: string, face: Face): Problem {
  if (face === 'admin') return { status: 400, code: sentence.malformed, description: `Unable to decode the request body: ${message}` }
  return { status: 400, code: face === 'registration' ? 'invalid_client_metadata' : 'invalid_request', description: message }
}

function problemOfHydraFault(fault: HydraFault): Problem {
  switch (fault.family) {
    case 'decode':
      return invalidBody(fault.text, 'admin')
    case 'metadata':
      return { status: 400, code: 'invalid_client_metadata', description: fault.hint }
    case 'redirect':
      return { status: 400, code: 'invalid_redirect_uri', description: `The value of one or more redirect_uris is invalid. ${fault.hint}` }
  }
}

/** What Fastify and Node refuse themselves: a path that cannot be decoded, a body that ends too early. */
function problemOfFramework(error: { code?: unknown; statusCode?: unknown; message?: unknown }): Problem {
  // Node's error for a caller who hangs up in the middle of a body: nobody reads the answer, and nothing of ours failed.
  if (error.code === 'ECONNRESET' && error.message === 'aborted') {
    return { status: 400, code: 'invalid_request', description: 'The request ended before it was complete.' }
  }
  const isCallersFault = String(error.code).startsWith('FST_') && typeof error.statusCode === 'number' && error.statusCode < 500
  if (isCallersFault) return { status: error.statusCode as number, code: 'invalid_request', description: frameworkSentence(error.code) }
  return {
    status: 500,
    code: 'server_error',
    description: 'Something went wrong on our side; the request id in X-Request-Id names it in our log.',
  }
}

function frameworkSentence(code: unknown): string {
  if (code === 'FST_ERR_BAD_URL') return 'The path is not validly percent-encoded.'
  return code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'A part of the path is too long.' : 'The request cannot be understood.'
}

/** The names of our reasons and error classes: a small fixed set. */
const kindOf = (error: unknown): string =>
  error instanceof Refusal ? error.reason.kind : ((error as Error | undefined)?.name ?? 'unknown')

function reasonOf(error: unknown): unknown {
  if (error instanceof Refusal) return logged(error.reason as Reason)
  if (error instanceof HydraFaultError) return error.fault
  // The framework's messages quote the address, which may hold a secret; its codes say as much.
  const { code, message } = error as Error & { code?: unknown }
  return code ?? message
}

/** A refused secret or a made-up one must not reach the log by way of a problem's words; the members' names are enough. */
function logged(reason: Reason): unknown {
  if (reason.kind === 'metadata-refused') return { kind: reason.kind, members: reason.problems.map(({ member }) => member) }
  return withoutSecrets(reason)
}

function describe(error: unknown): unknown {
  return error instanceof Error
    ? { name: error.name, message: error.message, stack: error.stack, cause: String(error.cause ?? '') }
    : String(error)
}
