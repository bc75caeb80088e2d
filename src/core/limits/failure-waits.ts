import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'

/** How many failures cost nothing, and what the next ones cost. Milliseconds. */
const free = 10
const [shortest, longest] = [1_000, 60_000]

interface Failures {
  count: number
  /** Milliseconds since 1970 UTC. */
  until: number
}

/** The wait after so many failures: none for the first ten, then from 1 s to 60 s, doubled by each. */
export const waitAfter = (failures: number): number =>
  failures <= free ? 0 : Math.min(shortest * 2 ** Math.min(failures - free - 1, 16), longest)

/**
 * Counts failures by key, in memory only, the keys that failed last. Nobody sleeps here and nothing is written: who must wait is told
 * so. An attempt counts as failed from its beginning, so that many at once are no way around it, until `succeeded` or `withdrawn`.
 */
export class FailureWaits {
  readonly #failures: BoundedMap<string, Failures>
  readonly #clock: Clock

  constructor(clock: Clock, most = 10_000) {
    this.#clock = clock
    this.#failures = new BoundedMap(most)
  }

  /** Milliseconds until the next attempt; 0: now. */
  left(key: string): number {
    return Math.max(0, (this.#failures.get(key)?.until ?? 0) - this.#clock())
  }

  begun(key: string): void {
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    this.#failures.set(key, { count, until: this.#clock() + waitAfter(count) })
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }

  /** The attempt could not be judged: it is as if it had not been made. */
  withdrawn(key: string): void {
    const entry = this.#failures.get(key)
    if (!entry) return
    entry.count--
    if (waitAfter(entry.count) === 0) entry.until = 0
  }
}
