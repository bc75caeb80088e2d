import { Type } from '../../lib/json-schema.ts'
import { group, honoured, later } from '../setting.ts'
import { choice, duration, flag, listOf, salt, url } from './types.ts'

/** Settings of the client registry, of keys and of discovery. */
export const oidc = group({
  dynamic_client_registration: group({
    enabled: honoured(flag, {
      description: 'Allows anyone to register clients at `/oauth2/register`. If false, the routes return 404 and are not advertised.',
      default: false,
      live: true,
    }),
    default_scope: honoured(listOf('scope'), {
      description:
        'Scopes of a client that is registered without one. Unset: those of Hydra (`offline_access offline openid`); an empty list: none.',
      live: true,
    }),
    allowed_scope: honoured(listOf('scope'), {
      description:
        'Scopes that a self-registered client may have, besides `openid profile email offline offline_access` and `default_scope`.',
      default: [],
      live: true,
    }),
    allowed_audience: honoured(listOf('text'), {
      description: 'Audiences that a self-registered client may have. Unset: none, and its `resource` has no effect.',
      live: true,
    }),
    echo_token_on_read: honoured(flag, {
      description: 'Returns the presented registration access token in the response to GET, as RFC 7592 does.',
      default: false,
      live: true,
    }),
    redirect_schemes: honoured(listOf('redirect-scheme'), {
      description: 'Private-use schemes without a dot that redirect URIs may have. Schemes with a dot are always allowed.',
      default: [
        'cursor',
        'vscode',
        'vscode-insiders',
        'vscodium',
        'windsurf',
        'windsurf-next',
        'zed',
        'jetbrains',
        'kiro',
        'trae',
        'antigravity',
        'positron',
      ],
      live: true,
    }),
  }),
  subject_identifiers: group({
    supported_types: honoured(Type.Array(choice('public', 'pairwise')), {
      description: 'Subject types that a client may register.',
      default: ['public'],
      live: true,
    }),
    pairwise: group({
      salt: honoured(salt, {
        description:
          'Salt of pairwise subjects, 8 characters or more; required if `pairwise` is supported. A change of the salt changes every pairwise subject.',
        sensitive: true,
      }),
    }),
  }),
})

export const clients = group({
  http: group({
    disallow_private_ip_ranges: honoured(flag, {
      description:
        "Whether URLs of clients are not fetched over http, from private or loopback addresses, and from ports below 1024 other than 443. Hydra's default is false.",
      derived: { shown: '`true`; `false` under `dev`', from: (of) => of('dev') !== true },
      live: true,
    }),
    private_ip_exception_urls: honoured(listOf('url-glob'), {
      description: 'Patterns of URLs that are exempt: they are fetched over http too, from any address and port.',
      default: [],
      live: true,
    }),
  }),
})

export const webfinger = group({
  jwks: group({
    broadcast_keys: honoured(listOf('text'), {
      description: 'Key sets that are published at `/.well-known/jwks.json`, besides `hydra.openid.id-token` and `hydra.jwt.access-token`.',
      default: ['hydra.openid.id-token'],
      live: true,
    }),
    publish_before_use: honoured(duration, {
      description:
        'How long a new key is published before it signs, if its set has a key that can sign; longer than others cache the published keys.',
      default: '15m',
      live: true,
    }),
  }),
  oidc_discovery: group({
    client_registration_url: honoured(url, {
      description: 'The `registration_endpoint` in discovery, in place of that of this server.',
      live: true,
    }),
    supported_scope: honoured(listOf('scope'), {
      description: 'Scopes that discovery lists besides the built-in ones.',
      default: [],
      live: true,
    }),
    supported_claims: honoured(listOf('text'), {
      description: 'Claims that discovery lists besides the built-in ones.',
      default: [],
      live: true,
    }),
    token_url: honoured(url, { description: 'The `token_endpoint` in discovery, in place of that of this server.', live: true }),
    auth_url: honoured(url, { description: 'The `authorization_endpoint` in discovery, in place of that of this server.', live: true }),
    jwks_url: honoured(url, { description: 'The `jwks_uri` in discovery, in place of that of this server.', live: true }),
    userinfo_url: honoured(url, { description: 'The `userinfo_endpoint` in discovery, in place of that of this server.', live: true }),
    device_authorization_url: later(url, 'The `device_authorization_endpoint` in discovery.'),
  }),
})
