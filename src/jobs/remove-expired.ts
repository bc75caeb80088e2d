import type { Transaction } from '../lib/transaction.ts'
import type { Job } from './runner.ts'

/** One store's way to remove what has expired; each row has an expiry of its own. Returns how many rows went. */
export type RemoveExpired<Stores> = (stores: Stores, now: number, limit: number) => Promise<number>

/** How many rows go in one transaction: few enough that nobody who waits behind it notices. */
const batch = 500

/** Removes expired rows from every store, in small transactions, until none are left. */
export function removeExpired<Stores>(deps: {
  transaction: Transaction<Stores>
  stores: Readonly<Record<string, RemoveExpired<Stores>>>
}): Job {
  return {
    name: 'remove-expired',
    period: 60_000,
    async run({ now, signal }) {
      const counts: Record<string, number> = {}
      for (const [name, remove] of Object.entries(deps.stores)) {
        let removed: number
        counts[name] = 0
        do {
          removed = await deps.transaction((tx) => remove(tx, now, batch))
          counts[name] += removed
        } while (removed === batch && !signal.aborted)
      }
      return counts
    },
  }
}
