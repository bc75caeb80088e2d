import { isOfflineScope } from '../../protocol/scope.ts'
import { escapeHtml, filled } from '../html/page.ts'
import type { Words } from '../html/words.ts'

/** One line of the consent page: a scope; `offline` and `offline_access` mean the same and share a line. */
export interface AskedScope {
  readonly name: string
  /** `openid` cannot be deselected. */
  readonly isFixed: boolean
}

/** The lines of the consent page, in the order of the request. */
export function askedScopes(requested: readonly string[]): AskedScope[] {
  const names = new Set(requested.map((scope) => (isOfflineScope(scope) ? 'offline_access' : scope)))
  return [...names].map((name) => ({ name, isFixed: name === 'openid' }))
}

/** The requested scopes that were selected. A selected scope that was not requested is ignored. */
export const chosenScopes = (requested: readonly string[], chosen: readonly string[]): string[] =>
  requested.filter((scope) => scope === 'openid' || chosen.includes(isOfflineScope(scope) ? 'offline_access' : scope))

/** The description of a scope, as markup; an unknown scope is shown by its name. */
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
