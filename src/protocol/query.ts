/** Parameters as Hydra writes them into an address: sorted by name, values of one name in their order, a space as `+`. */
export function sortedQuery(parameters: Iterable<readonly [string, string]>): string {
  const sorted = [...parameters].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
}

const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')

/** An address with parameters added to those that it has. */
export function withParameters(uri: string, parameters: Iterable<readonly [string, string]>): string {
  const query = sortedQuery(parameters)
  return query === '' ? uri : `${uri}${uri.includes('?') ? (/[?&]$/.test(uri) ? '' : '&') : '?'}${query}`
}
