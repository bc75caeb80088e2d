/** Tokens and codes of this server, by their prefixes. */
const ours = /ory_[a-z]{2,3}_[\w-]{20,}/g

/**
 * At least three words with dots between them, which `isJwt` then checks. The look-behind makes a match start at the beginning of a word, so
 * that a long text is scanned once and not from each of its letters.
 */
const dotted = /(?<![\w.-])[\w-]+(?:\.[\w-]*){2,}/g
const isJwt = (text: string): boolean => /eyJ[\w-]/.test(text)

/** Characters of one value, so that callers cannot fill the log. */
const longest = 500

const fit = (text: string): string => {
  const clean = text.replace(ours, '[secret]').replace(dotted, (words) => (isJwt(words) ? '[secret]' : words))
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

/** A caller's value for the log: without tokens, which callers put in wrong places, and truncated. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return fit(value)
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutSecrets(one)]))
}
