import { write, writeSync } from 'node:fs'

/**
 * Lines are buffered, and written when the buffer has `flushSize` bytes, or after `period` milliseconds. While the reader of the log is
 * slow, the buffer grows up to `limit` bytes.
 */
const flushSize = 8 * 1024
const period = 100
const limit = 8 * 1024 * 1024

/** Milliseconds until a write to a full pipe is tried again. */
const retryDelay = 20

/**
 * Writes lines to a file descriptor in a thread of Node's pool, so that requests do not wait for the reader of the log. The whole buffer
 * is one write, because a busy server produces more lines in one iteration of the event loop than a write of fixed size would take. Lines
 * are lost if the limit is reached or a write fails; the process continues, and later lines are written again.
 */
export class BackgroundOutput {
  readonly #fd: number
  readonly #lost: (lines: number) => void
  #lines: string[] = []
  #length = 0
  #isWriting = false
  #timer: NodeJS.Timeout | undefined
  #flushed: (() => void)[] = []

  /** @param lost is called with the number of lost lines */
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

  /** Resolves when the buffer is written or lost; never, if the reader of a full pipe reads nothing. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushed.push(resolve)
      this.#schedule()
    })
  }

  /** Writes now, if the buffer is large enough or `flush` was called, else after the period. */
  #schedule(): void {
    if (this.#length >= flushSize || this.#flushed.length > 0) this.#writeBuffer()
    else if (this.#length > 0) this.#timer ??= setTimeout(() => this.#writeBuffer(), period).unref()
  }

  #writeBuffer(): void {
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
      if (error?.code === 'EAGAIN') return void setTimeout(() => this.#send(bytes, done), retryDelay)
      if (error) return done(false)
      if (written === bytes.length) return done(true)
      this.#send(bytes.subarray(written), done)
    })
  }

  /** At the exit of the process only a synchronous write is possible, and a failure can no longer be reported. */
  #writeRest(): void {
    if (this.#isWriting || this.#lines.length === 0) return
    try {
      writeSync(this.#fd, this.#take())
    } catch {}
  }
}
