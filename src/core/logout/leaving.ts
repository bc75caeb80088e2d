import type { Client } from '../clients/client.ts'

/**
 * When a logout redirects the browser to the client without a click on a page that names the host. `at-once`: with an ID token of an
 * operator's client. `own-session`: with an ID token of a self-registered client, only in the browser that has the session of the token,
 * because anyone can register a redirect URI and its ID tokens stay usable for years. `after-click`: without an ID token
 * (RP-Initiated Logout §3).
 */
export type Leaving = 'at-once' | 'own-session' | 'after-click'

export function leavingOf({ origin }: Client, hasIdToken: boolean): Leaving {
  if (!hasIdToken) return 'after-click'
  return origin === 'admin' ? 'at-once' : 'own-session'
}

/** @param held the id in the browser's session cookie */
export const needsClick = (leaving: Leaving | undefined, sessionId: string, held: string | undefined): boolean =>
  leaving !== 'at-once' && !(leaving === 'own-session' && held === sessionId)
