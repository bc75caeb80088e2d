import { Unavailable } from './unavailable.ts'

export interface PlaceLimits {
  /** What takes the places, in the plural, for the error: `name look-ups`. */
  readonly what: string
  readonly atOnce: number
  /** How many wait for a place at most. */
  readonly waiting: number
  /** How long one waits at most, in milliseconds. */
  readonly patience: number
}

/**
 * Runs a bounded number of pieces of work at the same time. The others wait in order of arrival: a bounded number of them, each for a
 * bounded time.
 */
export class Places {
  readonly #limits: PlaceLimits
  #taken = 0
  /** In order of arrival. */
  readonly #queue = new Set<() => void>()

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** @throws Unavailable where too many wait already, or where no place becomes free in time */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#limits.atOnce) this.#taken++
    else await this.#turn()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  /** A place goes straight to the one that waited longest, so that a newcomer cannot take it. */
  #leave(): void {
    const [next] = this.#queue
    if (next) next()
    else this.#taken--
  }

  #turn(): Promise<void> {
    const { waiting, patience } = this.#limits
    if (this.#queue.size >= waiting) throw this.#tooMany()
    return new Promise((resolve, reject) => {
      const admit = () => {
        clearTimeout(timer)
        this.#queue.delete(admit)
        resolve()
      }
      const giveUp = () => {
        this.#queue.delete(admit)
        reject(this.#tooMany())
      }
      const timer = setTimeout(giveUp, patience).unref()
      this.#queue.add(admit)
    })
  }

  #tooMany = () => new Unavailable(`too many ${this.#limits.what} are under way`, 2)
}
