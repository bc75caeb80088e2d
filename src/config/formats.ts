import { parseRange } from '../lib/address-range.ts'
import { milliseconds, parseDuration } from '../lib/duration.ts'

/** Where the data is. A relative path has been resolved by the time it is in Config; the URL of PostgreSQL may hold a password. */
export type Dsn =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'memory' }
  | { readonly engine: 'postgres'; readonly url: string; readonly connections: number }

/** A value as the product uses it, or `<what is wrong>; <what would be right>`, to be said after the value. It quotes nothing itself. */
export type Reading = { readonly value: unknown } | { readonly problem: string }

const good = (value: unknown): Reading => ({ value })
const bad = (problem: string): Reading => ({ problem })

/** What the `format` of a text in the schema means. Each reads one text. */
export const formats: Readonly<Record<string, (text: string) => Reading>> = {
  text: (text) => (text.trim() === '' ? bad('is empty; write a text or remove it') : good(text)),
  duration,
  lifespan: (text) => (text === '-1' ? good(forEver) : duration(text)),
  grace: (text) => (/^0(s|m|h|ms)?$/.test(text) ? good(0) : duration(text)),
  dsn,
  'log-level': logLevel,
  secret: (text) =>
    [...text].length < 16
      ? bad('is shorter than 16 characters; write at least 16, such as the output of `openssl rand -hex 32`')
      : good(text),
  salt: (text) => ([...text].length < 8 ? bad('is shorter than 8 characters; write at least 8') : good(text)),
  host,
  'otlp-server': (text) =>
    /^(?:https?:\/\/)?(?:[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}\/?$/.test(text)
      ? good(text)
      : bad('is not a host with a port; write one such as localhost:4318, or http://localhost:4318'),
  'address-range': (text) =>
    parseRange(text) ? good(text) : bad('is not an address range; write one such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1'),
  url: (text) =>
    isHttpUrl(text) ? good(text) : bad('is not an absolute http or https URL; write one such as https://auth.example.com/path'),
  'self-url': selfUrl,
  'url-glob': (text) =>
    /^https?:\/\/[^\s/]/.test(text) ? good(text) : bad('is not a URL pattern; write one such as https://jwks.internal.example.com/**'),
  'origin-pattern': originPattern,
  method: (text) => (/^[A-Z]+$/.test(text) ? good(text) : bad('is not an HTTP method in capitals; write one such as POST')),
  header: (text) => (/^(\*|[\w!#$%&'*+.^`|~-]+)$/.test(text) ? good(text) : bad('is not a header name; write one such as Authorization')),
  scope,
  'redirect-scheme': redirectScheme,
  'cookie-name': (text) =>
    /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(text) ? good(text) : bad('is not a cookie name; write letters, digits, hyphens and underscores'),
  'cookie-domain': (text) =>
    /^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text) ? good(text) : bad('is not a domain; write one such as auth.example.com'),
  'cookie-path': (text) => (/^\/[\w./~-]*$/.test(text) ? good(text) : bad('is not a path; write one such as /')),
}

/** A hundred years, in milliseconds. */
const forEver = 3_155_760_000_000

/** Milliseconds: the unit of our clock. */
function duration(text: string): Reading {
  const nanoseconds = parseDuration(text)
  if (nanoseconds === undefined) return bad('is not a duration; write numbers with a unit of h, m or s, such as 1h, 90m or 2160h')
  return nanoseconds < 1_000_000_000n ? bad('is shorter than a second; write 1s or more') : good(milliseconds(nanoseconds))
}

function dsn(text: string): Reading {
  if (text === 'memory') return good({ engine: 'memory' })
  const [engine = '', rest] = text.split('://', 2)
  if (/^(postgres|postgresql|cockroach|cockroachdb|crdb)$/.test(engine)) return postgresDsn(text)
  if (engine !== 'sqlite' || rest === undefined)
    return bad('is no database we know; write sqlite://path/to/file.sqlite, postgres://… or memory')
  const path = rest.replace(/^file:/, '').replace(/\?.*$/s, '')
  if (path === ':memory:') return good({ engine: 'memory' })
  return path === '' ? bad('names no file; write sqlite://path/to/file.sqlite or memory') : good({ engine: 'sqlite', path })
}

const connectionsByDefault = 20

/** Hydra's own parameters of the pool are taken from the URL before the driver sees it; `max_conns` is the one that means something here. */
function postgresDsn(text: string): Reading {
  const plain = text.replace(/^[a-z]+:/, 'postgres:')
  if (!URL.canParse(plain) || new URL(plain).hostname === '')
    return bad('is not a URL of PostgreSQL; write postgres://user:password@host:5432/database')
  const url = new URL(plain)
  const asked = url.searchParams.get('max_conns')
  const connections = asked === null ? connectionsByDefault : Number(asked)
  if (!Number.isInteger(connections) || connections < 1 || connections > 1_000)
    return bad('has a max_conns that is not a number from 1 to 1000')
  for (const name of ['max_conns', 'max_idle_conns', 'max_conn_lifetime', 'max_conn_idle_time']) url.searchParams.delete(name)
  return good({ engine: 'postgres', url: url.href, connections })
}

/** Hydra's names become the logger's. */
function logLevel(text: string): Reading {
  const names: Record<string, string> = { warning: 'warn', panic: 'fatal' }
  const level = names[text] ?? text
  return ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].includes(level)
    ? good(level)
    : bad('is no log level; write trace, debug, info, warn, error or fatal')
}

function host(text: string): Reading {
  if (text.startsWith('unix:')) return bad('is a unix socket, which is not built; write an address such as 127.0.0.1')
  return /^[\w.:%-]*$/.test(text)
    ? good(text)
    : bad('is not an address or name to listen on; write it alone, such as 127.0.0.1 or ::1, the port apart')
}

/** RFC 8414 §2: an issuer has no query and no fragment. What it is compared with is its text, so it is kept as written. */
function selfUrl(text: string): Reading {
  if (!isHttpUrl(text)) return bad('is not an absolute https URL; write one such as https://auth.example.com/')
  if (/[?#]/.test(text)) return bad('has a query or a fragment; write the URL without what follows ? or #')
  return new URL(text).username || new URL(text).password ? bad('has a user name or password; write the URL without it') : good(text)
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^\s/\\]/i.test(text) && !/[\s\\]/.test(text) && URL.canParse(text)
}

/** `*`, an origin, or an origin whose host starts with `*.` or whose port is `*`. */
function originPattern(text: string): Reading {
  if (text === '*') return good(text)
  const plain = text.replace('://*.', '://any.').replace(/:\*$/, ':1')
  return /^https?:\/\/[^\s/?#@*\\]+$/i.test(plain) && URL.canParse(plain)
    ? good(text)
    : bad('is not an origin; write one such as https://app.example.com or https://*.example.com, without a path')
}

/** RFC 6749 §3.3, one scope-token. A scope with a `*` would match others under Hydra's wildcard strategy. */
function scope(text: string): Reading {
  if (text.includes('*')) return bad('contains *, which would match scopes that nobody named; write each scope in full')
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)
    ? good(text)
    : bad('is not one scope; write one scope per entry, without spaces or quotes')
}

/** Schemes that a browser runs, reads or opens itself: never a way back to an application. */
const neverRedirected = /^(javascript|data|vbscript|blob|file|filesystem|about|view-source|https?|wss?|ftp|mailto|tel|sms|chrome|intent)$/

function redirectScheme(text: string): Reading {
  if (neverRedirected.test(text)) return bad('is a scheme that no application may claim; remove it')
  if (text.includes('.')) return bad('has a dot, and such schemes are accepted without being listed; remove it')
  return /^[a-z][a-z0-9+-]*$/.test(text)
    ? good(text)
    : bad('is not a URI scheme in small letters; write it alone, such as vscode, without ://')
}
