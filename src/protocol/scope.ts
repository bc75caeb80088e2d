/** The scopes of a space-separated list, each once, in the order given. Stray spaces are forgiven. */
export const splitScope = (scope: string): string[] => [...new Set(scope.split(' ').filter((token) => token !== ''))]

export const joinScope = (scopes: readonly string[]): string => scopes.join(' ')

/** Whether it asks for a refresh token: OpenID Connect Core §11's name, or Hydra's older one. */
export const isOfflineScope = (scope: string): boolean => scope === 'offline_access' || scope === 'offline'

/** Whether a client that holds `held` may have `asked`. */
export type ScopeMatch = (held: readonly string[], asked: string) => boolean

export const matchScopeExactly: ScopeMatch = (held, asked) => held.includes(asked)

/**
 * Hydra's default: dots part a scope into words and `*` stands for any word; as the last word it stands for all that follow.
 * `photos.*` gives `photos.read` and `photos.read.all`, not `photos`.
 */
export const matchScopeByWildcard: ScopeMatch = (held, asked) =>
  held.some((pattern) => pattern === asked || coversWords(pattern.split('.'), asked.split('.')))

function coversWords(pattern: string[], words: string[]): boolean {
  if (pattern.length > words.length) return false
  if (pattern.length < words.length && pattern.at(-1) !== '*') return false
  return pattern.every((word, at) => (word === '*' ? words[at] !== '' : word === words[at]))
}
