import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { OutcomeUnknown, Unavailable } from '../../lib/unavailable.ts'
import type { Connection } from '../connection.ts'
import { actConnection, type OpenAct } from './postgres-connection.ts'
import { explain, isAftermath, isLost, isRefusedCommit, isWorthAnotherTry } from './postgres-errors.ts'
import type { BoundedPool } from './postgres-pool.ts'
import { sendTogether, timed } from './postgres-statements.ts'

export interface ActOptions {
  /** The level of every act; the database's own default where absent. Tests run the contract at both. */
  readonly isolation?: 'READ COMMITTED' | 'SERIALIZABLE'
  /** Milliseconds for one statement of an act, as PostgreSQL counts them. */
  readonly statementTimeout?: number
  /** Milliseconds until the answer to each, as we count them: longer, so that PostgreSQL's own word comes first. */
  readonly answerTimeout?: number
  /** Milliseconds that PostgreSQL waits for the next statement of an act before it takes the locks back. */
  readonly idleTimeout?: number
  /** Milliseconds after which an act does not begin again, however many tries are left. */
  readonly patience?: number
  /** Called once for each act whose COMMIT was sent and never answered. */
  readonly onOutcomeUnknown?: () => void
}

/** How often an act that lost a race, or its connection, runs again; and how long it waits before that at most. Milliseconds. */
const attempts = 50
const longestPause = 50

type Body<T> = (db: Connection, afterCommit: (effect: () => void) => void) => Promise<T>

/** Runs acts, each in a transaction of its own, and again if the database rolled it back because of a conflict. */
export class ActRunner {
  readonly #pool: BoundedPool
  readonly #begin: string
  readonly #answerTimeout: number
  readonly #patience: number
  readonly #onOutcomeUnknown: () => void

  constructor(pool: BoundedPool, options: ActOptions) {
    const { isolation, statementTimeout = 5_000, answerTimeout = 7_000, idleTimeout = 5_000, patience = 10_000 } = options
    this.#pool = pool
    this.#answerTimeout = answerTimeout
    this.#patience = patience
    this.#onOutcomeUnknown = options.onOutcomeUnknown ?? (() => {})
    // For the transaction alone: behind a transaction-pooling proxy a session belongs to others, too.
    this.#begin = [
      `BEGIN${isolation ? ` ISOLATION LEVEL ${isolation}` : ''}`,
      `SET LOCAL statement_timeout = ${statementTimeout}`,
      `SET LOCAL idle_in_transaction_session_timeout = ${idleTimeout}`,
    ].join('; ')
  }

  async run<T>(body: Body<T>): Promise<T> {
    const lastStart = performance.now() + this.#patience
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(body)
      } catch (error) {
        if (!(error instanceof RunAgain)) throw error
        if (attempt === attempts || performance.now() > lastStart) throw givenUp(error.cause)
        // Acts that conflicted should not conflict again: each waits for a random time, which grows with each try.
        await delay(randomInt(Math.min(2 ** attempt, longestPause)))
      }
    }
  }

  async #once<T>(body: Body<T>): Promise<T> {
    const client = await this.#pool.acquire()
    const act: OpenAct = { open: true, failure: undefined }
    const effects: (() => void)[] = []
    let value: T
    try {
      sendTogether(client)
      // Not awaited: it leaves with the body's first statements. If it fails, so do they.
      client.query(timed(this.#begin, this.#answerTimeout)).catch(() => {})
      value = await body(actConnection(client, act, this.#answerTimeout), (effect) => effects.push(effect))
      act.open = false
    } catch (error) {
      act.open = false
      await this.#undo(client)
      const reason = isAftermath(error) ? act.failure : error
      throw isWorthAnotherTry(reason) ? new RunAgain(reason) : explain(reason)
    }
    await this.#commit(client)
    for (const effect of effects) runEffect(effect)
    return value
  }

  /** Gives the connection back clean, or breaks it. */
  async #undo(client: pg.PoolClient): Promise<void> {
    const isClean = await client.query(timed('ROLLBACK', this.#answerTimeout)).then(
      () => true,
      () => false,
    )
    this.#pool.release(client, !isClean)
  }

  /** From here on the act may be committed even without an answer: it is only run again if the database reports that it was rolled back. */
  async #commit(client: pg.PoolClient): Promise<void> {
    let command: string
    try {
      command = (await client.query(timed('COMMIT', this.#answerTimeout))).command
    } catch (error) {
      this.#pool.release(client, isLost(error))
      if (isRefusedCommit(error)) throw new RunAgain(error)
      if (!isLost(error)) throw error
      this.#onOutcomeUnknown()
      throw new OutcomeUnknown('the connection to the database broke while it was confirming', { cause: error })
    }
    this.#pool.release(client)
    // PostgreSQL answers COMMIT with ROLLBACK where a statement failed and the body caught the error.
    if (command !== 'COMMIT') throw new Error('a statement of the act failed, and its body did not say so')
  }
}

const givenUp = (cause: unknown): Unavailable =>
  isLost(cause)
    ? new Unavailable('the database cannot be reached', 5, { cause })
    : new Unavailable('the database is too busy', 1, { cause })

class RunAgain extends Error {
  constructor(cause: unknown) {
    super('the act is to run again', { cause })
  }
}

function runEffect(effect: () => void): void {
  try {
    effect()
  } catch (error) {
    process.emitWarning(error as Error)
  }
}
