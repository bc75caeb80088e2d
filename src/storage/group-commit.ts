import { performance } from 'node:perf_hooks'
import { Unavailable } from '../lib/unavailable.ts'

/** What the batches need of the one connection that writes. All calls are synchronous: a batch takes place within one turn of the event loop. */
export interface BatchWriter<Statements> {
  readonly statements: Statements
  /** @param isLockedSinceLong it waited for a lock at its last try, and must not wait again: that blocks the event loop */
  begin(isLockedSinceLong: boolean): void
  commit(): void
  rollback(): void
  savepoint(): void
  release(): void
  rollbackToSavepoint(): void
  /** Whether the transaction that `begin` opened is still there: some errors end it. */
  isOpen(): boolean
  /** Whether `begin` failed because another process holds the lock. */
  isLocked(error: unknown): boolean
  /** Turns the database's passing troubles into `Unavailable`; leaves every other error as it is. */
  explain(error: unknown): unknown
}

/** How many acts one commit carries at most, and how many may wait before the next is refused. */
const batchLimit = 256
const waitingLimit = 8_192

/** How long an act waits for another process's lock, and the pause between two tries. Milliseconds. */
const defaultLockTimeout = 5_000
const lockPause = 50

/**
 * An act's end of its connection: closed when the act is over, so that a stray statement cannot land in another act, and when its
 * transaction is gone, so that what a body does after an error that it caught is not committed by itself.
 */
export class Act {
  readonly #isInTransaction: () => boolean
  #over = false
  readonly effects: (() => void)[] = []

  constructor(isInTransaction: () => boolean) {
    this.#isInTransaction = isInTransaction
  }

  get open(): boolean {
    return !this.#over && this.#isInTransaction()
  }

  end(): void {
    this.#over = true
  }

  readonly afterCommit = (effect: () => void): void => {
    this.effects.push(effect)
  }
}

interface Waiting {
  /** `performance.now()` when it came. */
  readonly since: number
  run(act: Act): Promise<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** An act whose body has run. Its promise settles after the commit also if it was refused, as a refusal may depend on rows of the batch. */
interface Done extends Waiting {
  settle(): void
}

/**
 * One writer, first in first out. The acts that arrive in one turn of the event loop share one COMMIT, and so one sync of the
 * disk; each runs in a savepoint of its own, one after the other, so that a refused act takes nothing of its neighbours with it.
 * While another process holds the lock, the acts wait in the queue, in their order, and the event loop goes on.
 */
export class GroupCommit<Statements> {
  readonly statements: Statements
  readonly #writer: BatchWriter<Statements>
  readonly #committed: (acts: number) => void
  readonly #lockTimeout: number
  #waiting: Waiting[] = []
  #scheduled = false
  /** `performance.now()` when the lock was found first, until it is released. */
  #lockedSince: number | undefined
  #closed = false
  #tripGuard: (() => void) | undefined
  #whenIdle: (() => void)[] = []

  /** @param options `committed` is called with the number of acts of each commit; `lockTimeout`: milliseconds */
  constructor(
    writer: BatchWriter<Statements>,
    options: { readonly committed?: (acts: number) => void; readonly lockTimeout?: number | undefined } = {},
  ) {
    this.#writer = writer
    this.#committed = options.committed ?? (() => {})
    this.#lockTimeout = options.lockTimeout ?? defaultLockTimeout
    this.statements = writer.statements
  }

  add<T>(run: (act: Act) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Unavailable('the database is closed'))
    if (this.#waiting.length >= waitingLimit) return Promise.reject(new Unavailable('too many acts are waiting for the database'))
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, resolve: resolve as (value: unknown) => void, reject, since: performance.now() })
      this.#schedule()
    })
  }

  /** Takes no more acts; resolves when none is waiting or running. */
  close(): Promise<void> {
    this.#closed = true
    return this.#scheduled ? new Promise((resolve) => this.#whenIdle.push(resolve)) : Promise.resolve()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // After the poll phase: everything that arrived on the sockets in this turn is in the queue by then.
    setImmediate(() => void this.#batch())
  }

  async #batch(): Promise<void> {
    if (!this.#begin()) return
    const done: Done[] = []
    const guard = setImmediate(() => this.#tripGuard?.())
    try {
      await this.#runActs(done)
      this.#writer.commit()
      this.#committed(done.length)
      for (const act of done) act.settle()
    } catch (error) {
      this.#abandon(done, error)
    } finally {
      clearImmediate(guard)
      this.#goOn()
    }
  }

  /** Whether a transaction was opened. If not, acts were refused, or the batch is tried again. */
  #begin(): boolean {
    try {
      this.#rollBack()
      this.#writer.begin(this.#lockedSince !== undefined)
      this.#lockedSince = undefined
      return true
    } catch (error) {
      if (this.#writer.isLocked(error)) this.#waitForLock(error)
      else {
        this.#abandon(this.#waiting.splice(0, batchLimit), error)
        this.#goOn()
      }
      return false
    }
  }

  /** Refuses the acts that have waited for long enough; once the database closes, all of them. */
  #waitForLock(error: unknown): void {
    const now = performance.now()
    const lockedSince = this.#lockedSince ?? now
    this.#lockedSince = lockedSince
    const isInTime = ({ since }: Waiting) => !this.#closed && Math.max(since, lockedSince) + this.#lockTimeout > now
    const first = this.#waiting.findIndex(isInTime)
    const overdue = this.#waiting.splice(0, first === -1 ? this.#waiting.length : first)
    if (overdue.length > 0) this.#abandon(overdue, error)
    if (this.#waiting.length > 0) setTimeout(() => void this.#batch(), lockPause)
    else this.#goOn()
  }

  #goOn(): void {
    this.#scheduled = false
    if (this.#waiting.length > 0) this.#schedule()
    else for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  async #runActs(done: Done[]): Promise<void> {
    const batch = this.#waiting
    let next = 0
    let turned = false
    try {
      while (next < batch.length && next < batchLimit && !turned) {
        const waiting = batch[next++] as Waiting
        const act = new Act(() => this.#writer.isOpen())
        try {
          this.#writer.savepoint()
          const value = await this.#guarded(waiting.run(act))
          this.#writer.release()
          done.push({ ...waiting, settle: () => accept(waiting, act, value) })
        } catch (error) {
          turned = error instanceof LoopTurned
          const reason = this.#writer.explain(error)
          done.push({ ...waiting, settle: () => waiting.reject(reason) })
          if (!this.#writer.isOpen()) throw error
          this.#writer.rollbackToSavepoint()
          this.#writer.release()
        } finally {
          act.end()
        }
      }
    } finally {
      this.#waiting = batch.slice(next)
    }
  }

  /** Settles as `body` does, or fails if the event loop turned before it had: a body that hangs must not hold the writer. */
  async #guarded<T>(body: Promise<T>): Promise<T> {
    const turn = performance.nodeTiming.uvMetricsInfo.loopCount
    try {
      const value = await new Promise<T>((resolve, reject) => {
        this.#tripGuard = () => reject(new LoopTurned())
        body.then(resolve, reject)
      })
      if (performance.nodeTiming.uvMetricsInfo.loopCount !== turn) throw new LoopTurned()
      return value
    } finally {
      this.#tripGuard = undefined
    }
  }

  /** Nothing of these acts was committed: each is refused with an error that says whether a retry may help. */
  #abandon(acts: Waiting[], error: unknown): void {
    const reason = this.#writer.explain(error)
    for (const act of acts) act.reject(reason)
    try {
      this.#rollBack()
    } catch (failure) {
      // The next batch tries it again before it begins.
      this.#writer.explain(failure)
    }
  }

  #rollBack(): void {
    if (this.#writer.isOpen()) this.#writer.rollback()
  }
}

class LoopTurned extends Error {
  constructor() {
    super('the body of an act awaited something that is not its transaction; a body must not wait for another turn of the event loop')
  }
}

function accept({ resolve }: Waiting, { effects }: Act, value: unknown): void {
  for (const effect of effects) {
    try {
      effect()
    } catch (error) {
      process.emitWarning(error as Error)
    }
  }
  resolve(value)
}
