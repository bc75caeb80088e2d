import { write, writeSync } from 'node:fs'

/**
 * Lines leave together: when there are so many bytes of them, and none waits longer than the period (milliseconds). What the reader has
 * not taken is held, up to the limit (bytes).
 */
const enough = 8 * 1024
const period = 100
const limit = 8 * 1024 * 1024

/** Milliseconds until a reader that had no room is tried again. */
const patience = 20

/**
 * Writes lines to a file descriptor by a thread of Node's pool, so that nobody waits for the reader. All that is held leaves in one
 * write: a busy server makes more lines in a turn of its loop than a write of fixed size would carry. A line is lost where the limit is
 * reached or the write fails, and never stops the process; the next one is tried again.
 */
export class BackgroundOutput {
  readonly #fd: number
  readonly #lost: (lines: number) => void
  #lines: string[] = []
  #length = 0
  #isWriting = false
  #timer: NodeJS.Timeout | undefined
  #flushed: (() => void)[] = []

  /** @param lost is told how many lines went */
  constructor(fd: number, lost: (lines: number) => void) {
    this.#fd = fd
    this.#lost = lost
    process.once('exit', () => this.#writeRest())
  }

  write(line: string): void {
    if (this.#length + line.length > limit) return void this.#lost(1)
    this.#lines.push(line)
    this.#length += line.length
    this.#schedule()
  }

  /** Resolves when all that is held is written or lost; never where the reader stands still. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushed.push(resolve)
      this.#schedule()
    })
  }

  /** Now, where there is enough or somebody waits for the end of it; or else when the period is over. */
  #schedule(): void {
    if (this.#length >= enough || this.#flushed.length > 0) this.#pass()
    else if (this.#length > 0) this.#timer ??= setTimeout(() => this.#pass(), period).unref()
  }

  #pass(): void {
    if (this.#isWriting) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#lines.length === 0) {
      for (const resolve of this.#flushed.splice(0)) resolve()
      return
    }
    const { length } = this.#lines
    const bytes = this.#take()
    this.#isWriting = true
    this.#send(bytes, (isWritten) => {
      this.#isWriting = false
      if (!isWritten) this.#lost(length)
      this.#schedule()
    })
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#lines.join(''))
    this.#lines = []
    this.#length = 0
    return bytes
  }

  #send(bytes: Buffer, done: (isWritten: boolean) => void): void {
    write(this.#fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(() => this.#send(bytes, done), patience)
      if (error) return done(false)
      if (written === bytes.length) return done(true)
      this.#send(bytes.subarray(written), done)
    })
  }

  /** The process ends: nothing can be waited for, and nobody is left to be told. */
  #writeRest(): void {
    if (this.#isWriting || this.#lines.length === 0) return
    try {
      writeSync(this.#fd, this.#take())
    } catch {}
  }
}
