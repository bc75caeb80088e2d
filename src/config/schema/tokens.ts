import { group, honoured, ignored, later } from '../setting.ts'
import { anything, choice, count, duration, flag, grace, lifespan, listOf, text, tokenHook } from './types.ts'

/** Settings of tokens and grant types. */
export const strategies = group({
  scope: honoured(choice('wildcard', 'exact'), {
    description: "How a requested scope is compared with the scopes of an operator's client; for self-registered clients always exactly.",
    default: 'wildcard',
    live: true,
  }),
  access_token: honoured(choice('opaque', 'jwt'), {
    description: 'Kind of access tokens, unless the client has its own setting: stored in the database, or signed and not stored.',
    default: 'opaque',
    live: true,
  }),
  jwt: group({
    scope_claim: honoured(choice('list', 'string', 'both'), {
      description: "Form of the scope in JWT access tokens: `scp` (a list, Hydra's default), `scope` (one string, RFC 9068) or both.",
      default: 'both',
      live: true,
    }),
  }),
})

export const ttl = group({
  access_token: honoured(duration, {
    description: 'Lifespan of an access token, unless the client has its own.',
    default: '1h',
    live: true,
  }),
  id_token: honoured(duration, {
    description: 'Lifespan of an ID token, unless the client has its own.',
    default: '1h',
    live: true,
  }),
  refresh_token: honoured(lifespan, {
    description: 'Lifespan of a refresh token, unless the client has its own; `-1`: without end. Each use issues a new one.',
    default: '720h',
    live: true,
  }),
  auth_code: honoured(duration, {
    description: 'Lifespan of an authorization code.',
    default: '10m',
    live: true,
  }),
  device_user_code: later(duration, 'Lifespan of a device and user code.'),
  login_consent_request: honoured(duration, {
    description: 'Time that a person has for login and consent, or to confirm a logout.',
    default: '30m',
    live: true,
  }),
  authentication_session: honoured(duration, {
    description: 'Lifespan of a login session, unless the login application sets one.',
    default: '720h',
    live: true,
  }),
})

const argon = { warning: 'has no effect; secrets that a person chose are hashed with argon2id, machine-made ones with SHA-256' }

export const oauth2 = group({
  secret_transport: honoured(choice('either', 'exact'), {
    description:
      'Whether a client may send its secret by either of `client_secret_basic` and `client_secret_post` (`either`), or only by the registered one (`exact`).',
    default: 'either',
    live: true,
  }),
  client_credentials: group({
    default_grant_allowed_scope: honoured(flag, {
      description: 'Whether a client-credentials request without a scope gets all scopes of the client.',
      default: false,
      live: true,
    }),
  }),
  expose_internal_errors: later(flag, 'Shows internal errors to callers.', {
    warning: 'has no effect; internal errors are never shown to callers',
    harmless: [false],
  }),
  session: group({
    encrypt_at_rest: later(flag, 'Encrypts session data in the database.', { harmless: [true] }),
  }),
  access_tokens: group({
    most_per_grant: honoured(count(1, 10_000), {
      description: 'Maximum number of valid opaque access tokens of one grant; the oldest are revoked.',
      default: 20,
      live: true,
    }),
    most_per_self_registered_client: honoured(count(1, 10_000), {
      description:
        'Maximum number of valid opaque access tokens that a self-registered client has for itself (`client_credentials`); the oldest are revoked. Each node checks this at one token in ten, so there can be a few more for a while.',
      default: 100,
      live: true,
    }),
  }),
  default_audience: honoured(text, {
    description: 'The `aud` of a JWT access token for which no audience was requested. Unset: the issuer.',
    live: true,
  }),
  dummy_fragment: honoured(flag, {
    description:
      'Appends `#_` to redirects with the response in the query, so that a browser does not keep the fragment of an earlier URL (RFC 9700 §4.1.3).',
    default: false,
    live: true,
  }),
  exclude_not_before_claim: honoured(flag, {
    description: 'Whether JWT access tokens have no `nbf`.',
    default: false,
    live: true,
  }),
  allowed_top_level_claims: later(listOf('text'), 'Custom claims that appear at the top of a token.'),
  mirror_top_level_claims: later(flag, 'Repeats top-level claims below `ext`.'),
  preserve_ext_claims: later(flag, 'Keeps custom claims below `ext` in ID tokens.', { harmless: [false] }),
  hashers: group({
    algorithm: later(choice('pbkdf2', 'bcrypt'), 'Hash of client secrets.', argon),
    pbkdf2: group({ iterations: later(count(1, 2 ** 31 - 1), 'Rounds of PBKDF2.', argon) }),
    bcrypt: group({ cost: later(count(4, 31), 'Cost of bcrypt.', argon) }),
  }),
  pkce: group({
    enforced: honoured(flag, {
      description: 'Requires PKCE of every client. Public and self-registered clients are required to use it anyway.',
      default: false,
      live: true,
    }),
    enforced_for_public_clients: ignored(flag, 'PKCE is always required of public clients.'),
  }),
  grant: group({
    refresh_token: group({
      rotation_grace_period: honoured(grace, {
        description:
          'Time in which a used refresh token is still accepted, so that a client can retry if the response was lost; at most 5m, or 180 days if `rotation_grace_reuse_count` is set. `0s`: never; a second use revokes the whole family.',
        default: '0s',
        live: true,
      }),
      rotation_grace_reuse_count: honoured(count(0, 2 ** 31 - 1), {
        description: 'How often it is accepted within that time; 0: without a limit.',
        default: 0,
        live: true,
      }),
    }),
    jwt: group({
      jti_optional: later(flag, 'Accepts assertions without `jti`.', { harmless: [false] }),
      iat_optional: later(flag, 'Accepts assertions without `iat`.', { harmless: [false] }),
      max_ttl: later(duration, 'Maximum lifespan of an assertion.'),
      omit_assertion_audience: later(flag, 'Omits the audience of an assertion from the token.'),
    }),
  }),
  token_hook: honoured(tokenHook, {
    description:
      'URL that is called before each token is issued: 200 replaces the custom claims, 204 keeps them, 403 denies. `auth` is `{type: api_key, config: {in, name, value}}`, `in` being `header` or `cookie`.',
    live: true,
    sensitive: true,
  }),
  refresh_token_hook: honoured(tokenHook, {
    description: 'URL that is called before each refresh, with the older form of the request; before `token_hook` if both are set.',
    live: true,
    sensitive: true,
  }),
  device_authorization: group({
    token_polling_interval: later(duration, 'Time between two polls of a device.'),
    user_code: later(anything, 'Format of user codes.'),
  }),
})
