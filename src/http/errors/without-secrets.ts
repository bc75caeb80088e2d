/** Tokens and codes of ours, by their prefixes. */
const ours = /ory_[a-z]{2,3}_[\w-]{20,}/g

/**
 * Three words with dots between them, of which `isJwt` tells whether it is one. It begins where no word goes on, so that a long text is
 * read once and not from each of its letters.
 */
const dotted = /(?<![\w.-])[\w-]+(?:\.[\w-]*){2,}/g
const isJwt = (text: string): boolean => /eyJ[\w-]/.test(text)

/** Characters of one value: a log is no place to fill. */
const longest = 500

const fit = (text: string): string => {
  const clean = text.replace(ours, '[secret]').replace(dotted, (words) => (isJwt(words) ? '[secret]' : words))
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

/** What a caller sent, fit for a log: a token that he put in the wrong place stays his secret, and no value goes on for ever. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return fit(value)
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutSecrets(one)]))
}
