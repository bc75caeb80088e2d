/** A deliberate difference between the two servers. */
export interface Difference {
  /** A product decision, Hydra's contract (with the id of the recorded exchange), or the clause that this server follows. */
  readonly reason: string
  /** The outcomes, by the name of the request. */
  readonly at: Readonly<Record<string, { readonly oracle: string; readonly ours: string }>>
}

export const differences: readonly Difference[] = [
  {
    reason: 'redirect_uri is required with openid (OpenID Connect Core §3.1.2.1) and for a loopback redirect URI (OAuth 2.1 §2.3.2)',
    at: {
      'authorize: redirect_uri missing, basic': { oracle: 'client by query: code state iss after login, consent', ours: 'page 400' },
      'authorize: redirect_uri missing, loopback': { oracle: 'client by query: code state iss after login, consent', ours: 'page 400' },
    },
  },
  {
    reason:
      'a repeated redirect_uri or response_mode is not trusted (RFC 6749 §3.1), even if it is registered: the error is shown on a page',
    at: {
      'authorize: redirect_uri repeated': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
      'authorize: redirect_uri repeated, one foreign': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
      'authorize: response_mode repeated': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
    },
  },
  {
    reason: 'Hydra’s contract: a missing response_type is unsupported_response_type (f166)',
    at: {
      'authorize: response_type missing': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: unsupported_response_type state iss',
      },
      'authorize: response_type empty': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: unsupported_response_type state iss',
      },
    },
  },
  {
    reason:
      'a response type that is not offered is unsupported_response_type in the query (RFC 6749 §3.1.1 and §4.1.2.1; f165, f167); the oracle knows these types, and accepts a repeated word',
    at: {
      'authorize: response_type token': {
        oracle: 'client by fragment: unsupported_response_type state iss',
        ours: 'client by query: unsupported_response_type state iss',
      },
      'authorize: response_type id_token': {
        oracle: 'client by fragment: invalid_request state iss',
        ours: 'client by query: unsupported_response_type state iss',
      },
      'authorize: response_type code id_token': {
        oracle: 'client by fragment: invalid_request state iss',
        ours: 'client by query: unsupported_response_type state iss',
      },
      'authorize: response_type none': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: unsupported_response_type state iss',
      },
      'authorize: response_type code code': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: unsupported_response_type state iss',
      },
    },
  },
  {
    reason: 'Hydra’s contract: an unknown response mode is an error page (f170)',
    at: {
      'authorize: response_mode unknown': { oracle: 'client by query: unsupported_response_mode state iss', ours: 'page 400' },
      'authorize: response_mode in upper case': { oracle: 'client by query: unsupported_response_mode state iss', ours: 'page 400' },
      'authorize: response_mode jwt': { oracle: 'client by query: unsupported_response_mode state iss', ours: 'page 400' },
    },
  },
  {
    reason: 'Hydra’s contract: state has at least eight characters, for clients of the operator (f160, f161)',
    at: {
      'authorize: state missing, basic': {
        oracle: 'client by query: code iss after login, consent',
        ours: 'client by query: invalid_state iss',
      },
      'authorize: state short, basic': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_state state iss',
      },
    },
  },
  {
    reason: 'every response to a request with state has it (RFC 6749 §4.1.2.1); of a repeated state the first value is used',
    at: {
      'authorize: state repeated': { oracle: 'client by query: invalid_request iss', ours: 'client by query: invalid_request state iss' },
    },
  },
  {
    reason: 'a request without scope gets the registered scope (RFC 6749 §3.3); the oracle has no default and nothing to grant',
    at: {
      'authorize: scope missing': {
        oracle: 'client by query: access_denied state iss after login',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: scope empty': {
        oracle: 'client by query: access_denied state iss after login',
        ours: 'client by query: code state iss after login, consent',
      },
    },
  },
  {
    reason: 'Hydra’s contract: a request of an operator’s client for an unregistered scope is refused (f168, f010)',
    at: {
      'authorize: scope unknown, basic': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_scope state iss',
      },
      'token: client credentials, unknown scope': { oracle: 'access for undefined, 0 of 1 active', ours: '400 invalid_scope' },
    },
  },
  {
    reason: 'the scope of a self-registered client is narrowed to the registered one (RFC 6749 §3.3), even to nothing: the person decides',
    at: {
      'authorize: scope with unknown values only': {
        oracle: 'client by query: access_denied state iss after login',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: scope with a quote': {
        oracle: 'client by query: invalid_scope state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: scope with a tab': {
        oracle: 'client by query: invalid_scope state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: scope in upper case': {
        oracle: 'client by query: access_denied state iss after login',
        ours: 'client by query: code state iss after login, consent',
      },
    },
  },
  {
    reason:
      'offline_access is granted by the person, who is always asked (OpenID Connect Core §11 allows this); the oracle drops it without prompt=consent, and for a client without refresh tokens',
    at: {
      'authorize: prompt none, after a login with less scope': {
        oracle: 'client by query: code state iss',
        ours: 'client by query: consent_required state iss',
      },
      'authorize: valid request, after a login with less scope': {
        oracle: 'client by query: code state iss',
        ours: 'client by query: code state iss after consent',
      },
      'token: code of codes, without the refresh grant': {
        oracle: 'access + id for notes.read openid, 1 of 1 active',
        ours: 'access + id for notes.read offline_access openid, 1 of 1 active',
      },
    },
  },
  {
    reason:
      'for a loopback app both servers ask for consent each time; the error for that is consent_required (OpenID Connect Core §3.1.2.6)',
    at: {
      'authorize: prompt none, loopback, after a login': {
        oracle: 'client by query: interaction_required state iss',
        ours: 'client by query: consent_required state iss',
      },
    },
  },
  {
    reason: 'prompt=none with another value is an error (OpenID Connect Core §3.1.2.1), with the code of Hydra’s contract (f121)',
    at: {
      'authorize: prompt none login': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: login_required state iss',
      },
      'authorize: prompt none login, after a login': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: login_required state iss',
      },
      'authorize: prompt none consent, after a login': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: consent_required state iss',
      },
    },
  },
  {
    reason:
      'select_account is a new login, because a browser has one session (OpenID Connect Core §3.1.2.1); the oracle does not support it',
    at: {
      'authorize: prompt select_account, after a login': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: code state iss after login',
      },
    },
  },
  {
    reason: 'max_age is a number of seconds in decimal digits (OpenID Connect Core §3.1.2.1)',
    at: {
      'authorize: max_age with an exponent': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_request state iss',
      },
      'authorize: max_age in hexadecimal': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_request state iss',
      },
      'authorize: max_age with a space': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_request state iss',
      },
    },
  },
  {
    reason: 'a login with a subject other than that of id_token_hint is login_required (OpenID Connect Core §3.1.2.1)',
    at: {
      'authorize: id_token_hint of another, after a login': {
        oracle: 'client by query: code state iss after login',
        ours: 'client by query: login_required state iss after login',
      },
      'authorize: id_token_hint of another, without a login': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: login_required state iss after login',
      },
    },
  },
  {
    reason: 'no parameter may be repeated (RFC 6749 §3.1), known or unknown',
    at: {
      'authorize: an unknown parameter, repeated': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_request state iss',
      },
    },
  },
  {
    reason: 'Hydra’s contract: an error in a request object is shown on a page (f177, f178), because it may contain the redirect URI',
    at: {
      'authorize: request garbage': { oracle: 'client by query: invalid_request_object state iss', ours: 'page 400' },
      'authorize: request unsigned': { oracle: 'client by query: invalid_request_object state iss', ours: 'page 400' },
      'authorize: request_uri not registered': { oracle: 'client by query: request_uri_not_supported state iss', ours: 'page 400' },
      'authorize: request_uri beside request': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
    },
  },
  {
    reason:
      'without allowed_audience the resource of a self-registered client has no effect, because MCP clients always send it (R8707-08)',
    at: {
      'authorize: resource foreign': {
        oracle: 'client by query: invalid_target state iss',
        ours: 'client by query: code state iss after login, consent',
      },
    },
  },
  {
    reason: 'every 401 names a scheme in WWW-Authenticate (RFC 9110 §15.5.2), also if the client used none',
    at: {
      'token: no secret, of a confidential client': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: an empty secret': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: a secret of a public client': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: wrong secret in the form': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: unknown client in the form': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: code twice, without authentication then': {
        oracle: '401 invalid_client, unchallenged, 1 of 1 active',
        ours: '401 invalid_client, challenged, 1 of 1 active',
      },
      'token: refresh without authentication': {
        oracle: '401 invalid_client, unchallenged, 1 of 1 active',
        ours: '401 invalid_client, challenged, 1 of 1 active',
      },
      'token: revoke without authentication': {
        oracle: '401 invalid_client, unchallenged, 1 of 1 active',
        ours: '401 invalid_client, challenged, 1 of 1 active',
      },
    },
  },
  {
    reason: 'failed client authentication is invalid_client (RFC 6749 §5.2, RFC 7521 §4.2.1)',
    at: {
      'token: Basic of a public client': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
      'token: Basic with broken escapes': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
      'token: Basic without a secret': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
      'token: an assertion that is garbage': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
    },
  },
  {
    reason: 'Hydra’s contract: a missing code or refresh token is invalid_grant (f051, f053)',
    at: {
      'token: code missing': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: code empty': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: refresh token missing': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: refresh token empty': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
    },
  },
  {
    reason:
      'with PKCE the token request may omit redirect_uri (OAuth 2.1 §10.2), without PKCE it may not (RFC 6749 §4.1.3); the oracle uses the only registered one',
    at: {
      'token: redirect_uri missing, two': {
        oracle: '400 invalid_request',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 1 active',
      },
      'token: redirect_uri missing, no proof key': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 1 of 1 active',
        ours: '400 invalid_grant',
      },
    },
  },
  {
    reason: 'Hydra’s contract, and RFC 7636 §4.6: a malformed verifier is invalid_grant (f250)',
    at: {
      'token: verifier short': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: verifier long': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: verifier with special characters': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: verifier with a trailing line break': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
    },
  },
  {
    reason: 'Hydra’s contract: a refresh revokes the access token that was issued with the used refresh token (f083)',
    at: {
      'token: refresh of basic': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 active',
      },
      'token: refresh of public': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 active',
      },
      'token: refresh with more scope, then a valid refresh': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 active',
      },
      'token: refresh of another client, then a valid refresh': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 active',
      },
      'token: refresh with an empty scope': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 active',
      },
      'token: refresh twice, then by another client': {
        oracle: '400 invalid_grant, 2 of 2 active',
        ours: '400 invalid_grant, 1 of 2 active',
      },
      'token: refresh repeatedly': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 5 of 5 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 5 active',
      },
    },
  },
  {
    reason: 'Hydra’s contract: a refresh with less scope returns the whole granted scope and shows it (f082; RFC 6749 §3.3)',
    at: {
      'token: refresh with less scope': {
        oracle: 'access + id + refresh for openid, 2 of 2 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 active',
      },
      'token: refresh with less scope, then all': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 3 of 3 active',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 3 active',
      },
    },
  },
  {
    reason: 'a grant type that the client has not registered is unauthorized_client (RFC 6749 §5.2, f049)',
    at: {
      'token: refresh by a client without the grant': { oracle: '400 invalid_request', ours: '400 unauthorized_client' },
      'token: client credentials without the grant': { oracle: '400 invalid_request', ours: '400 unauthorized_client' },
      'token: client credentials of a public client': { oracle: '400 invalid_request', ours: '400 unauthorized_client' },
    },
  },
  {
    reason: 'Hydra’s contract: the response for a token without scope has an empty scope (f009)',
    at: {
      'token: client credentials without scope': { oracle: 'access for undefined, 0 of 1 active', ours: 'access for , 0 of 1 active' },
    },
  },
  {
    reason: 'an unsupported method on a known path is 405 (RFC 9110 §15.5.6)',
    at: {
      'authorize: by PUT': { oracle: 'page 404', ours: 'page 405' },
      'token: GET': { oracle: '404 no error', ours: '405 invalid_request' },
      'token: PUT': { oracle: '404 no error', ours: '405 invalid_request' },
    },
  },
  {
    reason: 'additional spaces between words are accepted, although RFC 6749 §3.3 allows only one',
    at: {
      'authorize: scope with two spaces': {
        oracle: 'client by query: invalid_scope state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: prompt with two spaces': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: prompt of one space': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'token: client credentials, two spaces': { oracle: '400 invalid_scope', ours: 'access for notes.read, 0 of 1 active' },
    },
  },
  {
    reason:
      'only the port of a loopback redirect URI may vary (RFC 8252 §7.3), and the response goes to the exact URI that was sent; the oracle uses the normalised URL',
    at: {
      'authorize: loopback with an empty port': {
        oracle: 'client by query: elsewhere code state iss after login, consent',
        ours: 'page 400',
      },
      'authorize: loopback with leading zeros in its port': {
        oracle: 'client by query: elsewhere code state iss after login, consent',
        ours: 'client by query: code state iss after login, consent',
      },
    },
  },
  {
    reason: 'client_assertion and client_assertion_type require each other (RFC 7521 §4.2)',
    at: {
      'token: an assertion type without assertion': { oracle: '401 invalid_client, unchallenged', ours: '400 invalid_request' },
    },
  },
  {
    reason: 'a secret with trailing bytes is wrong (RFC 6749 §2.3.1); the oracle pads both with zero bytes before it compares them',
    at: {
      'token: a secret with a trailing zero byte': { oracle: '400 invalid_grant', ours: '401 invalid_client, challenged' },
    },
  },
  {
    reason: 'Hydra’s contract: revoking a token of another client has the response for an unknown token (f029) and no effect',
    at: {
      'token: revoke a token of another client': { oracle: '400 invalid_request, 1 of 1 active', ours: '200 no error, 1 of 1 active' },
    },
  },
]
