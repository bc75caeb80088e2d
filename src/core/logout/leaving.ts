import type { Client } from '../clients/client.ts'

/**
 * When a logout may send the browser to the client's address without a click on a page that names the host: with an ID token of an
 * operator's client; of a self-registered one in the browser only that has the session of the token, as anybody can register an address
 * and an ID token of it is good for years; without an ID token never (RP-Initiated Logout §3).
 */
export type Leaving = 'at-once' | 'own-session' | 'after-click'

export function leavingOf({ origin }: Client, hasIdToken: boolean): Leaving {
  if (!hasIdToken) return 'after-click'
  return origin === 'admin' ? 'at-once' : 'own-session'
}

/** @param held the session that the browser holds */
export const needsClick = (leaving: Leaving | undefined, sessionId: string, held: string | undefined): boolean =>
  leaving !== 'at-once' && !(leaving === 'own-session' && held === sessionId)
