// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the recording has placeholders in this form
import type { Deliberate } from './deliberate.ts'

const each = (ids: readonly string[], ours: Readonly<Record<string, unknown>>): Deliberate['ours'] =>
  Object.fromEntries(ids.map((id) => [id, ours]))

const clientFacts = {
  origin: 'admin',
  verified: true,
  verified_by: 'administrator',
  redirect_host: 'rp.example',
  redirect_is_loopback: false,
  is_public: false,
  first_seen: '<time>',
}

const responseTypeRefused = (type: string) => ({
  'header location?error_description': `The authorization server does not support obtaining a token using this method. The client is not allowed to request response_type '${type}'.`,
})

const malformed =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'

const sessionEnds = { cookie: [{ name: 'ory_hydra_session_dev', path: '/', 'max-age': '0', httponly: true, samesite: 'Lax' }] }

/** Deliberate differences from Hydra in the flows. */
export const deliberateInFlows: readonly Deliberate[] = [
  {
    decision: 'a grant type that is not offered is unsupported_grant_type (RFC 6749 §5.2 does not allow invalid_request)',
    ours: Object.fromEntries(
      ['f046-tokenerr-unknowngrant', 'f047-tokenerr-password', 'f048-tokenerr-exchange'].map((id) => [
        id,
        {
          '/error': 'unsupported_grant_type',
          '/error_description': 'The authorization grant type is not supported by the authorization server.',
        },
      ]),
    ),
  },
  {
    decision: 'a JWT access token has typ at+jwt, and both scp and scope (RFC 9068 §2)',
    ours: {
      'f013-cc-jwt': {
        'jwt /access_token/header/typ': 'at+jwt',
        'jwt /access_token/payload/scope': 'read write',
      },
      'f188-strict-jwt': {
        'jwt /access_token/header/typ': 'at+jwt',
        'jwt /access_token/payload/scope': 'read',
      },
    },
  },
  {
    decision: 'a JWT access token without a granted audience has the issuer as aud, which is required (RFC 9068 §2.2)',
    ours: { 'f188-strict-jwt': { 'jwt /access_token/payload/aud': ['<url:issuer>/'] } },
  },
  {
    decision: 'introspection returns the jti of a token that has one (RFC 7662 §2.2)',
    ours: { 'f019-introspect-jwt': { '/jti': '<uuid7>' }, 'f030-revoke-foreign-still': { '/jti': '<uuid7>' } },
  },
  {
    decision: 'an unsupported method on a known path is 405 (RFC 9110 §15.5.6), and OPTIONS is 204',
    ours: { 'f024-introspect-get': { status: 405 }, 'f038-tokenerr-get': { status: 405 }, 'f055-tokenerr-options': { status: 204 } },
  },
  {
    decision: 'the registered secret method may be presented as Basic or post (secret_transport: either)',
    ours: { 'f042-tokenerr-wrongmethod': { status: 200 }, 'f043-tokenerr-wrongmethod2': { status: 200 } },
  },
  {
    decision: 'Location is correct: keys are on the admin listener',
    ours: {
      'f416-keys-create': { 'header location': '/admin/keys/${run}-set' },
      'f417-keys-create2': { 'header location': '/admin/keys/${run}-set' },
    },
  },
  {
    decision: 'symmetric keys are refused, both created and imported; Hydra refuses only to create them',
    ours: { 'f425-keys-put-one': { status: 400 } },
  },
  {
    decision: 'verifiable credentials are not offered',
    ours: { 'f437-keys-credentials': { status: 404 } },
  },
  {
    decision: 'a consent request has client_facts: how the client was registered, who verified it and its redirect host',
    ours: each(
      ['f062-code-consent-get', 'f077-code-consent-get-late', 'f092-code-consent-get', 'f111-code-consent-get', 'f117-code-consent-get'],
      { '/client_facts': clientFacts },
    ),
  },
  {
    decision: 'an access token in the query is ignored, because logs and histories store it (RFC 6750 §2.3, RFC 9700 §4.3.2)',
    ours: { 'f070-code-userinfo-query': { status: 401 } },
  },
  {
    decision: 'userinfo has the error of WWW-Authenticate in its body, too (RFC 6750 §3.1)',
    ours: {
      'f073-code-userinfo-rt': {
        '/error': 'invalid_token',
        '/error_description': 'Only access tokens are allowed in the authorization header.',
      },
    },
  },
  {
    decision: 'a login verifier is accepted once, like a consent verifier',
    ours: {
      'f074-code-verifier-login-again': {
        'header location?error_description':
          'The resource owner or authorization server denied the request. The login verifier has already been used.',
      },
    },
  },
  {
    decision: 'the response to a request without state has no state (RFC 6749 §4.1.2.1)',
    ours: { 'f161-autherr-nostate': { 'header location?state': undefined } },
  },
  {
    decision: 'implicit and hybrid response types are not offered (RFC 9700 §2.1.2); the request is refused at once',
    ours: {
      ...each(
        ['f162-autherr-shortnonce', 'f164-autherr-nononce-implicit', 'f210-late-shortnonce-auth', 'f220-late-nononce-auth'],
        responseTypeRefused('id_token'),
      ),
      ...each(['f171-autherr-querymode-token', 'f228-late-querymode-auth'], responseTypeRefused('token')),
    },
  },
  {
    decision: 'the reason why a secret was refused is only logged, whatever oauth2.expose_internal_errors says',
    ours: {
      'f189-strict-debug': {
        '/error_description':
          'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).',
      },
    },
  },
  {
    decision: 'an invalid id_token_hint has this server’s error sentence: that of a Go library is no contract',
    ours: {
      'f332-logout-badhint': {
        'header location?error_description': `${malformed} Logout failed because id_token_hint is not an ID token of this server.`,
      },
    },
  },
  {
    decision: 'front-channel logout is not implemented; the session ends without it',
    ours: each(['f341-logout-page', 'f355-logout-op-page'], sessionEnds),
  },
  {
    decision: 'published keys may be cached for a minute, because every resource server fetches them',
    ours: { 'f431-keys-jwks': { 'header cache-control': 'public, max-age=60' } },
  },
]
