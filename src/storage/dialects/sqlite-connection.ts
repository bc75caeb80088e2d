import { Connection, type Statement } from '../connection.ts'
import { sqliteQueries } from './sqlite-dialect.ts'
import { explain } from './sqlite-errors.ts'
import { runStatement, type StatementCache } from './sqlite-statements.ts'

/** How one of our connections to the database is used. */
export interface ConnectionUse {
  /** The act whose statements these are; absent outside acts. */
  readonly act?: { readonly open: boolean }
  /** Told how long each query took, in seconds. */
  readonly took?: (seconds: number) => void
  /** The error for the caller in place of SQLite's. */
  readonly explain?: (error: unknown) => unknown
}

export function sqliteConnection(statements: StatementCache, use: ConnectionUse = {}): Connection {
  const { act, took, explain: explained = explain } = use
  return new Connection(sqliteQueries, async <Row>(statement: Statement, values: readonly unknown[]) => {
    if (act && !act.open) throw new Error('a statement was run after its act had ended, or after its transaction was lost')
    const began = took ? performance.now() : 0
    try {
      return runStatement<Row>(statements, statement, values)
    } catch (error) {
      throw explained(error)
    } finally {
      took?.((performance.now() - began) / 1000)
    }
  })
}
