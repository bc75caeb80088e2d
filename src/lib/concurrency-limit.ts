import { Unavailable } from './unavailable.ts'

export interface ConcurrencyOptions {
  /** The limited work in the plural, for the error: `name look-ups`. */
  readonly what: string
  /** How much work runs at the same time. */
  readonly running: number
  /** How much work waits at most. */
  readonly waiting: number
  /** How long work waits at most, in milliseconds. */
  readonly maxWait: number
}

/** Limits how much work runs at the same time. Further work waits in order of arrival, within a limit of number and time. */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyOptions
  #running = 0
  /** In order of arrival. */
  readonly #queue = new Set<() => void>()

  constructor(options: ConcurrencyOptions) {
    this.#options = options
  }

  /** @throws Unavailable if too much work waits already, or if the work cannot begin in time */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.running) this.#running++
    else await this.#wait()
    try {
      return await work()
    } finally {
      this.#release()
    }
  }

  /** The slot passes to the work that waited longest, so that new work cannot take it. */
  #release(): void {
    const [next] = this.#queue
    if (next) next()
    else this.#running--
  }

  #wait(): Promise<void> {
    const { waiting, maxWait } = this.#options
    if (this.#queue.size >= waiting) throw this.#tooMany()
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer)
        this.#queue.delete(begin)
        resolve()
      }
      const giveUp = () => {
        this.#queue.delete(begin)
        reject(this.#tooMany())
      }
      const timer = setTimeout(giveUp, maxWait).unref()
      this.#queue.add(begin)
    })
  }

  #tooMany = () => new Unavailable(`too many ${this.#options.what} are under way`, 2)
}
