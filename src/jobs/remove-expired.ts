import type { Telemetry } from '../lib/telemetry.ts'
import type { Transaction } from '../lib/transaction.ts'
import type { Job } from './runner.ts'

/** Removes expired rows of one store; each row has its own expiry. Returns the number of rows. */
export type RemoveExpired<Stores> = (stores: Stores, now: number, limit: number) => Promise<number>

export interface RemoveExpiredDeps<Stores> {
  readonly transaction: Transaction<Stores>
  readonly stores: Readonly<Record<string, RemoveExpired<Stores>>>
  readonly telemetry: Pick<Telemetry, 'log' | 'count'>
}

const job = 'remove-expired'

/** How many rows are removed in one transaction; few enough not to delay other transactions. */
const batch = 500

/**
 * Removes expired rows from every store, in small transactions, until none are left. If one store fails, that is logged, the others
 * continue, and the next run tries it again.
 */
export function removeExpired<Stores>({ transaction, stores, telemetry }: RemoveExpiredDeps<Stores>): Job {
  return {
    name: job,
    period: 60_000,
    async run({ now, signal }) {
      const counts: Record<string, number> = {}
      for (const [store, remove] of Object.entries(stores)) {
        if (signal.aborted) break
        counts[store] = 0
        try {
          let removed: number
          do {
            removed = await transaction((tx) => remove(tx, now, batch))
            counts[store] += removed
          } while (removed === batch && !signal.aborted)
        } catch (error) {
          telemetry.count('job_failed', { job })
          telemetry.log('error', 'job failed', { job, store, error: (error as Error).message })
        }
      }
      return counts
    },
  }
}
