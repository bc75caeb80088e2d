import { Refusal } from '../../lib/refusal.ts'
import { OutcomeUnknown, RolledBack, Unavailable } from '../../lib/unavailable.ts'
import { type HydraFault, HydraFaultError } from '../../protocol/hydra-words.ts'
import type { BodyRefusal } from '../server/body.ts'
import type { Face } from '../server/route.ts'
import { adminProblems } from './admin-problems.ts'
import { oauthProblems } from './oauth-problems.ts'
import { pageProblems } from './page-problems.ts'
import { invalidRequest, lookUp, type Problem, sentence, type Table } from './problem.ts'
import type { AnyReason, RefusalReason } from './refusals.ts'
import { registrationProblems } from './registration-problems.ts'

/** Every refusal; the compiler requires each. */
const problems: Table<RefusalReason, 'kind'> = {
  'parameter-repeated': ({ name }) => invalidRequest(`The parameter '${name}' was sent more than once.`),
  ...registrationProblems,
  ...oauthProblems,
  ...adminProblems,
  ...pageProblems,
}

/** What a caller learns of an error. An error that is not listed here is an internal one: 500, without details. */
export function problemOf(error: unknown, face: Face): Problem {
  if (error instanceof Refusal) return problemOfRefusal(error.reason as AnyReason, face)
  if (error instanceof HydraFaultError) return problemOfHydraFault(error.fault)
  if (error instanceof Unavailable) return unavailable(error)
  if (error instanceof OutcomeUnknown) return outcomeUnknown
  return problemOfFramework(error as Error)
}

function problemOfRefusal(reason: AnyReason, face: Face): Problem {
  return reason.kind === 'body-invalid' || reason.kind === 'body-too-large' ? problemOfBody(reason, face) : lookUp(problems, reason, 'kind')
}

function problemOfBody(reason: BodyRefusal, face: Face): Problem {
  if (reason.kind === 'body-invalid') return invalidBody(reason.message, face)
  // The rest of the body is not read, so the connection ends.
  return { ...invalidBody('the body is larger than this server accepts', face), status: 413, headers: { connection: 'close' } }
}

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

/** Only a transaction that was rolled back is known to have changed nothing; another failure may follow a commit. */
const unavailable = (error: Unavailable): Problem => ({
  status: 503,
  code: 'temporarily_unavailable',
  description: `The server cannot do this now (${error.message})${error instanceof RolledBack ? '; nothing was changed' : ''}. Try again later.`,
  headers: { 'retry-after': String(error.retryAfterSeconds) },
})

/** Without `Retry-After`: a second attempt could do it twice. */
const outcomeUnknown: Problem = {
  status: 503,
  code: 'temporarily_unavailable',
  description: 'It is unknown whether the request was carried out. Check before you try again.',
}

/** What Fastify and Node refuse themselves: a path that cannot be decoded, a body that ends too early. */
function problemOfFramework(error: { code?: unknown; statusCode?: unknown; message?: unknown }): Problem {
  // Node's error where the caller closes the connection in the middle of a body. This is not an internal error, and the response is not read.
  if (error.code === 'ECONNRESET' && error.message === 'aborted') {
    return { status: 400, code: 'invalid_request', description: 'The request ended before it was complete.' }
  }
  const isCallersFault = String(error.code).startsWith('FST_') && typeof error.statusCode === 'number' && error.statusCode < 500
  if (isCallersFault) return { status: error.statusCode as number, code: 'invalid_request', description: frameworkSentence(error.code) }
  return {
    status: 500,
    code: 'server_error',
    description: 'Internal error; the log of the server has the details under the request id in X-Request-Id.',
  }
}

function frameworkSentence(code: unknown): string {
  if (code === 'FST_ERR_BAD_URL') return 'The path is not validly percent-encoded.'
  return code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'A part of the path is too long.' : 'The request cannot be understood.'
}
