/** Something that is still to be sent. Times are in milliseconds since 1970 UTC. */
export interface Delivery {
  readonly id: string
  /** How often it was claimed, the current claim included. */
  readonly attempts: number
  /** It is not due before. */
  readonly nextAt: number
  readonly createdAt: number
  /** It is given up when its next attempt would be at this time or later. */
  readonly expiresAt: number
}

/** The deliveries of one kind, each until it is sent or given up. The store of that kind adds its way to queue them. */
export interface DeliveryStore<Item extends Delivery> {
  /** Deliveries due by `now`, those due longest first, at most `limit`. No other claim returns them before `leaseUntil`. */
  claim(now: number, leaseUntil: number, limit: number): Promise<Item[]>
  /** Removes a delivery. */
  done(id: string): Promise<void>
  retryAt(id: string, at: number): Promise<void>
}

/** A delivery that is due at once, and expires after `lifespan` milliseconds. */
export const dueNow = (id: string, now: number, lifespan: number): Delivery => ({
  id,
  attempts: 0,
  nextAt: now,
  createdAt: now,
  expiresAt: now + lifespan,
})
