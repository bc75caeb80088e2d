/** Which of the URLs that strangers name, and this server fetches, may lie in its own network. */
export interface Fence {
  /** Plain http and private addresses are fine: development, or an operator who says so. */
  readonly allowPrivate: boolean
  /** Globs of URLs for which both are fine. */
  readonly exceptions: readonly string[]
}

/** Whether the fence has a gate for this URL. What is compared is what would be fetched, not how it was written. */
export function isExempt(url: URL, { allowPrivate, exceptions }: Fence): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false
  return allowPrivate || exceptions.some((glob) => matches(glob, url.href) || (url.pathname === '/' && matches(glob, url.origin)))
}

/** Whether the port is one that a stranger may have fetched: 443, or one that no well-known service of a machine has. */
export const hasFetchedPort = ({ port }: URL): boolean => port === '' || port === '443' || Number(port) > 1023

/** `*` stands for any run of characters but a slash and what starts a query or fragment, so it never leaves the host; `**` for any run. */
function matches(glob: string, url: string): boolean {
  const pattern = glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/?#]*'))
  return new RegExp(`^${pattern}$`).test(url)
}
