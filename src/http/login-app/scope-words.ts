import { isOfflineScope } from '../../protocol/scope.ts'
import { escapeHtml, filled } from '../html/page.ts'
import type { Words } from '../html/words.ts'

/** What a person says yes or no to, in one line: one scope, or the two names of staying signed in. */
export interface AskedScope {
  readonly name: string
  /** Signing in is what the page is for: this one is not for choosing. */
  readonly isFixed: boolean
}

/** The lines of a consent page, in the order the app asked. */
export function askedScopes(requested: readonly string[]): AskedScope[] {
  const names = new Set(requested.map((scope) => (isOfflineScope(scope) ? 'offline_access' : scope)))
  return [...names].map((name) => ({ name, isFixed: name === 'openid' }))
}

/** Of what was asked for, what was chosen. A choice of something else changes nothing. */
export const chosenScopes = (requested: readonly string[], chosen: readonly string[]): string[] =>
  requested.filter((scope) => scope === 'openid' || chosen.includes(isOfflineScope(scope) ? 'offline_access' : scope))

/** A scope in words, as markup; one that only its API knows stands as it is. */
export function scopeWords(name: string, { scopes }: Words): string {
  const known: Readonly<Record<string, string>> = {
    openid: scopes.openid,
    profile: scopes.profile,
    email: scopes.email,
    offline_access: scopes.offline,
  }
  if (Object.hasOwn(known, name)) return escapeHtml(known[name] ?? '')
  return filled(scopes.other, { scope: `<code>${escapeHtml(name)}</code>` })
}
