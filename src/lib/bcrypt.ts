import { parentPort, Worker, workerData } from 'node:worker_threads'

interface Question {
  readonly number: number
  readonly text: string
  readonly hash: string
}

interface Waiting {
  resolve(matches: boolean): void
  reject(error: unknown): void
}

const role = 'clientele/bcrypt'

/**
 * Checks bcrypt hashes in a thread of its own, which is started when it is first needed. In JavaScript a check takes a tenth of a second,
 * which would block the event loop.
 */
export class Bcrypt implements AsyncDisposable {
  #worker: Worker | undefined
  #asked = 0
  readonly #waiting = new Map<number, Waiting>()

  matches(text: string, hash: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const question: Question = { number: this.#asked++, text, hash }
      this.#waiting.set(question.number, { resolve, reject })
      this.#worker ??= this.#start()
      this.#worker.ref()
      this.#worker.postMessage(question)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL(import.meta.url), { workerData: role, execArgv: [] })
    worker.on('message', ({ number, matches }: { number: number; matches: boolean }) => {
      this.#waiting.get(number)?.resolve(matches)
      this.#waiting.delete(number)
      if (this.#waiting.size === 0) worker.unref()
    })
    worker.on('error', (error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('the thread that checks bcrypt hashes ended')))
    return worker
  }

  #fail(error: unknown): void {
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** In the thread this file is the entry point. */
if (parentPort && workerData === role) {
  const port = parentPort
  const { compareSync } = await import('bcryptjs')
  port.on('message', ({ number, text, hash }: Question) => port.postMessage({ number, matches: compareSync(text, hash) }))
}
