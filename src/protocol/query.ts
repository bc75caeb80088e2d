/**
 * Parameters as Go's `url.Values.Encode` writes them, and so as they stand in Hydra's redirects: in the order of their names, those of
 * one name in the order given. Names are ASCII.
 */
export function sortedQuery(params: Iterable<readonly [name: string, value: string]>): string {
  const byName = ([a]: readonly [string, string], [b]: readonly [string, string]) => (a < b ? -1 : a > b ? 1 : 0)
  return [...params]
    .sort(byName)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&')
}

/** Go's `url.QueryEscape`: all but letters, digits, `-`, `_`, `.` and `~`; a space is a plus. Half a surrogate pair is U+FFFD. */
const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
