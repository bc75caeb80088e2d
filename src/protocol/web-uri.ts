import ipaddr from 'ipaddr.js'
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
  if (uri.length > longest || /[\p{Cc} \\]/u.test(uri) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(uri) || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  return url.username === '' && url.password === '' ? url : undefined
}

/** `*` stands for any run of characters but a slash and what starts a query or fragment, so it never leaves the host; `**` for any run. */
export function globMatches(glob: string, text: string): boolean {
  const pattern = glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/?#]*'))
  return new RegExp(`^${pattern}$`).test(text)
}

/** Host as the URL parser gives it: decimal, octal and hexadecimal IPv4 forms are dotted by then, IPv6 is in brackets. */
function isPrivateHost(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  // Global unicast only: private, loopback, link-local, shared and mapped ranges all have names of their own.
  if (ipaddr.isValid(host)) return ipaddr.parse(host).range() !== 'unicast' || isBesideGlobalUnicast(host)
  return /(?:^|\.)(?:localhost|local|internal)$/.test(host) || !host.includes('.')
}

/** RFC 4291 §2.4: global unicast begins with the bits 001; the rest is unassigned, or wraps an IPv4 address as `::127.0.0.1` does. */
const isBesideGlobalUnicast = (host: string): boolean => host.includes(':') && !/^[23][0-9a-f]{3}:/.test(host)
