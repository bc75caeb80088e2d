import type pg from 'pg'
import type { Result, Statement } from '../connection.ts'
import { isDirect } from './postgres-sessions.ts'

/** Everything that is sent in this turn of the event loop is one write: a write wakes the database, and costs more than building a statement. */
export function sendTogether(client: pg.PoolClient): void {
  const { stream } = (client as unknown as pg.Client).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

/**
 * A statement for the driver. Where it is not answered in time, the driver closes the connection: nothing on it can be relied on any more.
 *
 * @param timeout milliseconds until its answer; without end where it is undefined
 * @param name under which the connection keeps its plan
 */
export const timed = (text: string, timeout: number | undefined, values?: readonly unknown[], name?: string): pg.QueryConfig =>
  ({ name, text, values, query_timeout: timeout }) as unknown as pg.QueryConfig

/**
 * Runs a statement on one connection.
 *
 * @param timeout milliseconds until its answer; without end where it is undefined
 */
export async function runStatement<Row>(
  client: pg.ClientBase,
  { sql, looksUp, name }: Statement,
  values: readonly unknown[],
  timeout?: number,
): Promise<Result<Row>> {
  // PostgreSQL's text holds no NUL, so nothing that has one can be found.
  if (looksUp && values.some((value) => typeof value === 'string' && value.includes('\0'))) return { rows: [], changes: 0 }
  const { rows, rowCount } = await client.query(timed(sql, timeout, values, isDirect(client) ? name : undefined))
  return { rows, changes: rowCount ?? 0 }
}
