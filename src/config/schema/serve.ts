import type { TSchema } from 'typebox'
import { Type } from '../../lib/json-schema.ts'
import { hydraCookieNames } from '../../protocol/host-cookies.ts'
import { group, honoured, ignored, later, refused } from '../setting.ts'
import { adminAuth, anything, choice, count, flag, host, listOf, port, text } from './types.ts'

const noTls = 'TLS is not ended here, and without it the listener would speak plain HTTP; end TLS at a proxy in front and remove this key'
const ourCookies = 'our cookies cannot be changed, and ignoring this could make them looser than you asked; remove this key'

const cookieName = Type.String({ format: 'cookie-name' })

const tls = <T extends TSchema>(allowTerminationFrom: T) =>
  group({
    enabled: refused(flag, 'Whether the listener speaks TLS.', noTls, [false]),
    key: group({
      path: refused(text, 'File with the private key of TLS.', noTls),
      base64: refused(text, 'The private key of TLS, in base64.', noTls),
    }),
    cert: group({
      path: refused(text, 'File with the certificate of TLS.', noTls),
      base64: refused(text, 'The certificate of TLS, in base64.', noTls),
    }),
    allow_termination_from: allowTerminationFrom,
  })

/** Whoever may end TLS in front of us is a proxy of the operator's. */
const proxies = (description: string) => honoured(listOf('address-range'), { description, default: [], live: true })
const publicTls = () => tls(proxies("Hydra's name for more of `serve.public.trusted_proxies`."))
const adminTls = () => tls(later(listOf('text'), 'Address ranges of proxies that may end TLS.'))

/** Means something only with a host of `unix:…`, and such a host is refused: alone there is nothing that could be less safe. */
const socket = () =>
  group({
    owner: ignored(text, 'Owner of a unix socket; we listen on none.'),
    group: ignored(text, 'Group of a unix socket; we listen on none.'),
    mode: ignored(count(0, 0o7777), 'Mode of a unix socket; we listen on none.'),
  })

const requestLog = () =>
  group({ disable_for_health: honoured(flag, { description: 'Leaves requests of `/health/*` out of the log.', default: false }) })

const maxConnections = (listener: string) =>
  honoured(count(1, 1_000_000), {
    description: `How many connections the ${listener} listener has open at most; more are closed at once. A limit of open files (\`ulimit -n\`) lowers it: 128 of those are kept for everything else.`,
    default: 10_000,
  })

const cors = group({
  enabled: honoured(flag, {
    description:
      "Lets scripts of other origins call the public listener; Hydra's default is false, ours is true because browser clients register too.",
    default: true,
    live: true,
  }),
  allowed_origins: honoured(listOf('origin-pattern'), {
    description: 'Origins that may call; `*` is any, `https://*.example.com` any host below example.com.',
    default: ['*'],
    live: true,
  }),
  allowed_methods: honoured(listOf('method'), {
    description: 'Methods they may use.',
    default: ['GET', 'POST', 'PUT', 'DELETE'],
    live: true,
  }),
  allowed_headers: honoured(listOf('header'), {
    description: 'Request headers they may send.',
    default: ['Authorization', 'Content-Type', 'MCP-Protocol-Version', 'DPoP'],
    live: true,
  }),
  exposed_headers: honoured(listOf('header'), {
    description: 'Response headers they may read.',
    default: ['WWW-Authenticate', 'Location', 'Retry-After'],
    live: true,
  }),
  allow_credentials: honoured(flag, {
    description: "Lets them send cookies; refused together with the origin `*`. Hydra's default is true.",
    default: false,
    live: true,
  }),
  max_age: honoured(count(0, 86_400), { description: 'Seconds a browser may remember the answer to a preflight.', default: 0, live: true }),
  options_passthrough: later(flag, 'Hands preflights on to the route.', { harmless: [false] }),
  debug: later(flag, 'Logs every decision about CORS.', { harmless: [false] }),
})

const adminCors = group({
  enabled: refused(flag, 'CORS on the admin listener.', 'the admin listener never answers scripts of other origins; remove this key', [
    false,
  ]),
  allowed_origins: ignored(anything, 'The admin listener has no CORS.'),
  allowed_methods: ignored(anything, 'The admin listener has no CORS.'),
  allowed_headers: ignored(anything, 'The admin listener has no CORS.'),
  exposed_headers: ignored(anything, 'The admin listener has no CORS.'),
  allow_credentials: ignored(anything, 'The admin listener has no CORS.'),
  max_age: ignored(anything, 'The admin listener has no CORS.'),
  options_passthrough: ignored(anything, 'The admin listener has no CORS.'),
  debug: ignored(anything, 'The admin listener has no CORS.'),
})

export const serve = group({
  public: group({
    host: honoured(host, { description: 'Address the public listener binds to; empty is every interface.', default: '' }),
    port: honoured(port, { description: 'TCP port of the public listener; 0 is any free one.', default: 4444 }),
    base_url: later(text, 'Use `urls.self.public`.'),
    trusted_proxies: proxies(
      'Address ranges (such as `10.0.0.0/8`) of proxies whose `X-Forwarded-For` is believed; the caller is its rightmost entry that is not in the list.',
    ),
    max_connections: maxConnections('public'),
    max_connections_per_address: honoured(count(1, 1_000_000), {
      description:
        'How many of them one address has at most (IPv6: one /64 network), unless it is loopback or one of `serve.public.trusted_proxies`.',
      default: 256,
      live: true,
    }),
    request_log: requestLog(),
    cors,
    tls: publicTls(),
    socket: socket(),
  }),
  admin: group({
    host: honoured(host, {
      description: 'Address the admin listener binds to; other than loopback only with `serve.admin.auth`.',
      default: '127.0.0.1',
    }),
    port: honoured(port, { description: 'TCP port of the admin listener; 0 is any free one.', default: 4445 }),
    auth: honoured(adminAuth, {
      description:
        'Who may use the admin listener: `none`, or `bearer`, a list of `name` and `sha256` (64 hex digits, the SHA-256 of a token); needed unless `serve.admin.host` is loopback.',
      derived: { shown: '`none` on loopback', from: () => 'none' },
      live: true,
      sensitive: true,
    }),
    base_url: later(text, 'Use `urls.self.admin`.'),
    max_connections: maxConnections('admin'),
    request_log: requestLog(),
    cors: adminCors,
    tls: adminTls(),
    socket: socket(),
  }),
  tls: publicTls(),
  cookies: group({
    same_site_mode: honoured(choice('Strict', 'Lax', 'None'), {
      description:
        "`SameSite` of our cookies; Hydra's default is `None`, which only matters where a page of another site posts to us or frames us. `None` is `Lax` where we are reached over http.",
      default: 'Lax',
    }),
    same_site_legacy_workaround: refused(flag, 'A second cookie for browsers of 2019.', ourCookies, [false]),
    domain: honoured(Type.String({ format: 'cookie-domain' }), { description: 'Domain of our cookies; unset, the host that set them.' }),
    secure: ignored(flag, 'Cookies are `Secure` wherever we are reached over https.'),
    names: group({
      device_csrf: refused(text, 'Name of a cookie.', ourCookies),
      login_csrf: honoured(cookieName, {
        description:
          'Name of the cookie that binds a login to its browser. Over https, the prefix `__Host-` is added to each of these names that is not changed, where no domain and no other path is set.',
        default: hydraCookieNames.login_csrf,
      }),
      consent_csrf: honoured(cookieName, { description: 'The same for a consent.', default: hydraCookieNames.consent_csrf }),
      session: honoured(cookieName, { description: 'Name of the session cookie.', default: hydraCookieNames.session }),
    }),
    paths: group({
      session: honoured(Type.String({ format: 'cookie-path' }), { description: 'Path of the session cookie.', default: '/' }),
    }),
  }),
})
