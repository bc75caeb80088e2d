import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { Connection } from '../database.ts'
import { type CompiledStatement, statementOf } from '../prepared.ts'
import { explain } from './sqlite-errors.ts'

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** Prepared statements by their text. The texts come from our own code, so they are few; the bound is a safeguard. */
export class StatementCache {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known) return known
    if (this.#prepared.size === 500) this.#prepared.clear()
    const statement = this.#database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

/** How one of our connections to the database is used. */
export interface ConnectionUse {
  /** The act whose statements these are; absent outside acts. */
  readonly act?: { readonly open: boolean }
  /** Told how long each query took, in seconds. */
  readonly took?: (seconds: number) => void
  /** What a caller is told in place of an error of SQLite's. */
  readonly explain?: (error: unknown) => unknown
}

export class SqliteConnection implements DatabaseConnection {
  readonly #statements: StatementCache
  readonly #act: ConnectionUse['act']
  readonly #took: ConnectionUse['took']
  readonly #explain: (error: unknown) => unknown

  constructor(statements: StatementCache, use: ConnectionUse = {}) {
    this.#statements = statements
    this.#act = use.act
    this.#took = use.took
    this.#explain = use.explain ?? explain
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.run(statementOf(query), query.parameters)
  }

  async run<R>({ sql, findsOne }: CompiledStatement, values: readonly unknown[]): Promise<QueryResult<R>> {
    if (this.#act && !this.#act.open) throw new Error('a statement was run after its act had ended, or after its transaction was gone')
    const began = this.#took ? performance.now() : 0
    try {
      const { statement, returnsRows } = this.#statements.get(sql)
      const parameters = values as SQLInputValue[]
      if (returnsRows) {
        const rows = findsOne ? asRows(statement.get(...parameters)) : statement.all(...parameters)
        return { rows: rows as R[] }
      }
      const { changes } = statement.run(...parameters)
      return { rows: [], numAffectedRows: BigInt(changes) }
    } catch (error) {
      throw this.#explain(error)
    } finally {
      this.#took?.((performance.now() - began) / 1000)
    }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it; node:sqlite has no streams and nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not offered')
  }
}

const asRows = (row: unknown): unknown[] => (row === undefined ? [] : [row])

/** SQLite's DDL is transactional, whatever Kysely's own adapter says: a migration that fails half-way leaves nothing behind. */
class TransactionalAdapter extends SqliteAdapter {
  readonly exactText = 'text'

  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

export function connectionOver(connection: SqliteConnection): Connection {
  const dialect: Dialect = {
    createAdapter: () => adapter,
    createDriver: () => new SqliteDriver(connection),
    createQueryCompiler: () => compiler,
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
  return new Connection(dialect, (statement, values) => connection.run(statement, values))
}

const adapter = new TransactionalAdapter()
const compiler = new SqliteQueryCompiler()

class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  async beginTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'))
  }
  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('COMMIT'))
  }
  async rollbackTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('ROLLBACK'))
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
