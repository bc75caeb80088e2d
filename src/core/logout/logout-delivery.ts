import { type Randomness, timedUuid } from '../../lib/random.ts'
import { type Delivery, type DeliveryStore, dueNow } from '../outbox/delivery.ts'

/** A logout token for one client, to be sent because a session has ended (OpenID Connect Back-Channel Logout §2.5). */
export interface LogoutDelivery extends Delivery {
  readonly clientId: string
  /** The client's generation when it took part in the session. A later client with the same id gets nothing. */
  readonly generation: number
  /** The session, as the client's ID tokens name it. */
  readonly sid: string
  /** The subject that was logged in. For operators who read the table; it is not sent. */
  readonly subject?: string
}

/** Keeps logout deliveries until they are sent or given up. */
export interface LogoutDeliveryStore extends DeliveryStore<LogoutDelivery> {
  /** Part of the act that ends the session. Removed clients are skipped. */
  queue(deliveries: readonly LogoutDelivery[]): Promise<void>
  removeExpired(now: number, limit: number): Promise<number>
}

/** Milliseconds after which the delivery to a client that does not answer is given up. */
const lifespan = 86_400_000

/** A delivery that is due at once. */
export const newLogoutDelivery = (
  facts: Pick<LogoutDelivery, 'clientId' | 'generation' | 'sid' | 'subject'>,
  { now, randomness }: { now: number; randomness: Randomness },
): LogoutDelivery => ({ ...facts, ...dueNow(timedUuid(randomness, now), now, lifespan) })
