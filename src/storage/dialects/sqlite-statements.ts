import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Result, Statement } from '../connection.ts'

interface PreparedStatement {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** Prepared statements by their text. The texts come from our own code, so they are few; the bound is a safeguard. */
export class StatementCache {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, PreparedStatement>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get(sql: string): PreparedStatement {
    const known = this.#prepared.get(sql)
    if (known) return known
    if (this.#prepared.size === 500) this.#prepared.clear()
    const statement = this.#database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

export function runStatement<Row>(statements: StatementCache, { sql, findsOne }: Statement, values: readonly unknown[]): Result<Row> {
  const { statement, returnsRows } = statements.get(sql)
  const parameters = values as SQLInputValue[]
  if (!returnsRows) return { rows: [], changes: statement.run(...parameters).changes as number }
  const rows = findsOne ? asRows(statement.get(...parameters)) : statement.all(...parameters)
  return { rows: rows as Row[], changes: rows.length }
}

const asRows = (row: unknown): unknown[] => (row === undefined ? [] : [row])
