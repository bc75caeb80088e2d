import { Type } from '../../lib/json-schema.ts'
import { group, honoured, later } from '../setting.ts'
import { choice, duration, flag, listOf, salt, url } from './types.ts'

/** Settings of the client registry and of what discovery says. */
export const oidc = group({
  dynamic_client_registration: group({
    enabled: honoured(flag, {
      description: 'Lets anyone register clients at `/oauth2/register`; off, the routes answer 404 and are not advertised.',
      default: false,
      live: true,
    }),
    default_scope: honoured(listOf('scope'), {
      description:
        "Scopes of a client that names none; unset, they are Hydra's three (`offline_access offline openid`), an empty list is none.",
      live: true,
    }),
    allowed_scope: honoured(listOf('scope'), {
      description: 'Scopes a self-registered client may have, besides `openid profile email offline offline_access` and `default_scope`.',
      default: [],
      live: true,
    }),
    allowed_audience: honoured(listOf('text'), {
      description: 'Audiences a self-registered client may have; unset, it has none and its `resource` has no effect.',
      live: true,
    }),
    echo_token_on_read: honoured(flag, {
      description: 'Shows the presented registration access token in the answer to GET, as RFC 7592 does.',
      default: false,
      live: true,
    }),
    redirect_schemes: honoured(listOf('redirect-scheme'), {
      description: 'Private-use schemes without a dot that redirect URIs may have; those with a dot need no listing.',
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
      description: 'Kinds of subject a client may ask for.',
      default: ['public'],
      live: true,
    }),
    pairwise: group({
      salt: honoured(salt, {
        description:
          'Salt of pairwise subjects, 8 characters or more; needed where `pairwise` is supported. Another salt makes everybody somebody else to every client.',
        sensitive: true,
      }),
    }),
  }),
})

export const clients = group({
  http: group({
    disallow_private_ip_ranges: honoured(flag, {
      description:
        "Refuses to fetch a client's URLs over http, from private and loopback addresses, and from ports below 1024 other than 443; Hydra's default is false.",
      derived: { shown: '`true`; `false` under `dev`', from: (of) => of('dev') !== true },
      live: true,
    }),
    private_ip_exception_urls: honoured(listOf('url-glob'), {
      description: 'URL patterns that may be fetched all the same: over http, from any address and port.',
      default: [],
      live: true,
    }),
  }),
})

export const webfinger = group({
  jwks: group({
    broadcast_keys: honoured(listOf('text'), {
      description:
        'Key sets published at `/.well-known/jwks.json`, besides `hydra.openid.id-token` and `hydra.jwt.access-token`, which always are.',
      default: ['hydra.openid.id-token'],
      live: true,
    }),
    publish_before_use: honoured(duration, {
      description:
        'How long a new key of a set that can sign already is published before it signs: longer than others keep copies of our keys.',
      default: '15m',
      live: true,
    }),
  }),
  oidc_discovery: group({
    client_registration_url: honoured(url, {
      description: 'What discovery shows as `registration_endpoint`, instead of ours.',
      live: true,
    }),
    supported_scope: honoured(listOf('scope'), {
      description: 'Scopes that discovery shows besides the built-in ones.',
      default: [],
      live: true,
    }),
    supported_claims: honoured(listOf('text'), {
      description: 'Claims that discovery shows besides the built-in ones.',
      default: [],
      live: true,
    }),
    token_url: honoured(url, { description: 'What discovery shows as `token_endpoint`, instead of ours.', live: true }),
    auth_url: honoured(url, { description: 'What discovery shows as `authorization_endpoint`, instead of ours.', live: true }),
    jwks_url: honoured(url, { description: 'What discovery shows as `jwks_uri`, instead of ours.', live: true }),
    userinfo_url: honoured(url, { description: 'What discovery shows as `userinfo_endpoint`, instead of ours.', live: true }),
    device_authorization_url: later(url, 'What discovery shows as `device_authorization_endpoint`.'),
  }),
})
