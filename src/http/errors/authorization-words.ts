import type { AuthorizationRefusal } from '../../core/authorization/authorization-request.ts'
import type { AuthorizationFault } from '../../core/authorization/find-response-target.ts'

/** What a client, or the operator's error page, reads. */
export interface AuthorizationWords {
  readonly error: string
  readonly description: string
}

const sentence = {
  invalidRequest:
    'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.',
  invalidClient:
    'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).',
  state: 'The state is missing or does not have enough characters and is therefore considered too weak.',
  responseType: 'The authorization server does not support obtaining a token using this method.',
  responseMode: 'The authorization server does not support obtaining a response using this response mode.',
  scope: 'The requested scope is invalid, unknown, or malformed.',
  login: 'The Authorization Server requires End-User authentication.',
  consent: 'The Authorization Server requires End-User consent.',
  forbidden: 'The request is not allowed.',
  denied: 'The resource owner or authorization server denied the request.',
  unauthorized: 'The request could not be authorized.',
}

/** Hydra's sentence for `invalid_request`, and what is the matter. */
export const invalid = (hint: string): AuthorizationWords => ({
  error: 'invalid_request',
  description: `${sentence.invalidRequest} ${hint}`,
})

/** Hydra's words for each refusal on its way to the client (`hydra-live`), ours where Hydra has none. */
export function refusalWords(refusal: AuthorizationRefusal): AuthorizationWords {
  switch (refusal.kind) {
    case 'request-too-long':
      return invalid(`The request is longer than ${refusal.longest} characters, more than a browser can bring back in an address.`)
    case 'state-weak':
      return {
        error: 'invalid_state',
        description: `${sentence.state} Request parameter 'state' must be at least be 8 characters long to ensure sufficient entropy.`,
      }
    case 'response-type-missing':
      return {
        error: 'unsupported_response_type',
        description: `${sentence.responseType} \`The request is missing the 'response_type' parameter.`,
      }
    case 'response-type-unsupported':
      return {
        error: 'unsupported_response_type',
        description: `${sentence.responseType} The client is not allowed to request response_type '${refusal.responseType}'.`,
      }
    case 'registration-parameter':
      return { error: 'registration_not_supported', description: 'The OP does not support use of the registration parameter.' }
    case 'scope-unavailable':
      return {
        error: 'invalid_scope',
        description: `${sentence.scope} The OAuth 2.0 Client is not allowed to request scope '${refusal.scope}'.`,
      }
    case 'audience-unavailable':
      return invalid(`Requested audience '${refusal.audience}' has not been whitelisted by the OAuth 2.0 Client.`)
    case 'resource-unavailable':
      return {
        error: 'invalid_target',
        description: `The resource '${refusal.resource}' is not an absolute URI in the client's audience.`,
      }
    case 'code-challenge-missing':
      return invalid(
        'Clients must include a code_challenge when performing the authorize code flow, but it is missing. The server is configured in a way that enforces PKCE for clients.',
      )
    case 'code-challenge-plain':
      return invalid(
        `Clients must use code_challenge_method=S256, plain is not allowed.${refusal.isEnforced ? ' The server is configured in a way that enforces PKCE S256 as challenge method for clients.' : ''}`,
      )
    case 'code-challenge-method-unknown':
      return invalid('The code_challenge_method is not supported, use S256 instead.')
    case 'code-challenge-malformed':
      return invalid('The code_challenge must be 43 characters of base64url, the SHA-256 of the code_verifier.')
    case 'prompt-unknown':
      return invalid(`Used unknown value '[${refusal.prompt}]' for prompt parameter`)
    case 'max-age-malformed':
      return invalid('The max_age must be a whole number of seconds.')
    case 'parameter-sent-twice':
      return invalid(`The parameter '${refusal.name}' was sent more than once.`)
    case 'hint-refused':
      return invalid('The id_token_hint is not an ID token of this server.')
    case 'login-required':
      return { error: 'login_required', description: `${sentence.login} ${loginHint[refusal.why]}` }
    case 'consent-required':
      return { error: 'consent_required', description: `${sentence.consent} ${consentHint[refusal.why]}` }
    case 'csrf-missing':
      return { error: 'request_forbidden', description: `${sentence.forbidden} No CSRF value available in the session cookie.` }
    case 'csrf-wrong':
      return {
        error: 'request_forbidden',
        description: `${sentence.forbidden} The CSRF value from the token does not match the CSRF value from the data store.`,
      }
    case 'verifier-spent':
      return { error: 'access_denied', description: `${sentence.denied} The ${refusal.step} verifier has already been used.` }
    case 'flow-expired':
      return {
        error: 'request_unauthorized',
        description: `${sentence.unauthorized} The ${refusal.step} request has expired, please try again.`,
      }
    case 'rejected':
      return refusal
  }
}

const loginHint = {
  'no-session': "Prompt 'none' was requested, but no existing login session was found.",
  'max-age': "Request failed because prompt is set to 'none' and authentication time reached 'max_age'.",
  'session-over': 'The login session that the request began in is over.',
  'other-subject': "Request failed because the person who is logged in is not the one that 'id_token_hint' names.",
}

const consentHint = {
  'not-asked': "Prompt 'none' was requested, but no previous consent was found.",
  withdrawn: 'The consent that was given before is no longer there.',
}

/** The same for what only a person reads. */
export function faultWords(fault: AuthorizationFault): AuthorizationWords {
  switch (fault.kind) {
    case 'client-missing':
    case 'client-unknown':
      return { error: 'invalid_client', description: `${sentence.invalidClient} The requested OAuth 2.0 Client does not exist.` }
    case 'redirect-uri-missing':
      return invalid("The 'redirect_uri' parameter is required when using OpenID Connect 1.0.")
    case 'redirect-uri-unregistered':
      return invalid("The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.")
    case 'response-mode-unknown':
      return {
        error: 'unsupported_response_mode',
        description: `${sentence.responseMode} Request with unsupported response_mode '${fault.responseMode}'.`,
      }
    case 'parameter-doubled':
      return invalid(`The parameter '${fault.name}' was sent more than once.`)
    case 'handle-unknown':
      return { error: 'not_found', description: 'This login is not known here, or no longer; begin again at the app that you came from.' }
  }
}
