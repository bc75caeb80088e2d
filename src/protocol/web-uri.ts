import { isIP } from 'node:net'
import { quote } from './problem.ts'

const longest = 2048

/** Why a link that people follow (a home page, a logo, terms) may not be registered, or undefined where it may. */
export function pageUriFault(uri: string): string | undefined {
  const url = parse(uri)
  if (!url) return `${quote(uri)} must be a valid https or http URL`
  return url.protocol === 'https:' || url.protocol === 'http:' ? undefined : `${quote(uri)} must use https or http`
}

/** Why a URL that this server or a browser is sent to with credentials may not be registered, or undefined where it may. */
export function secureUriFault(uri: string): string | undefined {
  const url = parse(uri)
  return url?.protocol === 'https:' ? undefined : `${quote(uri)} must be a valid https URL`
}

/** Which of the URLs that this server fetches may lie in its own network. */
export interface FetchRule {
  /** Plain http and private addresses are fine: development, or an operator who says so. */
  readonly allowPrivate: boolean
  /** Globs of URLs that are fine although they are private. */
  readonly exceptions: readonly string[]
}

/**
 * Why a URL that this server fetches may not be registered, or undefined where it may: https, and not plainly a private address.
 * No name is resolved here: that is done, and vetted again, when the connection is made.
 */
export function fetchedUriFault(uri: string, rule: FetchRule): string | undefined {
  const url = parse(uri)
  if (!url) return `${quote(uri)} must be a valid https URL`
  if (rule.allowPrivate && (url.protocol === 'https:' || url.protocol === 'http:')) return undefined
  if (rule.exceptions.some((glob) => globMatches(glob, uri))) return undefined
  if (url.protocol !== 'https:') return `${quote(uri)} must use https`
  return isPrivateHost(url.hostname) ? `${quote(uri)} must not point to a private or loopback address` : undefined
}

function parse(uri: string): URL | undefined {
  if (uri.length > longest || /[\x00-\x20\x7f\\]/.test(uri) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(uri) || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  return url.username === '' && url.password === '' ? url : undefined
}

/** `*` stands for any run of characters but a slash, `**` for any run. */
export function globMatches(glob: string, text: string): boolean {
  const pattern = glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))
  return new RegExp(`^${pattern}$`).test(text)
}

/** Host as the URL parser gives it: decimal, octal and hexadecimal IPv4 forms are dotted by then, IPv6 is in brackets. */
function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase()
  if (isIP(host) === 4) return isPrivateIpv4(host)
  if (isIP(host) === 6) return isPrivateIpv6(host)
  return host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.local') || host.endsWith('.internal') || !host.includes('.')
}

function isPrivateIpv4(host: string): boolean {
  const [a = 0, b = 0] = host.split('.').map(Number)
  return (
    a === 0 || a === 10 || a === 127 || a >= 224 || (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) || (a === 192 && (b === 168 || b === 0)) || (a === 198 && (b === 18 || b === 19))
  ) // biome-ignore format: one line of thought
}

/** Anything but global unicast (2000::/3), and the ranges of it that carry an IPv4 address inside. */
function isPrivateIpv6(host: string): boolean {
  const first = Number.parseInt(host.split(':')[0] || '0', 16)
  return first < 0x2000 || first > 0x3fff || host.startsWith('2002:') || host.startsWith('2001:0:') || host.startsWith('2001::')
}
