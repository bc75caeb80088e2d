import type { TSchema } from 'typebox'
import { Type } from '../../lib/json-schema.ts'
import { hydraCookieNames } from '../../protocol/host-cookies.ts'
import { group, honoured, ignored, later, refused } from '../setting.ts'
import { adminAuth, anything, choice, count, flag, host, listOf, port, text } from './types.ts'

const noTls = 'TLS is not supported, and the listener would use plain HTTP; terminate TLS at a proxy and remove this key'
const ourCookies = 'this cookie cannot be configured, and could be less restricted than this key requires; remove this key'

const cookieName = Type.String({ format: 'cookie-name' })

const tls = <T extends TSchema>(allowTerminationFrom: T) =>
  group({
    enabled: refused(flag, 'Whether the listener uses TLS.', noTls, [false]),
    key: group({
      path: refused(text, 'File with the private key for TLS.', noTls),
      base64: refused(text, 'The private key for TLS, in base64.', noTls),
    }),
    cert: group({
      path: refused(text, 'File with the certificate for TLS.', noTls),
      base64: refused(text, 'The certificate for TLS, in base64.', noTls),
    }),
    allow_termination_from: allowTerminationFrom,
  })

/** A proxy that may terminate TLS for this server is a trusted proxy. */
const proxies = (description: string) => honoured(listOf('address-range'), { description, default: [], live: true })
const publicTls = () => tls(proxies("Hydra's name for `serve.public.trusted_proxies`; the lists are joined."))
const adminTls = () => tls(later(listOf('text'), 'Address ranges of proxies that may terminate TLS.'))

/** It has an effect only for a host of `unix:…`, which is refused. */
const socket = () =>
  group({
    owner: ignored(text, 'Owner of a unix socket, which is not supported.'),
    group: ignored(text, 'Group of a unix socket, which is not supported.'),
    mode: ignored(count(0, 0o7777), 'Mode of a unix socket, which is not supported.'),
  })

const requestLog = () =>
  group({ disable_for_health: honoured(flag, { description: 'Whether requests to `/health/*` are not logged.', default: false }) })

const maxConnections = (listener: string) =>
  honoured(count(1, 1_000_000), {
    description: `Maximum number of open connections of the ${listener} listener; further ones are closed at once. A limit of open files (\`ulimit -n\`) lowers it, because 128 files are reserved for other uses.`,
    default: 10_000,
  })

const cors = group({
  enabled: honoured(flag, {
    description:
      "Allows scripts of other origins to call the public listener. Hydra's default is false; here it is true, because clients in browsers register, too.",
    default: true,
    live: true,
  }),
  allowed_origins: honoured(listOf('origin-pattern'), {
    description: 'Allowed origins; `*` is any, `https://*.example.com` any host below example.com.',
    default: ['*'],
    live: true,
  }),
  allowed_methods: honoured(listOf('method'), {
    description: 'Allowed methods of cross-origin requests.',
    default: ['GET', 'POST', 'PUT', 'DELETE'],
    live: true,
  }),
  allowed_headers: honoured(listOf('header'), {
    description: 'Allowed header fields of cross-origin requests.',
    default: ['Authorization', 'Content-Type', 'MCP-Protocol-Version', 'DPoP'],
    live: true,
  }),
  exposed_headers: honoured(listOf('header'), {
    description: 'Header fields of responses that scripts of other origins may read.',
    default: ['WWW-Authenticate', 'Location', 'Retry-After'],
    live: true,
  }),
  allow_credentials: honoured(flag, {
    description: "Allows cookies in cross-origin requests; refused together with the origin `*`. Hydra's default is true.",
    default: false,
    live: true,
  }),
  max_age: honoured(count(0, 86_400), {
    description: 'Seconds for which a browser may cache the response to a preflight.',
    default: 0,
    live: true,
  }),
  options_passthrough: later(flag, 'Passes preflight requests to the route.', { harmless: [false] }),
  debug: later(flag, 'Logs every decision about CORS.', { harmless: [false] }),
})

const adminCors = group({
  enabled: refused(flag, 'CORS on the admin listener.', 'the admin listener does not support requests of other origins; remove this key', [
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
    host: honoured(host, { description: 'Address to which the public listener binds; empty: every interface.', default: '' }),
    port: honoured(port, { description: 'TCP port of the public listener; 0: any free one.', default: 4444 }),
    base_url: later(text, 'Use `urls.self.public`.'),
    trusted_proxies: proxies(
      'Address ranges (such as `10.0.0.0/8`) of proxies whose `X-Forwarded-For` is used; the address of the caller is its rightmost entry that is not in the list.',
    ),
    max_connections: maxConnections('public'),
    max_connections_per_address: honoured(count(1, 1_000_000), {
      description:
        'Maximum number of open connections of one address (IPv6: one /64 network), unless it is loopback or in `serve.public.trusted_proxies`.',
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
      description: 'Address to which the admin listener binds; one that is not loopback requires `serve.admin.auth`.',
      default: '127.0.0.1',
    }),
    port: honoured(port, { description: 'TCP port of the admin listener; 0: any free one.', default: 4445 }),
    auth: honoured(adminAuth, {
      description:
        'Authentication at the admin listener: `none`, or `bearer`, a list of `name` and `sha256` (64 hexadecimal digits, the SHA-256 of a token); required unless `serve.admin.host` is loopback.',
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
        "`SameSite` of the cookies. Hydra's default is `None`, which is needed only if a page of another site posts to this server or embeds it in a frame. Over http, `None` becomes `Lax`.",
      default: 'Lax',
    }),
    same_site_legacy_workaround: refused(flag, 'A second cookie for browsers of 2019 that do not know `SameSite=None`.', ourCookies, [
      false,
    ]),
    domain: honoured(Type.String({ format: 'cookie-domain' }), { description: 'Domain of the cookies. Unset: the host that set them.' }),
    secure: ignored(flag, 'Cookies are `Secure` whenever `urls.self.public` is https.'),
    names: group({
      device_csrf: refused(text, 'Name of a cookie.', ourCookies),
      login_csrf: honoured(cookieName, {
        description:
          'Name of the cookie that binds a login to its browser. Over https, `__Host-` is prefixed to each of these names that is not changed, if no domain and no other path is set.',
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
