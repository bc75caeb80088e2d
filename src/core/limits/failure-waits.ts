import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'

/** Whose attempts are counted together. */
export interface Guessed {
  /** What is guessed at: a client id or a user name, existing or not. */
  readonly account: string
  /** Where the attempts come from: an IPv4 address, or the /64 network of an IPv6 address (`countedAddress`). */
  readonly source: string
}

/** This many failures have no consequence; each further one doubles a wait. Times in milliseconds. */
const free = 10
const [shortest, longest] = [1_000, 60_000]

/** The wait after so many failures: none for the first ten, then from 1 s to 60 s, doubled by each. */
const waitAfter = (failures: number): number =>
  failures <= free ? 0 : Math.min(shortest * 2 ** Math.min(failures - free - 1, 16), longest)

/** Times in milliseconds since 1970 UTC. */
interface Failures {
  readonly count: number
  readonly waitsUntil: number
}

/**
 * Counts wrong guesses of secrets that a person chose, for each account and source, in the memory of this process. Nothing sleeps and
 * nothing is written: the caller refuses an attempt that must wait.
 */
export class FailureWaits {
  readonly #clock: Clock
  /**
   * Two maps, because the oldest entry of a full map is evicted. Attempts at made-up accounts fill the first with one attempt each, where
   * an eviction gives back ten attempts at most. To evict a wait from the second takes eleven failures for each of `most` accounts.
   */
  readonly #withoutWait: BoundedMap<string, Failures>
  readonly #withWait: BoundedMap<string, Failures>

  /** @param most how many entries each map holds */
  constructor(clock: Clock, most = 10_000) {
    this.#clock = clock
    this.#withoutWait = new BoundedMap(most)
    this.#withWait = new BoundedMap(most)
  }

  /** Whole seconds until the next attempt, rounded up; 0: now. */
  secondsLeft(guessed: Guessed): number {
    const { waitsUntil } = this.#find(keyOf(guessed))
    return Math.max(0, Math.ceil((waitsUntil - this.#clock()) / 1000))
  }

  /**
   * Runs `check` and counts it as a failure unless it returns true, which also forgets the failures before it. It is counted before it
   * ends, so that attempts at the same time are all counted. One that throws gave no verdict and is not counted.
   */
  async counted(guessed: Guessed, check: () => Promise<boolean>): Promise<boolean> {
    const key = keyOf(guessed)
    const count = this.#find(key).count + 1
    this.#keep(key, { count, waitsUntil: this.#clock() + waitAfter(count) })
    try {
      const isRight = await check()
      if (isRight) this.#keep(key, none)
      return isRight
    } catch (error) {
      this.#withdraw(key)
      throw error
    }
  }

  #withdraw(key: string): void {
    const { count, waitsUntil } = this.#find(key)
    if (count === 0) return
    this.#keep(key, { count: count - 1, waitsUntil: Math.min(waitsUntil, this.#clock() + waitAfter(count - 1)) })
  }

  #find(key: string): Failures {
    return this.#withWait.get(key) ?? this.#withoutWait.get(key) ?? none
  }

  #keep(key: string, failures: Failures): void {
    this.#withWait.delete(key)
    this.#withoutWait.delete(key)
    if (failures.count > free) this.#withWait.set(key, failures)
    else if (failures.count > 0) this.#withoutWait.set(key, failures)
  }
}

const none: Failures = { count: 0, waitsUntil: 0 }

/** Hashed: a user name is as long as its sender likes. */
const keyOf = ({ account, source }: Guessed): string => sha256(`${account}\n${source}`)
