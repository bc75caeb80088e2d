/** Tokens and codes of ours, by their prefixes, and whatever has the shape of a JWT. */
const secret = /ory_[a-z]{2,3}_[\w-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*/g

/** What a caller sent, fit for a log: a token that he put in the wrong place stays his secret. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(secret, '[secret]')
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutSecrets(one)]))
}
