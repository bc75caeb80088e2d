/** A description as RFC 6749 §5.2 allows it: printable ASCII without double quotes and backslashes. */
export const printable = (text: string): string =>
  text
    .replaceAll('"', "'")
    .replace(/[^\x20-\x7e]|\\/g, '?')
    .slice(0, 1_500)
