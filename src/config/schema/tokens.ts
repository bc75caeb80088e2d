import { group, honoured, ignored, later } from '../setting.ts'
import { anything, choice, count, duration, flag, grace, lifespan, listOf, text, tokenHook } from './types.ts'

/** Settings of tokens and of the grants that issue them. */
export const strategies = group({
  scope: honoured(choice('wildcard', 'exact'), {
    description: "How a requested scope is matched with those of an operator's client; self-registered clients are always matched exactly.",
    default: 'wildcard',
    live: true,
  }),
  access_token: honoured(choice('opaque', 'jwt'), {
    description: 'Kind of access token, unless its client says otherwise: looked up in the database, or signed and not stored.',
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
    description: 'Life of an access token, unless its client says otherwise.',
    default: '1h',
    live: true,
  }),
  id_token: honoured(duration, {
    description: 'Life of an ID token, unless its client says otherwise.',
    default: '1h',
    live: true,
  }),
  refresh_token: honoured(lifespan, {
    description: 'Life of a refresh token, unless its client says otherwise; `-1` is for ever. Each use makes a new one.',
    default: '720h',
    live: true,
  }),
  auth_code: honoured(duration, {
    description: 'Life of an authorization code.',
    default: '10m',
    live: true,
  }),
  device_user_code: later(duration, 'Life of a device and user code.'),
  login_consent_request: honoured(duration, {
    description: 'Time a person has for login and consent, and to confirm a logout.',
    default: '30m',
    live: true,
  }),
  authentication_session: honoured(duration, {
    description: 'Life of a login session, unless the login application says otherwise.',
    default: '720h',
    live: true,
  }),
})

const argon = { warning: 'has no effect; secrets that a person chose are hashed with argon2id, machine-made ones with SHA-256' }

export const oauth2 = group({
  secret_transport: honoured(choice('either', 'exact'), {
    description:
      'Whether a client secret may come as Basic or in the form whichever of the two is registered (`either`), or only as registered (`exact`).',
    default: 'either',
    live: true,
  }),
  client_credentials: group({
    default_grant_allowed_scope: honoured(flag, {
      description: "Grants all of a client's scopes when a client-credentials request names none.",
      default: false,
      live: true,
    }),
  }),
  expose_internal_errors: later(flag, 'Shows internal errors to callers.', {
    warning: 'has no effect; callers are never shown internal errors',
    harmless: [false],
  }),
  session: group({
    encrypt_at_rest: later(flag, 'Encrypts session data in the database.', { harmless: [true] }),
  }),
  access_tokens: group({
    most_per_grant: honoured(count(1, 10_000), {
      description: 'Live opaque access tokens that one grant of a person has at most; the oldest end.',
      default: 20,
      live: true,
    }),
    most_per_self_registered_client: honoured(count(1, 10_000), {
      description:
        'Live opaque access tokens that a self-registered client has for itself (`client_credentials`); the oldest end. Each node checks at one token in ten, so that a few more can live for a while.',
      default: 100,
      live: true,
    }),
  }),
  default_audience: honoured(text, {
    description: 'The `aud` of a JWT access token for which no audience was asked; unset, it is the issuer.',
    live: true,
  }),
  dummy_fragment: honoured(flag, {
    description:
      'Ends redirects to clients that carry the answer in the query with `#_`, so that a browser does not carry a fragment of an earlier address over (RFC 9700 §4.1.3).',
    default: false,
    live: true,
  }),
  exclude_not_before_claim: honoured(flag, {
    description: 'Leaves `nbf` out of JWT access tokens.',
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
      description: 'Demands PKCE of every client; of public and self-registered ones it is demanded anyway.',
      default: false,
      live: true,
    }),
    enforced_for_public_clients: ignored(flag, 'PKCE is demanded of every public client.'),
  }),
  grant: group({
    refresh_token: group({
      rotation_grace_period: honoured(grace, {
        description:
          'Time in which a used refresh token still works, so that a client whose answer was lost can ask again; at most 5m, or 180 days where `rotation_grace_reuse_count` is set. `0s` is not at all: a used one that comes back ends the whole family.',
        default: '0s',
        live: true,
      }),
      rotation_grace_reuse_count: honoured(count(0, 2 ** 31 - 1), {
        description: 'How often it still works within that time; 0 is any number of times.',
        default: 0,
        live: true,
      }),
    }),
    jwt: group({
      jti_optional: later(flag, 'Takes assertions without `jti`.', { harmless: [false] }),
      iat_optional: later(flag, 'Takes assertions without `iat`.', { harmless: [false] }),
      max_ttl: later(duration, 'Longest life of an assertion.'),
      omit_assertion_audience: later(flag, "Keeps an assertion's audience out of the token."),
    }),
  }),
  token_hook: honoured(tokenHook, {
    description:
      'URL asked before each token is issued: 200 replaces the custom claims, 204 keeps them, 403 denies. `auth` is `{type: api_key, config: {in, name, value}}`, `in` being `header` or `cookie`.',
    live: true,
    sensitive: true,
  }),
  refresh_token_hook: honoured(tokenHook, {
    description: 'URL asked before each refresh, in the older form of the request; before `token_hook` where both are set.',
    live: true,
    sensitive: true,
  }),
  device_authorization: group({
    token_polling_interval: later(duration, 'Time between two polls of a device.'),
    user_code: later(anything, 'Shape of user codes.'),
  }),
})
