/** The cookies of a login, and Hydra's names of them. */
export const hydraCookieNames = {
  session: 'ory_hydra_session',
  login_csrf: 'ory_hydra_login_csrf',
  consent_csrf: 'ory_hydra_consent_csrf',
} as const

export type CookieKind = keyof typeof hydraCookieNames

/** What the operator set of our cookies. */
export interface CookieChoices {
  readonly domain: string | undefined
  readonly names: Readonly<Record<CookieKind, string>>
  readonly sessionPath: string
}

/**
 * With this prefix a browser keeps a cookie only if the host itself set it, over TLS, for all of its paths (RFC 6265bis §4.1.3.2): no
 * sibling domain can plant one.
 */
export const hostPrefix = '__Host-'

/** The setting below `serve.cookies` that keeps a Secure cookie from the prefix; undefined where none does. */
export function obstacleToHostPrefix(kind: CookieKind, { domain, names, sessionPath }: CookieChoices): string | undefined {
  if (domain !== undefined) return 'domain'
  if (kind === 'session' && sessionPath !== '/') return 'paths.session'
  return names[kind] === hydraCookieNames[kind] ? undefined : `names.${kind}`
}
