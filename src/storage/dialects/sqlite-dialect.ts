import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  DummyDriver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { type Queries, statementOf } from '../connection.ts'
import type { Schema } from '../schema.ts'
import { explain } from './sqlite-errors.ts'
import { runStatement, type StatementCache } from './sqlite-statements.ts'

/** SQLite's DDL is transactional, whatever Kysely's own adapter says: a migration that fails half-way leaves nothing behind. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

const kyselyWith = <Tables>(driver: Driver): Kysely<Tables> =>
  new Kysely({
    dialect: {
      createAdapter: () => new TransactionalAdapter(),
      createDriver: () => driver,
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (db) => new SqliteIntrospector(db),
    },
  })

/** Builds and compiles statements for SQLite. */
export const sqliteQueries: Queries = kyselyWith<Schema>(new DummyDriver())

/** A Kysely that runs statements by itself, for migrations. */
export const sqliteMigrations = (statements: StatementCache): Kysely<unknown> => kyselyWith(new SqliteDriver(statements))

class SqliteDriver extends DummyDriver {
  readonly #connection: DatabaseConnection

  constructor(statements: StatementCache) {
    super()
    this.#connection = new MigrationConnection(statements)
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  override async beginTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'))
  }
  override async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('COMMIT'))
  }
  override async rollbackTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('ROLLBACK'))
  }
}

class MigrationConnection implements DatabaseConnection {
  readonly #statements: StatementCache

  constructor(statements: StatementCache) {
    this.#statements = statements
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { rows, changes } = runStatement<Row>(this.#statements, statementOf(query), query.parameters)
      return { rows, numAffectedRows: BigInt(changes) }
    } catch (error) {
      throw explain(error)
    }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it; nothing streams.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is not offered')
  }
}
