import type { RefusedToClient } from '../core/authorization/authorization-request.ts'
import type { AuthorizationFault } from '../core/authorization/find-response-target.ts'
import type { CodeFault } from '../core/grants/token-endpoint.ts'
import { InvalidJson } from '../lib/json.ts'
import { Refusal } from '../lib/refusal.ts'
import type { Telemetry } from '../lib/telemetry.ts'
import { OutcomeUnknown, Unavailable } from '../lib/unavailable.ts'
import { assertionType } from '../protocol/grant-types.ts'
import { type HydraFault, HydraFaultError } from '../protocol/hydra-client.ts'
import { pageLocation } from '../protocol/response-mode.ts'
import { type Answer, hydraNoStore, json, noStore, oauthJson } from './answer.ts'
import { assertionWords } from './assertion-words.ts'
import { faultWords, refusalWords } from './authorization-words.ts'
import { faultPage } from './pages/authorization-page.ts'
import { errorPage } from './pages/error-page.ts'
import type { Reason } from './reasons.ts'
import { requestObjectWords } from './request-object-words.ts'
import { toClient } from './response-modes.ts'
import type { Face } from './route.ts'
import { withoutSecrets } from './without-secrets.ts'

/**
 * The only place where an error becomes a response. What we know of it goes to the log; a caller reads a code and one careful
 * sentence. What is not listed here is our own fault: 500, and not a word about it.
 */
export function answerError(error: unknown, face: Face, { log, count }: Telemetry, requestId: string): Answer {
  const { status, code, description, headers = {} } = problemOf(error, face)
  if (status >= 500) log('error', 'request failed', { request_id: requestId, error: describe(error), status })
  else log('info', 'request refused', { request_id: requestId, reason: reasonOf(error), status })
  count('request_refused', { face, reason: kindOf(error) })
  return writers[face](status, { error: code, error_description: printable(description) }, headers)
}

/** A person's request that is refused, on the error page that the operator has for it. */
export function answerOnErrorPage(refusal: Refusal, { log, count }: Telemetry, requestId: string, errorUrl: string): Answer {
  const { code, description } = problemOf(refusal, 'page')
  log('info', 'request refused', { request_id: requestId, reason: reasonOf(refusal), status: 302 })
  count('request_refused', { face: 'page', reason: kindOf(refusal) })
  return toErrorUrl(errorUrl, { error: code, description })
}

/**
 * A browser that must not be sent to the client: its person reads why, on the operator's error page or ours. We log which address it
 * was, without what stands behind a `?`.
 *
 * @param errorUrl the operator's page
 */
export function answerAuthorizationFault(
  fault: AuthorizationFault,
  { log, count }: Telemetry,
  requestId: string,
  errorUrl: string | undefined,
): Answer {
  const { kind, ...facts } = fault
  const shown = Object.entries(facts).map(([name, value]) => [
    name,
    withoutSecrets((String(value).split(/[?#]/, 1)[0] ?? '').slice(0, 200)),
  ])
  log('info', 'request refused', { request_id: requestId, reason: { kind, ...Object.fromEntries(shown) }, status: 400 })
  count('request_refused', { face: 'page', reason: kind })
  return errorUrl === undefined ? faultPage(fault) : toErrorUrl(errorUrl, faultWords(fault))
}

const toErrorUrl = (errorUrl: string, { error, description }: { error: string; description: string }): Answer => ({
  status: 302,
  headers: {
    ...hydraNoStore,
    location: pageLocation(errorUrl, Object.entries({ error, error_description: printable(description) })),
  },
})

/** The client is told why it gets no code, by way of the browser (RFC 6749 §4.1.2.1), and by whom (RFC 9207 §2). */
export function answerAuthorizationRefusal(
  { target, reason }: RefusedToClient,
  { log, count }: Telemetry,
  requestId: string,
  issuer: string,
): Answer {
  const { error, description } = refusalWords(reason)
  log('info', 'request refused', { request_id: requestId, reason: { kind: reason.kind }, status: 303 })
  count('request_refused', { face: 'page', reason: reason.kind })
  return toClient(target, {
    error,
    error_description: printable(description),
    iss: issuer,
    ...(target.state !== undefined && { state: target.state }),
  })
}

interface Problem {
  readonly status: number
  readonly code: string
  readonly description: string
  readonly headers?: Readonly<Record<string, string>>
}

type Writer = (status: number, body: { error: string; error_description: string }, headers: Readonly<Record<string, string>>) => Answer

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
  return problemOfFramework(error as Error, face)
}

const sentence = {
  malformed: 'The request was malformed or contained invalid parameters',
  notFound: 'Unable to locate the resource',
  checkParameters:
    'Make sure that the various parameters are correct, be aware of case sensitivity and trim your parameters. Make sure that the client you are using has exactly whitelisted the redirect_uri you specified.',
  taken: 'Unable to insert or update resource because a resource with that value exists already',
  invalidRequest:
    'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.',
  invalidClient:
    'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).',
  unauthorizedClient: 'The client is not authorized to request a token using this method.',
  invalidGrant:
    'The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
  hookError: 'The token hook target responded with an error.',
  invalidScope: 'The requested scope is invalid, unknown, or malformed.',
}

const unavailable = ({ message, retryAfterSeconds }: Unavailable): Problem => ({
  status: 503,
  code: 'temporarily_unavailable',
  description: `The server cannot do this now (${message}); nothing was changed. Try again later.`,
  headers: { 'retry-after': String(retryAfterSeconds) },
})

/** No `Retry-After`: trying again might do it twice. */
const outcomeUnknown: Problem = {
  status: 503,
  code: 'temporarily_unavailable',
  description: 'The server cannot say whether this was done. Look before you try again.',
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

/** What Fastify refuses itself: too large a body, a path that cannot be decoded. */
function problemOfFramework(error: { code?: unknown; statusCode?: unknown; message?: unknown }, face: Face): Problem {
  // Node's error for a caller who hangs up in the middle of a body: nobody reads the answer, and nothing of ours failed.
  if (error.code === 'ECONNRESET' && error.message === 'aborted') {
    return { status: 400, code: 'invalid_request', description: 'The request ended before it was complete.' }
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return { ...invalidBody('the body is larger than this server accepts', face), status: 413 }
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

function problemOfReason(reason: Reason): Problem {
  switch (reason.kind) {
    case 'registration-off':
      return { status: 404, code: 'The requested resource could not be found', description: 'Dynamic registration is not enabled.' }
    case 'metadata-refused':
      return { status: 400, code: reason.problems[0]?.code ?? 'invalid_client_metadata', description: listed(reason.problems) }
    case 'registration-token-refused':
      return {
        status: 401,
        code: 'invalid_token',
        description: 'The client does not exist or the registration access token is not its own.',
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      }
    case 'foreign-secret':
      return {
        status: 403,
        code: 'invalid_client_metadata',
        description: 'client_secret: is not the current one; it cannot be chosen, leave it out',
      }
    case 'client-not-found':
      return { status: 404, code: sentence.notFound, description: '' }
    case 'client-id-taken':
      return { status: 409, code: sentence.taken, description: '' }
    case 'patch-refused':
      return { status: 400, code: sentence.malformed, description: `Unable to apply the JSON Patch: ${reason.message}` }
    case 'page-refused':
      return { status: 400, code: sentence.malformed, description: `Unable to parse pagination parameters: ${reason.message}` }
    case 'rotation-unsupported':
      return {
        status: 400,
        code: sentence.malformed,
        description: `The client is configured to use the '${reason.method}' authentication method, which does not support client secret rotation.`,
      }
    case 'admin-unauthorized':
      return {
        status: 401,
        code: 'The request could not be authorized',
        description: 'A bearer token of serve.admin.auth is needed.',
        headers: { 'www-authenticate': 'Bearer' },
      }
    case 'admin-fenced':
      return { status: 403, code: 'The requested action was forbidden', description: reason.message }
    case 'credentials-missing':
      return invalidRequest('Client credentials missing or malformed in both HTTP Authorization header and HTTP POST body.')
    case 'request-object-refused': {
      const { error, description } = requestObjectWords(reason)
      return { status: 400, code: error, description }
    }
    case 'form-empty':
      return invalidRequest('The POST body can not be empty.')
    case 'posted-from-elsewhere':
      return { status: 403, code: 'request_forbidden', description: 'This form was sent by a page of another site, so nothing was done.' }
    case 'parameter-repeated':
      return invalidRequest(`The parameter '${reason.name}' was sent more than once.`)
    case 'credentials-twice':
      return invalidRequest('Client credentials were sent in more than one way; use one.')
    case 'grant-type-missing':
      return invalidRequest("Request parameter 'grant_type' is missing")
    case 'client-unknown':
    case 'client-gone':
    case 'client-secret-wrong':
      return invalidClient('')
    case 'assertion-missing':
      return invalidRequest(`The client_assertion request parameter must be set when using client_assertion_type of '${assertionType}'.`)
    case 'assertion-type-unknown':
      return invalidRequest(`Unknown client_assertion_type '${reason.type}'.`)
    case 'assertion-refused':
      return invalidClient(` ${assertionWords(reason)}`)
    case 'assertion-replayed':
      return {
        status: 400,
        code: 'jti_known',
        description: "The jti was already used. Claim 'jti' from 'client_assertion' MUST only be used once.",
      }
    case 'secret-attempts-exhausted':
      return {
        status: 429,
        code: 'invalid_client',
        description: `${sentence.invalidClient} Too many wrong secrets for this client came from this address; try again in ${reason.retryAfterSeconds} s.`,
        headers: { 'retry-after': String(reason.retryAfterSeconds) },
      }
    case 'client-method-wrong':
      return invalidClient(methodHint(reason))
    // RFC 6749 §5.2 leaves no room for Hydra's invalid_request here.
    case 'grant-type-unsupported':
      return {
        status: 400,
        code: 'unsupported_grant_type',
        description: 'The authorization grant type is not supported by the authorization server.',
      }
    case 'request-malformed':
      return invalidRequest(sentence.checkParameters)
    case 'query-missing':
      return invalidRequest(`Query parameter '${reason.name}' is not defined but it should have been.`)
    case 'key-algorithm-unsupported':
      return { status: 400, code: 'Bad Request', description: 'Unsupported key algorithm' }
    case 'key-malformed':
      return { status: 400, code: sentence.malformed, description: reason.message }
    case 'key-id-taken':
      return { status: 409, code: sentence.taken, description: '' }
    case 'key-set-not-found':
      return { status: 404, code: 'Not Found', description: 'Unable to locate the requested resource' }
    case 'key-not-found':
      return { status: 404, code: sentence.notFound, description: '' }
    case 'hook-denied':
      return { status: 403, code: 'access_denied', description: sentence.hookError }
    case 'hook-failed':
      return { status: 500, code: 'server_error', description: sentence.hookError }
    case 'grant-type-not-registered':
      return unauthorizedClient(`The OAuth 2.0 Client is not allowed to use authorization grant '${reason.grantType}'.`)
    case 'grant-needs-secret':
      return unauthorizedClient(
        `The OAuth 2.0 Client is marked as public and is thus not allowed to use authorization grant '${reason.grantType}'.`,
      )
    case 'scope-not-allowed':
      return {
        status: 400,
        code: 'invalid_scope',
        description: `${sentence.invalidScope} The OAuth 2.0 Client is not allowed to request scope '${reason.scope}'.`,
      }
    case 'code-refused':
      return invalidGrant(codeHint[reason.why])
    case 'refresh-token-refused':
      return invalidGrant(refreshHint[reason.why])
    case 'access-token-refused':
      return unauthorizedBearer
    case 'access-token-is-refresh-token':
      return {
        status: 401,
        code: 'invalid_token',
        description: 'Only access tokens are allowed in the authorization header.',
        headers: { 'www-authenticate': bearerChallenge('invalid_token', 'Only access tokens are allowed in the authorization header.') },
      }
    case 'openid-scope-missing':
      return {
        status: 403,
        code: 'insufficient_scope',
        description: 'The access token was not granted the scope openid.',
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope",scope="openid"' },
      }
    case 'challenge-unknown':
      return { status: 404, code: 'Not Found', description: 'Unable to locate the requested resource' }
    // Hydra's challenge is the request itself, encrypted; its words are contract all the same.
    case 'logout-challenge-unknown':
      return {
        status: 404,
        code: 'Not Found',
        description: 'Unable to locate the requested resource Failed to decrypt the logout challenge.',
      }
    case 'challenge-expired':
      return { status: 401, code: 'request_unauthorized', description: `The ${reason.step} request has expired, please try again.` }
    case 'logout-challenge-expired':
      return { status: 401, code: 'request_unauthorized', description: 'The logout request has expired, please try again.' }
    case 'challenge-used':
      return {
        status: 409,
        code: sentence.taken,
        description: 'The browser has gone on with an earlier answer; it can only begin again.',
      }
    case 'logout-challenge-used':
      return { status: 409, code: sentence.taken, description: 'The browser has gone on with an earlier answer.' }
    case 'subject-missing':
      return invalidRequest("Field 'subject' must not be empty.")
    case 'answer-malformed':
      return { status: 400, code: sentence.malformed, description: reason.message }
    case 'challenge-missing':
      return invalidRequest("Query parameter 'challenge' is not defined but should have been.")
    case 'sessions-subject-missing':
      return invalidRequest("Query parameter 'subject' is not defined but should have been.")
    case 'consent-selection':
      return invalidRequest('Invalid combination of query parameters.')
    case 'session-selection':
      return invalidRequest("Either 'subject' or 'sid' query parameters need to be defined.")
    case 'logout-hint-missing':
      return invalidRequest(`Logout failed because query parameter ${reason.parameter} is set but id_token_hint is missing.`)
    case 'logout-hint-refused':
      return invalidRequest('Logout failed because id_token_hint is not an ID token of this server.')
    case 'logout-client-other':
      return invalidRequest('Logout failed because client_id is not the client that id_token_hint was issued to.')
    case 'logout-redirect-unregistered':
      return invalidRequest(
        'Logout failed because query parameter post_logout_redirect_uri is not a whitelisted as a post_logout_redirect_uri for the client.',
      )
    case 'logout-verifier-unknown':
      return { status: 404, code: 'not_found', description: 'This logout is not known here, or no longer.' }
    case 'audience-not-allowed':
      return invalidRequest(`Requested audience '${reason.audience}' has not been whitelisted by the OAuth 2.0 Client.`)
    case 'resource-not-allowed':
      return {
        status: 400,
        code: 'invalid_target',
        description: `The resource '${reason.resource}' is not an absolute URI in the client's audience.`,
      }
  }
}

const invalidGrant = (hint: string): Problem => ({
  status: 400,
  code: 'invalid_grant',
  description: `${sentence.invalidGrant}${hint}`,
})

const codeHint: Readonly<Record<CodeFault, string>> = {
  unknown: '',
  expired: ' The authorization code has expired.',
  ended: ' The authorization code is no longer valid.',
  'other-client': ' The OAuth 2.0 Client ID from this request does not match the one from the authorize request.',
  'other-redirect-uri': " The 'redirect_uri' from this request does not match the one from the authorize request.",
  'verifier-short': ' The PKCE code verifier must be at least 43 characters.',
  'verifier-wrong': ' The PKCE code challenge did not match the code verifier.',
  'verifier-unexpected': ' A code_verifier was sent, but the authorize request had no code_challenge.',
  replayed: ' The authorization code has already been used.',
}

const refreshHint = {
  unknown: ' The refresh token is malformed or not valid.',
  'other-client': ' The OAuth 2.0 Client ID from this request does not match the ID during the initial token issuance.',
  used: ' The refresh token was already used.',
}

const bearerChallenge = (error: string, description: string): string => `Bearer error="${error}",error_description="${description}"`

/** Hydra's words, where RFC 6750 §3.1 has `invalid_token`. */
const unauthorized = 'The request could not be authorized. Check that you provided valid credentials in the right format.'

const unauthorizedBearer: Problem = {
  status: 401,
  code: 'request_unauthorized',
  description: unauthorized,
  headers: { 'www-authenticate': bearerChallenge('request_unauthorized', unauthorized) },
}

const invalidRequest = (hint: string): Problem => ({
  status: 400,
  code: 'invalid_request',
  description: `${sentence.invalidRequest} ${hint}`,
})

/** RFC 6749 §5.2: 401 with the scheme that the client may use. */
const invalidClient = (hint: string): Problem => ({
  status: 401,
  code: 'invalid_client',
  description: `${sentence.invalidClient}${hint}`,
  headers: { 'www-authenticate': 'Basic realm="token"' },
})

const unauthorizedClient = (hint: string): Problem => ({
  status: 400,
  code: 'unauthorized_client',
  description: `${sentence.unauthorizedClient} ${hint}`,
})

const methodHint = ({ registered, presented }: { registered: string; presented: string }): string =>
  ` The OAuth 2.0 Client supports client authentication method '${registered}', but method '${presented}' was requested. You must configure the OAuth 2.0 client's 'token_endpoint_auth_method' value to accept '${presented}'.`

const listed = (problems: readonly { member: string; message: string }[]): string =>
  problems.map(({ member, message }) => `${member}: ${message}`).join('; ')

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
