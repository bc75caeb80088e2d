import type { AuthorizationRefusal } from '../../core/authorization/authorization-request.ts'
import type { AuthorizationFault } from '../../core/authorization/find-response-target.ts'
import { audienceNotAllowed, invalidRequest, invalidScope, invalidTarget, type Problem, sentence, type Table } from './problem.ts'

const loginHints = {
  'no-session': "Prompt 'none' was requested, but no existing login session was found.",
  'max-age': "Request failed because prompt is set to 'none' and authentication time reached 'max_age'.",
  'session-over': 'The login session that the request began in is over.',
  'other-subject': "Request failed because the person who is logged in is not the one that 'id_token_hint' names.",
}

const consentHints = {
  'not-asked': "Prompt 'none' was requested, but no previous consent was found.",
  withdrawn: 'The consent that was given before is no longer there.',
}

/** The error parameters that a client gets by redirect (RFC 6749 §4.1.2.1), in the words of Hydra where it has them. */
export const authorizationProblems: Table<AuthorizationRefusal, 'kind', Pick<Problem, 'code' | 'description'>> = {
  'request-too-long': ({ longest }) =>
    invalidRequest(`The request is longer than ${longest} characters, more than a browser can bring back in an address.`),
  'state-weak': {
    code: 'invalid_state',
    description: `${sentence.weakState} Request parameter 'state' must be at least be 8 characters long to ensure sufficient entropy.`,
  },
  'response-type-missing': {
    code: 'unsupported_response_type',
    description: `${sentence.responseType} \`The request is missing the 'response_type' parameter.`,
  },
  'response-type-unsupported': ({ responseType }) => ({
    code: 'unsupported_response_type',
    description: `${sentence.responseType} The client is not allowed to request response_type '${responseType}'.`,
  }),
  'registration-parameter': {
    code: 'registration_not_supported',
    description: 'The OP does not support use of the registration parameter.',
  },
  'scope-unavailable': invalidScope,
  'audience-unavailable': audienceNotAllowed,
  'resource-unavailable': invalidTarget,
  'code-challenge-missing': invalidRequest(
    'Clients must include a code_challenge when performing the authorize code flow, but it is missing. The server is configured in a way that enforces PKCE for clients.',
  ),
  'code-challenge-plain': ({ isEnforced }) =>
    invalidRequest(
      `Clients must use code_challenge_method=S256, plain is not allowed.${isEnforced ? ' The server is configured in a way that enforces PKCE S256 as challenge method for clients.' : ''}`,
    ),
  'code-challenge-method-unknown': invalidRequest('The code_challenge_method is not supported, use S256 instead.'),
  'code-challenge-malformed': invalidRequest('The code_challenge must be 43 characters of base64url, the SHA-256 of the code_verifier.'),
  'prompt-unknown': ({ prompt }) => invalidRequest(`Used unknown value '[${prompt}]' for prompt parameter`),
  'max-age-malformed': invalidRequest('The max_age must be a whole number of seconds.'),
  'parameter-sent-twice': ({ name }) => invalidRequest(`The parameter '${name}' was sent more than once.`),
  'hint-refused': invalidRequest('The id_token_hint is not an ID token of this server.'),
  'login-required': ({ why }) => ({ code: 'login_required', description: `${sentence.loginRequired} ${loginHints[why]}` }),
  'consent-required': ({ why }) => ({ code: 'consent_required', description: `${sentence.consentRequired} ${consentHints[why]}` }),
  'csrf-missing': {
    code: 'request_forbidden',
    description: `${sentence.forbidden} No CSRF value available in the session cookie.`,
  },
  'csrf-wrong': {
    code: 'request_forbidden',
    description: `${sentence.forbidden} The CSRF value from the token does not match the CSRF value from the data store.`,
  },
  'verifier-spent': ({ step }) => ({
    code: 'access_denied',
    description: `${sentence.denied} The ${step} verifier has already been used.`,
  }),
  'flow-expired': ({ step }) => ({
    code: 'request_unauthorized',
    description: `${sentence.unauthorized} The ${step} request has expired, please try again.`,
  }),
  // The login or consent application rejected the request, and chose the words.
  rejected: ({ error, description }) => ({ code: error, description }),
}

const noSuchClient: Problem = {
  status: 400,
  code: 'invalid_client',
  description: `${sentence.invalidClient} The requested OAuth 2.0 Client does not exist.`,
}

/** What only the person reads, as the redirect URI cannot be trusted. */
export const authorizationFaultProblems: Table<AuthorizationFault, 'kind'> = {
  'client-missing': noSuchClient,
  'client-unknown': noSuchClient,
  'redirect-uri-missing': invalidRequest("The 'redirect_uri' parameter is required when using OpenID Connect 1.0."),
  'redirect-uri-unregistered': invalidRequest(
    "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.",
  ),
  'response-mode-unknown': ({ responseMode }) => ({
    status: 400,
    code: 'unsupported_response_mode',
    description: `${sentence.responseMode} Request with unsupported response_mode '${responseMode}'.`,
  }),
  'parameter-doubled': ({ name }) => invalidRequest(`The parameter '${name}' was sent more than once.`),
  'handle-unknown': {
    status: 400,
    code: 'not_found',
    description: 'This login is unknown or has expired; start again at the app that sent you here.',
  },
}
