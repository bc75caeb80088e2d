import type { Randomness } from '../../lib/random.ts'
import type { AfterCommit } from '../../lib/transaction.ts'
import type { SessionClientStore } from '../sessions/session-clients.ts'
import { type LogoutDeliveryStore, newLogoutDelivery } from './logout-delivery.ts'

/**
 * Queues, in the act that has ended a session, what the clients that took part in it are to be told (OpenID Connect Back-Channel Logout §2.5).
 * Whether a client wants to be told is asked when it is delivered.
 *
 * @param deps `deliver`: begins at once, after the commit
 */
export function announceLogout({ randomness, deliver }: { randomness: Randomness; deliver: () => void }) {
  return async (
    tx: { sessionClients: SessionClientStore; logoutDeliveries: LogoutDeliveryStore } & AfterCommit,
    sid: string,
    now: number,
  ): Promise<void> => {
    const clients = await tx.sessionClients.take(sid)
    if (clients.length === 0) return
    await tx.logoutDeliveries.queue(clients.map((client) => newLogoutDelivery({ ...client, sid }, { now, randomness })))
    tx.afterCommit(deliver)
  }
}
