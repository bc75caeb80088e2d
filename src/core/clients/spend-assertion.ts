import { Refusal } from '../../lib/refusal.ts'
import type { Transaction } from '../../lib/transaction.ts'

/** What remains of an assertion that proved a client: the hash of client id and `jti`, which counts once (RFC 7523 §3). */
export interface AssertionId {
  readonly hash: string
  /** Milliseconds since 1970 UTC: after it the assertion is refused anyway. */
  readonly expiresAt: number
}

export interface AssertionStore {
  /** False where it was spent before: of several at once, one spends it. */
  spend(id: AssertionId): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/** The assertion was used before: somebody may have stolen it. */
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
 * Runs what a client asks for once it has proved itself. Where that is refused, the assertion is spent all the same, in a
 * transaction of its own: it was seen, so it may be with others by now.
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
