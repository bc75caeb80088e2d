import { parseRange } from '../lib/address-range.ts'
import { milliseconds, parseDuration } from '../lib/duration.ts'

/** The location of the database. In `Config` the path is absolute. The URL of PostgreSQL may contain a password. */
export type Dsn =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'memory' }
  | { readonly engine: 'postgres'; readonly url: string; readonly connections: number }

/** The parsed value, or a problem `<what is wrong>; <what to write>`, which continues a sentence about the value and does not quote it. */
export type Reading = { readonly value: unknown } | { readonly problem: string }

const good = (value: unknown): Reading => ({ value })
const bad = (problem: string): Reading => ({ problem })

/** The parser of each `format` of a text in the schema. */
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

/** In milliseconds. */
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
    return bad('is not a supported database; write sqlite://path/to/file.sqlite, postgres://… or memory')
  const path = rest.replace(/^file:/, '').replace(/\?.*$/s, '')
  if (path === ':memory:') return good({ engine: 'memory' })
  return path === '' ? bad('names no file; write sqlite://path/to/file.sqlite or memory') : good({ engine: 'sqlite', path })
}

const connectionsByDefault = 20

/** Hydra's pool parameters are removed from the URL, because the driver does not know them. Of them only `max_conns` has an effect. */
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

/** Hydra's names are mapped to those of the logger. */
function logLevel(text: string): Reading {
  const names: Record<string, string> = { warning: 'warn', panic: 'fatal' }
  const level = names[text] ?? text
  return ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].includes(level)
    ? good(level)
    : bad('is not a log level; write trace, debug, info, warn, error or fatal')
}

function host(text: string): Reading {
  if (text.startsWith('unix:')) return bad('is a unix socket, which is not supported; write an address such as 127.0.0.1')
  return /^[\w.:%-]*$/.test(text)
    ? good(text)
    : bad('is not an address or name to listen on; write it without a port, such as 127.0.0.1 or ::1')
}

/** RFC 8414 §2: an issuer has no query and no fragment. It is kept as written, because clients compare it as text. */
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
  if (text.includes('*')) return bad('contains *, which would match scopes that are not listed; write each scope in full')
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)
    ? good(text)
    : bad('is not one scope; write one scope per entry, without spaces or quotes')
}

/** Schemes that a browser handles itself, so that no application can receive a redirect to them. */
const neverRedirected = /^(javascript|data|vbscript|blob|file|filesystem|about|view-source|https?|wss?|ftp|mailto|tel|sms|chrome|intent)$/

function redirectScheme(text: string): Reading {
  if (neverRedirected.test(text)) return bad('is a scheme that is never allowed in redirect URIs; remove it')
  if (text.includes('.')) return bad('has a dot, and schemes with a dot are always accepted; remove it')
  return /^[a-z][a-z0-9+-]*$/.test(text) ? good(text) : bad('is not a URI scheme in lower case; write one such as vscode, without ://')
}
