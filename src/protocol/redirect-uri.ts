import { quote } from './problem.ts'

/** Browser-handled schemes: a redirect to one of them runs or shows something instead of reaching an app (RFC 9700 §4.1.1). */
const dangerousSchemes = new Set([
  'javascript', 'data', 'vbscript', 'blob', 'file', 'filesystem', 'about', 'ws', 'wss', 'ftp', 'mailto', 'tel', 'sms',
  'view-source', 'chrome', 'chrome-extension', 'moz-extension', 'resource', 'jar', 'intent', 'urn', 'ldap', 'ssh', 'telnet',
]) // biome-ignore format: a list of words reads best as one
const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])

const longest = 2048
/** A domain of the app's, read backwards (RFC 8252 §7.1). A label that is empty makes it none: `javascript.` is not a domain. */
const reverseDomain = /^[a-z0-9+-]+(?:\.[a-z0-9+-]+)+$/
const scheme = /^([a-z][a-z0-9+.-]*):/i
/** `scheme://host[:port]` with a host of plain ASCII letters, or an IPv6 literal. */
const webAuthority = /^https?:\/\/([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?]|$)/i

/** The scheme in lower case, or undefined where there is none. */
export const schemeOf = (uri: string): string | undefined => scheme.exec(uri)?.[1]?.toLowerCase()

/** Whose pairwise subjects go to this URI (OpenID Connect Core §8.1): its host, without the port; the scheme of one that has none. */
export const sectorOf = (uri: string): string => (URL.canParse(uri) && new URL(uri).hostname) || (schemeOf(uri) ?? uri)

export const isDangerousScheme = (uri: string): boolean => dangerousSchemes.has(schemeOf(uri.replace(/[\p{Cc} ]/gu, '')) ?? '')

/** Whether this is plain http to the machine that the browser runs on (RFC 8252 §7.3). */
export function isLoopbackRedirect(uri: string): boolean {
  return schemeOf(uri) === 'http' && loopbackHosts.has(webAuthority.exec(uri)?.[1]?.toLowerCase() ?? '')
}

/** Whether an app, not a website, receives this: loopback http or a private-use scheme (RFC 8252 §7.1, §7.3). */
export const isNativeRedirect = (uri: string): boolean => schemeOf(uri) !== 'https' && (schemeOf(uri) !== 'http' || isLoopbackRedirect(uri))

/**
 * Why a redirect URI may not be registered, or undefined where it may: https, http on a loopback address, or a private-use scheme
 * with a dot in it or on the operator's list (RFC 7591 §5, RFC 8252 §7, RFC 9700 §2.1).
 *
 * @param dotlessSchemes private-use schemes without a dot that known apps use
 */
export function redirectUriFault(uri: string, dotlessSchemes: readonly string[]): string | undefined {
  const name = schemeOf(uri)
  const fault = spellingFault(uri)
  if (fault !== undefined) return fault
  if (name === undefined) return `${quote(uri)} must be an absolute URI, such as https://app.example/callback`
  if (dangerousSchemes.has(name)) return `the scheme ${quote(name)} is never allowed`
  if (name === 'https' || name === 'http') return webFault(uri, name)
  if (!reverseDomain.test(name) && !dotlessSchemes.includes(name)) {
    return `the scheme ${quote(name)} is not allowed; use https, http on a loopback address, or a private-use scheme such as com.example.app`
  }
  if (uri.length === name.length + 1) return `${quote(uri)} has nothing after its scheme`
  return URL.canParse(uri) ? undefined : `${quote(uri)} must be a valid URI`
}

/** What no redirect URI may hold, whatever its scheme: each has served to make two readers see two addresses. */
function spellingFault(uri: string): string | undefined {
  if (uri === '' || uri.length > longest) return `a redirect URI has 1 to ${longest} characters`
  if (/[\p{C}\p{Z}\\"<>]/u.test(uri))
    return `${quote(uri)} must not contain spaces, control or invisible characters, backslashes, quotes or angle brackets`
  if (uri.includes('#')) return `${quote(uri)} must not contain a fragment (#)`
  if (uri.includes('*')) return `${quote(uri)} must not contain a wildcard (*); redirect URIs are compared exactly`
  const [, authority = '', path = ''] = /^[^:/?#]*:(?:\/\/([^/?]*))?([^?]*)/.exec(uri) ?? []
  if (authority.includes('@')) return `${quote(uri)} must not contain a user name`
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return `${quote(uri)} must not contain dot segments`
  if (/%2f|%5c/i.test(path)) return `${quote(uri)} must not contain encoded slashes`
  if (/%(?:[01][0-9a-f]|7f)/i.test(uri)) return `${quote(uri)} must not contain encoded control characters`
  return undefined
}

function webFault(uri: string, name: 'http' | 'https'): string | undefined {
  const port = Number(webAuthority.exec(uri)?.[2] ?? 0)
  if (!webAuthority.test(uri) || port > 65_535 || !URL.canParse(uri)) return `${quote(uri)} must be a valid ${name} URL`
  if (name === 'http' && !isLoopbackRedirect(uri))
    return `${quote(uri)} must use https; plain http is for 127.0.0.1, [::1] and localhost only`
  return undefined
}

/**
 * Whether `asked` is one of the registered redirect URIs: character for character, but for the port of a loopback http URI, which
 * an app cannot know beforehand (RFC 8252 §7.3; `localhost` too, as the apps in use need it).
 */
export function matchesRedirectUri(registered: readonly string[], asked: string): boolean {
  if (registered.includes(asked)) return true
  if (!isLoopbackRedirect(asked) || !URL.canParse(asked)) return false
  return registered.some((uri) => isLoopbackRedirect(uri) && withoutPort(uri) === withoutPort(asked))
}

/** An app cannot know its loopback port beforehand, so two loopback URIs that differ in their ports are one (RFC 8252 §7.3). */
export const withoutLoopbackPort = (uri: string): string => (isLoopbackRedirect(uri) ? withoutPort(uri) : uri)

const withoutPort = (uri: string): string => uri.replace(/^(http:\/\/(?:\[[^\]]*\]|[^:/?]*)):\d+/i, '$1')
