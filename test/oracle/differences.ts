/** Where the two sides part, on purpose. */
export interface Difference {
  /** A row of the product's decisions, Hydra's contract (by the id of the recorded exchange), or the clause that is obeyed. */
  readonly reason: string
  /** By the name of the request. */
  readonly at: Readonly<Record<string, { readonly oracle: string; readonly ours: string }>>
}

export const differences: readonly Difference[] = [
  {
    reason:
      'a code goes where the request says: with openid it must say so (OpenID Connect Core §3.1.2.1), and so must an app whose port changes (OAuth 2.1 §2.3.2)',
    at: {
      'authorize: redirect_uri missing, basic': { oracle: 'client by query: code state iss after login, consent', ours: 'page 400' },
      'authorize: redirect_uri missing, loopback': { oracle: 'client by query: code state iss after login, consent', ours: 'page 400' },
    },
  },
  {
    reason: 'of two redirect URIs or response modes none is trusted (RFC 6749 §3.1), not even one that is registered: the person reads it',
    at: {
      'authorize: redirect_uri doubled': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
      'authorize: redirect_uri doubled, one foreign': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
      'authorize: response_mode doubled': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
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
      'a response type that is not offered is unsupported_response_type, and told in the query (RFC 6749 §3.1.1 and §4.1.2.1; f165, f167); the oracle knows these types, and takes a word twice for once',
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
    reason: 'Hydra’s contract: a response mode that is unknown is told on a page (f170)',
    at: {
      'authorize: response_mode unknown': { oracle: 'client by query: unsupported_response_mode state iss', ours: 'page 400' },
      'authorize: response_mode in capitals': { oracle: 'client by query: unsupported_response_mode state iss', ours: 'page 400' },
      'authorize: response_mode of a signed answer': { oracle: 'client by query: unsupported_response_mode state iss', ours: 'page 400' },
    },
  },
  {
    reason: 'Hydra’s contract: state has eight characters or more, for clients of the operator (f160, f161)',
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
    reason: 'a request with a state is answered with it, whatever is wrong besides (RFC 6749 §4.1.2.1): the first counts',
    at: {
      'authorize: state doubled': { oracle: 'client by query: invalid_request iss', ours: 'client by query: invalid_request state iss' },
    },
  },
  {
    reason: 'a request without scope is for what the client registered (RFC 6749 §3.3); the oracle has no default, and nothing to grant',
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
    reason: 'Hydra’s contract: a client of the operator that asks for more than it has is refused (f168, f010)',
    at: {
      'authorize: scope unknown, basic': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_scope state iss',
      },
      'token: client credentials, unknown scope': { oracle: 'access for undefined, 0 of 1 alive', ours: '400 invalid_scope' },
    },
  },
  {
    reason:
      'what a self-registered client asks for is narrowed to what it may have (RFC 6749 §3.3), even where that is nothing: the person decides',
    at: {
      'authorize: scope of nothing but the unknown': {
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
      'authorize: scope in capitals': {
        oracle: 'client by query: access_denied state iss after login',
        ours: 'client by query: code state iss after login, consent',
      },
    },
  },
  {
    reason:
      'Hydra’s contract: offline_access is for the person to grant, without prompt=consent and to any client (OCORE-11 is overridden); the oracle drops it (OpenID Connect Core §11)',
    at: {
      'authorize: prompt none, known for less': {
        oracle: 'client by query: code state iss',
        ours: 'client by query: consent_required state iss',
      },
      'authorize: in order, known for less': {
        oracle: 'client by query: code state iss',
        ours: 'client by query: code state iss after consent',
      },
      'token: code of codes, which may not refresh': {
        oracle: 'access + id for notes.read openid, 1 of 1 alive',
        ours: 'access + id for notes.read offline_access openid, 1 of 1 alive',
      },
    },
  },
  {
    reason:
      'OpenID Connect Core §3.1.2.6: an app on the person’s machine is asked for consent each time, on both sides; consent_required says so',
    at: {
      'authorize: prompt none, loopback, known': {
        oracle: 'client by query: interaction_required state iss',
        ours: 'client by query: consent_required state iss',
      },
    },
  },
  {
    reason: 'prompt=none beside another value is an error (OpenID Connect Core §3.1.2.1), and that of Hydra’s contract (OCORE-02, f121)',
    at: {
      'authorize: prompt none login': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: login_required state iss',
      },
      'authorize: prompt none login, known': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: login_required state iss',
      },
      'authorize: prompt none consent, known': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: consent_required state iss',
      },
    },
  },
  {
    reason: 'select_account is to log in again, as a browser holds one session (OpenID Connect Core §3.1.2.1); the oracle does not have it',
    at: {
      'authorize: prompt select_account, known': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: code state iss after login',
      },
    },
  },
  {
    reason: 'max_age is a number of seconds, in digits (OpenID Connect Core §3.1.2.1)',
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
    reason: 'where somebody else than the one of the hint logs in, it is login_required (OpenID Connect Core §3.1.2.1)',
    at: {
      'authorize: id_token_hint of another, known': {
        oracle: 'client by query: code state iss after login',
        ours: 'client by query: login_required state iss after login',
      },
      'authorize: id_token_hint of another, nobody known': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: login_required state iss after login',
      },
    },
  },
  {
    reason: 'no parameter may come twice (RFC 6749 §3.1), known or not',
    at: {
      'authorize: a parameter nobody knows, doubled': {
        oracle: 'client by query: code state iss after login, consent',
        ours: 'client by query: invalid_request state iss',
      },
    },
  },
  {
    reason: 'Hydra’s contract: what is wrong with a request object is told on a page (f177, f178), as the redirect URI may be inside',
    at: {
      'authorize: request garbage': { oracle: 'client by query: invalid_request_object state iss', ours: 'page 400' },
      'authorize: request unsigned': { oracle: 'client by query: invalid_request_object state iss', ours: 'page 400' },
      'authorize: request_uri not registered': { oracle: 'client by query: request_uri_not_supported state iss', ours: 'page 400' },
      'authorize: request_uri beside request': { oracle: 'client by query: invalid_request state iss', ours: 'page 400' },
    },
  },
  {
    reason:
      'a resource of a self-registered client has no effect where allowed_audience is not configured: MCP clients always send it (R8707-08)',
    at: {
      'authorize: resource foreign': {
        oracle: 'client by query: invalid_target state iss',
        ours: 'client by query: code state iss after login, consent',
      },
    },
  },
  {
    reason: 'a 401 says which scheme would do (RFC 9110 §15.5.2), also to a client that used none',
    at: {
      'token: no secret, of a confidential client': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: an empty secret': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: a secret of a public client': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: wrong secret in the form': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: unknown client in the form': { oracle: '401 invalid_client, unchallenged', ours: '401 invalid_client, challenged' },
      'token: code twice, without authentication then': {
        oracle: '401 invalid_client, unchallenged, 1 of 1 alive',
        ours: '401 invalid_client, challenged, 1 of 1 alive',
      },
      'token: refresh without authentication': {
        oracle: '401 invalid_client, unchallenged, 1 of 1 alive',
        ours: '401 invalid_client, challenged, 1 of 1 alive',
      },
      'token: revoke without authentication': {
        oracle: '401 invalid_client, unchallenged, 1 of 1 alive',
        ours: '401 invalid_client, challenged, 1 of 1 alive',
      },
    },
  },
  {
    reason: 'who fails to authenticate is invalid_client (RFC 6749 §5.2, RFC 7521 §4.2.1)',
    at: {
      'token: Basic of a public client': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
      'token: Basic with broken escapes': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
      'token: Basic without a secret': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
      'token: an assertion that is garbage': { oracle: '400 invalid_request', ours: '401 invalid_client, challenged' },
    },
  },
  {
    reason: 'Hydra’s contract: a code or refresh token that is missing is invalid_grant (f051, f053)',
    at: {
      'token: code missing': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: code empty': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: refresh token missing': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: refresh token empty': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
    },
  },
  {
    reason:
      'with a proof key the redirect URI need not be repeated (OAuth 2.1 §10.2), without one it must be (RFC 6749 §4.1.3); the oracle fills in the only one that is registered',
    at: {
      'token: redirect_uri missing, two': {
        oracle: '400 invalid_request',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 1 alive',
      },
      'token: redirect_uri missing, no proof key': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 1 of 1 alive',
        ours: '400 invalid_grant',
      },
    },
  },
  {
    reason: 'Hydra’s contract, and RFC 7636 §4.6: a verifier that cannot be right is invalid_grant (f250)',
    at: {
      'token: verifier short': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: verifier long': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: verifier of signs': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
      'token: verifier with a line behind': { oracle: '400 invalid_request', ours: '400 invalid_grant' },
    },
  },
  {
    reason: 'Hydra’s contract: a refresh ends the access token that came with the used refresh token (f083)',
    at: {
      'token: refresh of basic': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 alive',
      },
      'token: refresh of public': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 alive',
      },
      'token: refresh for more, then in order': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 alive',
      },
      'token: refresh of another client, then in order': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 alive',
      },
      'token: refresh with an empty scope': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 2 of 2 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 alive',
      },
      'token: refresh twice, of another client then': {
        oracle: '400 invalid_grant, 2 of 2 alive',
        ours: '400 invalid_grant, 1 of 2 alive',
      },
      'token: refresh, many times over': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 5 of 5 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 5 alive',
      },
    },
  },
  {
    reason: 'Hydra’s contract: a refresh for less is answered with all that was granted, and says so (f082; RFC 6749 §3.3)',
    at: {
      'token: refresh for less': {
        oracle: 'access + id + refresh for openid, 2 of 2 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 2 alive',
      },
      'token: refresh for less, then for all': {
        oracle: 'access + id + refresh for notes.read offline_access openid, 3 of 3 alive',
        ours: 'access + id + refresh for notes.read offline_access openid, 1 of 3 alive',
      },
    },
  },
  {
    reason: 'a grant that the client may not use is unauthorized_client (RFC 6749 §5.2, f049)',
    at: {
      'token: refresh of a client that may not': { oracle: '400 invalid_request', ours: '400 unauthorized_client' },
      'token: client credentials of one that may not': { oracle: '400 invalid_request', ours: '400 unauthorized_client' },
      'token: client credentials of a public one': { oracle: '400 invalid_request', ours: '400 unauthorized_client' },
    },
  },
  {
    reason: 'Hydra’s contract: a token without scope says so (f009)',
    at: {
      'token: client credentials without scope': { oracle: 'access for undefined, 0 of 1 alive', ours: 'access for , 0 of 1 alive' },
    },
  },
  {
    reason: 'a known path answers 405 to a method that it does not have (RFC 9110 §15.5.6)',
    at: {
      'authorize: by PUT': { oracle: 'page 404', ours: 'page 405' },
      'token: GET': { oracle: '404 no error', ours: '405 invalid_request' },
      'token: PUT': { oracle: '404 no error', ours: '405 invalid_request' },
    },
  },
  {
    reason: 'stray spaces between words are forgiven, though RFC 6749 §3.3 has one between two',
    at: {
      'authorize: scope with two spaces': {
        oracle: 'client by query: invalid_scope state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: prompt with two spaces': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'authorize: prompt of a space': {
        oracle: 'client by query: invalid_request state iss',
        ours: 'client by query: code state iss after login, consent',
      },
      'token: client credentials, two spaces': { oracle: '400 invalid_scope', ours: 'access for notes.read, 0 of 1 alive' },
    },
  },
  {
    reason:
      'of a loopback redirect URI the port may vary (RFC 8252 §7.3) and nothing else, and the answer goes to what was sent, to the letter; the oracle goes by the URL that it parses',
    at: {
      'authorize: loopback with an empty port': {
        oracle: 'client by query: elsewhere code state iss after login, consent',
        ours: 'page 400',
      },
      'authorize: loopback with zeros before its port': {
        oracle: 'client by query: elsewhere code state iss after login, consent',
        ours: 'client by query: code state iss after login, consent',
      },
    },
  },
  {
    reason: 'an assertion comes with its type, and the type with an assertion (RFC 7521 §4.2)',
    at: {
      'token: an assertion type without assertion': { oracle: '401 invalid_client, unchallenged', ours: '400 invalid_request' },
    },
  },
  {
    reason:
      'a secret is the registered one and nothing behind it (RFC 6749 §2.3.1); the oracle pads both with zero bytes before it compares them',
    at: {
      'token: a secret with a zero byte behind': { oracle: '400 invalid_grant', ours: '401 invalid_client, challenged' },
    },
  },
  {
    reason: 'Hydra’s contract: revoking a token of another client is answered as if it were unknown (f029), and changes nothing',
    at: {
      'token: revoke a token of another client': { oracle: '400 invalid_request, 1 of 1 alive', ours: '200 no error, 1 of 1 alive' },
    },
  },
]
