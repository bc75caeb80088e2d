import type { Client } from '../clients/client.ts'
import { type Standing, standingOf } from '../clients/standing.ts'

/**
 * When a logout may send the browser to the client's address without a click on a page that names the host: with an ID token, as the
 * client's standing says; without one never (RP-Initiated Logout §3).
 */
export type Leaving = Standing['leavingAfterLogout'] | 'after-click'

export const leavingOf = (client: Client, hasIdToken: boolean): Leaving =>
  hasIdToken ? standingOf(client).leavingAfterLogout : 'after-click'

/** @param held the session that the browser holds */
export const needsClick = (leaving: Leaving | undefined, sessionId: string, held: string | undefined): boolean =>
  leaving !== 'at-once' && !(leaving === 'own-session' && held === sessionId)
