import type { Client } from '../clients/client.ts'
import { type Standing, standingOf } from '../clients/standing.ts'

/**
 * When a logout redirects the browser to the client without a click on a page that names the host. With an ID token the client's standing
 * decides; without one never (`after-click`, RP-Initiated Logout §3).
 */
export type Leaving = Standing['leavingAfterLogout'] | 'after-click'

export const leavingOf = (client: Client, hasIdToken: boolean): Leaving =>
  hasIdToken ? standingOf(client).leavingAfterLogout : 'after-click'

/** @param held the id in the browser's session cookie */
export const needsClick = (leaving: Leaving | undefined, sessionId: string, held: string | undefined): boolean =>
  leaving !== 'at-once' && !(leaving === 'own-session' && held === sessionId)
