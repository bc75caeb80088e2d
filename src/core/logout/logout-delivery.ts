import { type Randomness, timedUuid } from '../../lib/random.ts'

/** One client that is still to be told that a session has ended (OpenID Connect Back-Channel Logout §2.5). */
export interface LogoutDelivery {
  readonly id: string
  readonly clientId: string
  /** The client's when it took part in the session. A later client under its id is not told. */
  readonly generation: number
  /** The session, as the client's ID tokens name it. */
  readonly sid: string
  /** Who was logged in, for those who look into the table: the client is not told. */
  readonly subject?: string
  /** How often it was claimed, the claim in hand included. */
  readonly attempts: number
  /** Milliseconds since 1970 UTC, as all times here: nobody tries before. */
  readonly nextAt: number
  readonly createdAt: number
  /** From then on it is given up. */
  readonly expiresAt: number
}

/** Keeps what is to be delivered until it is, or is given up. */
export interface LogoutDeliveryStore {
  /** Part of the act that ends the session. A client that is gone is passed over. */
  queue(deliveries: readonly LogoutDelivery[]): Promise<void>
  /** What is due by `now`, the longest due first, at most `limit`: it is the caller's alone until `leaseUntil`. */
  claim(now: number, leaseUntil: number, limit: number): Promise<LogoutDelivery[]>
  /** It was delivered, or is no longer to be. */
  done(id: string): Promise<void>
  retryAt(id: string, at: number): Promise<void>
  removeExpired(now: number, limit: number): Promise<number>
}

/** How long a client may be away before nobody tries any more. Milliseconds. */
const life = 86_400_000

/** A delivery that is due at once. */
export function newLogoutDelivery(
  facts: Pick<LogoutDelivery, 'clientId' | 'generation' | 'sid' | 'subject'>,
  { now, randomness }: { now: number; randomness: Randomness },
): LogoutDelivery {
  return { ...facts, id: timedUuid(randomness, now), attempts: 0, nextAt: now, createdAt: now, expiresAt: now + life }
}
