import type { CodeFault } from '../../core/token-endpoint/token-endpoint.ts'
import { assertionType } from '../../protocol/grant-types.ts'
import { assertionHints } from './client-assertion-hints.ts'
import { audienceNotAllowed, invalidRequest, invalidScope, invalidTarget, lookUp, type Problem, sentence, type Table } from './problem.ts'
import type { OAuthFaceRefusal } from './refusals.ts'

/** RFC 6749 §5.2: 401 with the scheme that the client may use. */
const invalidClient = (hint = ''): Problem => ({
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

const invalidGrant = (hint: string): Problem => ({
  status: 400,
  code: 'invalid_grant',
  description: `${sentence.invalidGrant}${hint}`,
})

const codeHints: Readonly<Record<CodeFault, string>> = {
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

const refreshHints = {
  unknown: ' The refresh token is malformed or not valid.',
  'other-client': ' The OAuth 2.0 Client ID from this request does not match the ID during the initial token issuance.',
  used: ' The refresh token was already used.',
}

const bearerChallenge = (error: string, description: string): Readonly<Record<string, string>> => ({
  'www-authenticate': `Bearer error="${error}",error_description="${description}"`,
})

/** Refusals of the token, revocation, introspection and userinfo endpoints. */
export const oauthProblems: Table<OAuthFaceRefusal, 'kind'> = {
  'credentials-missing': invalidRequest('Client credentials missing or malformed in both HTTP Authorization header and HTTP POST body.'),
  'credentials-twice': invalidRequest('Client credentials were sent in more than one way; use one.'),
  'assertion-missing': invalidRequest(
    `The client_assertion request parameter must be set when using client_assertion_type of '${assertionType}'.`,
  ),
  'assertion-type-unknown': ({ type }) => invalidRequest(`Unknown client_assertion_type '${type}'.`),
  'form-empty': invalidRequest('The POST body can not be empty.'),
  'request-malformed': invalidRequest(sentence.checkParameters),

  'client-unknown': invalidClient(),
  'client-gone': invalidClient(),
  'client-secret-wrong': invalidClient(),
  'client-method-wrong': ({ registered, presented }) =>
    invalidClient(
      ` The OAuth 2.0 Client supports client authentication method '${registered}', but method '${presented}' was requested. You must configure the OAuth 2.0 client's 'token_endpoint_auth_method' value to accept '${presented}'.`,
    ),
  'assertion-refused': (refusal) => invalidClient(` ${lookUp(assertionHints, refusal, 'fault')}`),
  'assertion-replayed': {
    status: 400,
    code: 'jti_known',
    description: "The jti was already used. Claim 'jti' from 'client_assertion' MUST only be used once.",
  },
  'secret-attempts-exhausted': ({ retryAfterSeconds }) => ({
    status: 429,
    code: 'invalid_client',
    description: `${sentence.invalidClient} Too many wrong secrets for this client came from this address; try again in ${retryAfterSeconds} s.`,
    headers: { 'retry-after': String(retryAfterSeconds) },
  }),

  'grant-type-missing': invalidRequest("Request parameter 'grant_type' is missing"),
  // Hydra answers invalid_request; RFC 6749 §5.2 requires this code.
  'grant-type-unsupported': {
    status: 400,
    code: 'unsupported_grant_type',
    description: 'The authorization grant type is not supported by the authorization server.',
  },
  'grant-type-not-registered': ({ grantType }) =>
    unauthorizedClient(`The OAuth 2.0 Client is not allowed to use authorization grant '${grantType}'.`),
  'grant-needs-secret': ({ grantType }) =>
    unauthorizedClient(`The OAuth 2.0 Client is marked as public and is thus not allowed to use authorization grant '${grantType}'.`),
  'scope-not-allowed': invalidScope,
  'audience-not-allowed': audienceNotAllowed,
  'resource-not-allowed': invalidTarget,
  'code-refused': ({ why }) => invalidGrant(codeHints[why]),
  'refresh-token-refused': ({ why }) => invalidGrant(refreshHints[why]),
  'hook-denied': { status: 403, code: 'access_denied', description: sentence.hookError },
  'hook-failed': { status: 500, code: 'server_error', description: sentence.hookError },

  // Hydra's code and sentence; RFC 6750 §3.1 names the code invalid_token.
  'access-token-refused': {
    status: 401,
    code: 'request_unauthorized',
    description: sentence.unauthorizedBearer,
    headers: bearerChallenge('request_unauthorized', sentence.unauthorizedBearer),
  },
  'access-token-is-refresh-token': {
    status: 401,
    code: 'invalid_token',
    description: sentence.onlyAccessTokens,
    headers: bearerChallenge('invalid_token', sentence.onlyAccessTokens),
  },
  'openid-scope-missing': {
    status: 403,
    code: 'insufficient_scope',
    description: 'The access token was not granted the scope openid.',
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope",scope="openid"' },
  },
}
