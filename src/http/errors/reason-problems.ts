import type { CodeFault } from '../../core/token-endpoint/token-endpoint.ts'
import { assertionType } from '../../protocol/grant-types.ts'
import { assertionWords } from './assertion-words.ts'
import { problemOfLogin } from './login-problems.ts'
import { invalidRequest, type Problem, sentence } from './problem.ts'
import type { Reason } from './reasons.ts'
import { requestObjectWords } from './request-object-words.ts'

/** What each reason for a no is to a caller; the compiler misses none. */
export function problemOfReason(reason: Reason): Problem {
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
    case 'key-algorithm-in-use':
      return {
        status: 409,
        code: 'Conflict',
        description: `${reason.clients} OAuth 2.0 Client(s) registered ${reason.algs.join(', ')} and no other key would sign for them: make another key for it first, or send force=true in the query`,
      }
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
    case 'audience-not-allowed':
      return invalidRequest(`Requested audience '${reason.audience}' has not been whitelisted by the OAuth 2.0 Client.`)
    case 'resource-not-allowed':
      return {
        status: 400,
        code: 'invalid_target',
        description: `The resource '${reason.resource}' is not an absolute URI in the client's audience.`,
      }
    default:
      return problemOfLogin(reason)
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
