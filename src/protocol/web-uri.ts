import { type Fence, hasFetchedPort, isExempt } from '../lib/fence.ts'
import { isAddress, isPublicAddress } from '../lib/public-address.ts'
import { quote } from './problem.ts'
import { schemeOf } from './redirect-uri.ts'

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

/**
 * Why a URL that this server fetches may not be registered, or undefined where it may: https, port 443 or above 1023, and not plainly a
 * private address.
 * No name is resolved here: that is done, and vetted again, when the connection is made.
 */
export function fetchedUriFault(uri: string, fence: Fence): string | undefined {
  const url = parse(uri)
  if (!url) return `${quote(uri)} must be a valid https URL`
  if (isExempt(url, fence)) return undefined
  if (url.protocol !== 'https:') return `${quote(uri)} must use https`
  if (!hasFetchedPort(url)) return `${quote(uri)} must use port 443 or a port above 1023`
  return isPrivateHost(url.hostname) ? `${quote(uri)} must not point to a private or loopback address` : undefined
}

function parse(uri: string): URL | undefined {
  if (uri.length > longest || /[\p{Cc} \\]/u.test(uri) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(uri) || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  return url.username === '' && url.password === '' ? url : undefined
}

/** Host as the URL parser gives it: decimal, octal and hexadecimal IPv4 forms are dotted by then, IPv6 is in brackets. */
function isPrivateHost(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (isAddress(host)) return !isPublicAddress(host)
  return /(?:^|\.)(?:localhost|local|internal)$/.test(host) || !host.includes('.')
}

/** An absolute URI or an absolute path, as Go's `url.ParseRequestURI` has it. */
export const isRequestUri = (uri: string): boolean => !/[\p{Cc} ]/u.test(uri) && (uri.startsWith('/') || schemeOf(uri) !== undefined)
