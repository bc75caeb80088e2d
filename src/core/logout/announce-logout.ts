import type { Randomness } from '../../lib/random.ts'
import type { AfterCommit } from '../../lib/transaction.ts'
import type { SessionClientStore } from '../sessions/session-clients.ts'
import { type LogoutDeliveryStore, newLogoutDelivery } from './logout-delivery.ts'

/**
 * Queues a logout delivery for each client of a session, in the transaction that ended the session (OpenID Connect Back-Channel Logout
 * §2.5). Whether a client has a `backchannel_logout_uri` is decided when it is delivered.
 *
 * @param deps `deliver`: starts the deliveries after the commit
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
