interface WriteHealthDeps {
  /** Writes, and settles when that is committed or has failed. */
  readonly probe: () => Promise<unknown>
  /** Told when the answer changes: why the database cannot be written, or undefined where it can be again. */
  readonly changed: (problem: string | undefined) => void
  /** Milliseconds from a failure to the next probe. */
  readonly every?: number
}

/** Whether the last write of a database succeeded. After one that failed, one probe a second writes until it succeeds. */
export class WriteHealth {
  readonly #deps: WriteHealthDeps
  #failures = 0
  #isWritable = true
  #isClosed = false
  #timer: NodeJS.Timeout | undefined

  constructor(deps: WriteHealthDeps) {
    this.#deps = deps
  }

  get isWritable(): boolean {
    return this.#isWritable
  }

  failed(reason: Error): void {
    this.#failures++
    if (this.#isWritable) this.#deps.changed(reason.message)
    this.#isWritable = false
    this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#isClosed) return
    this.#timer ??= setTimeout(() => void this.#probe(), this.#deps.every ?? 1_000).unref()
  }

  async #probe(): Promise<void> {
    const before = this.#failures
    const isDone = await this.#deps.probe().then(
      () => true,
      () => false,
    )
    this.#timer = undefined
    // Where an act failed meanwhile, that was the last write.
    if (!isDone || this.#failures !== before) return this.#schedule()
    this.#isWritable = true
    this.#deps.changed(undefined)
  }
}
