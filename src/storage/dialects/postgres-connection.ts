import type pg from 'pg'
import { Connection, type Result, type Statement } from '../connection.ts'
import { cancelStatement } from './postgres-cancel.ts'
import { postgresQueries } from './postgres-dialect.ts'
import { explain, isLost } from './postgres-errors.ts'
import type { BoundedPool } from './postgres-pool.ts'
import { runStatement, sendTogether } from './postgres-statements.ts'

/** An act while its body runs. */
export interface OpenAct {
  open: boolean
  /** Of the first statement that failed. */
  failure: unknown
}

/**
 * The connection for the body of an act: all of its statements are sent to one client.
 *
 * @param timeout milliseconds until the answer to each
 */
export const actConnection = (client: pg.PoolClient, act: OpenAct, timeout: number): Connection =>
  new Connection(postgresQueries, async <Row>(statement: Statement, values: readonly unknown[]) => {
    if (!act.open) throw new Error('a statement was run after its act had ended')
    sendTogether(client)
    try {
      return await runStatement<Row>(client, statement, values, timeout)
    } catch (error) {
      act.failure ??= error
      throw error
    }
  })

/** Milliseconds for the answer to a statement that was cancelled. */
const cancelGrace = 1_000

export interface PooledUse {
  /** Milliseconds until PostgreSQL is asked to cancel a statement, a second before its connection is closed. */
  readonly timeout: number
  /** Told how long a client was wanted and used, in seconds. */
  readonly took: (seconds: number) => void
}

/** For what is read outside acts: a client of the pool for each statement. */
export const pooledConnection = (pool: BoundedPool, { timeout, took }: PooledUse): Connection =>
  new Connection(postgresQueries, async <Row>(statement: Statement, values: readonly unknown[]) => {
    const began = performance.now()
    const held = { client: await pool.acquire(), failed: false }
    try {
      return await runInTime<Row>(held, statement, values, timeout)
    } catch (error) {
      held.failed ||= isLost(error)
      throw explain(error)
    } finally {
      pool.release(held.client, held.failed)
      took((performance.now() - began) / 1000)
    }
  })

/** A connection on which something was cancelled is not used again: the cancellation could come late, and meet what runs then. */
async function runInTime<Row>(
  held: { readonly client: pg.PoolClient; failed: boolean },
  statement: Statement,
  values: readonly unknown[],
  timeout: number,
): Promise<Result<Row>> {
  const cancel = setTimeout(() => {
    held.failed = true
    cancelStatement(held.client)
  }, timeout)
  try {
    return await runStatement(held.client, statement, values, timeout + cancelGrace)
  } finally {
    clearTimeout(cancel)
  }
}
