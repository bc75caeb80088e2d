/** Which URLs of clients may be fetched although they are in a private network. */
export interface Fence {
  /** Whether plain http and private addresses are allowed: under `dev`, or as the operator configured. */
  readonly allowPrivate: boolean
  /** Globs of URLs for which both are allowed. */
  readonly exceptions: readonly string[]
}

/** Whether the URL is exempt from the fence. The normalised URL is compared, not the text. */
export function isExempt(url: URL, { allowPrivate, exceptions }: Fence): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false
  return allowPrivate || exceptions.some((glob) => matches(glob, url.href) || (url.pathname === '/' && matches(glob, url.origin)))
}

/** Whether the port is allowed for URLs of clients: 443, or one above the well-known ports. */
export const hasFetchedPort = ({ port }: URL): boolean => port === '' || port === '443' || Number(port) > 1023

/** `*` matches any characters except `/`, `?` and `#`, so it does not extend beyond the host; `**` matches any characters. */
function matches(glob: string, url: string): boolean {
  const pattern = glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/?#]*'))
  return new RegExp(`^${pattern}$`).test(url)
}
