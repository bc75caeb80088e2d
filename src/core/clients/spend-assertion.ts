import { Refusal } from '../../lib/refusal.ts'
import type { Transaction } from '../../lib/transaction.ts'

/** Identifies an assertion, which can be used once (RFC 7523 §3): a hash of client id and `jti`. */
export interface AssertionId {
  readonly hash: string
  /** Milliseconds since 1970 UTC. After it the assertion has expired. */
  readonly expiresAt: number
}

export interface AssertionStore {
  /** False where it was spent before. Of several calls at once, one gets true. */
  spend(id: AssertionId): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/** The assertion was used before: it may have been stolen. */
export interface AssertionReplayed {
  readonly kind: 'assertion-replayed'
}

/**
 * Spends the assertion, if there is one, as part of the act that it allows.
 *
 * @throws Refusal `assertion-replayed`
 */
export async function spendAssertion(tx: { assertions: AssertionStore }, id: AssertionId | undefined): Promise<void> {
  if (id && !(await tx.assertions.spend(id))) throw new Refusal<AssertionReplayed>({ kind: 'assertion-replayed' })
}

/**
 * Runs the act of an authenticated client. Where the act is refused, the assertion is spent in a transaction of its own: it was
 * transmitted, so it must not be usable again.
 *
 * @throws what `act` throws, or Refusal `assertion-replayed`
 */
export function spendingOnRefusal({ transaction }: { transaction: Transaction<{ assertions: AssertionStore }> }) {
  return async <T>(id: AssertionId | undefined, act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      const isReplay = error instanceof Refusal && error.reason.kind === 'assertion-replayed'
      if (id && error instanceof Refusal && !isReplay) await transaction((tx) => spendAssertion(tx, id))
      throw error
    }
  }
}
