import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  DummyDriver,
  Kysely,
  type MigrationLockOptions,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  sql,
} from 'kysely'
import type pg from 'pg'
import { type Queries, statementOf } from '../connection.ts'
import type { Schema } from '../schema.ts'
import { explain, isLost } from './postgres-errors.ts'
import type { BoundedPool } from './postgres-pool.ts'
import { runStatement } from './postgres-statements.ts'

/**
 * Milliseconds that a migration waits for a lock on a table: other sessions that need the table wait behind it meanwhile. More than
 * `deadlock_timeout` (1 s), after which PostgreSQL ends an autovacuum that is in the way.
 */
const migrationLockWait = 2_000

/** Migrations of two processes take turns by a row lock, as advisory locks are not available everywhere. */
class RowLockAdapter extends PostgresAdapter {
  /** Opens the transaction that the migrations then run in (a second BEGIN changes nothing), so that the lock lasts as long as they do. */
  override async acquireMigrationLock(db: Kysely<unknown>, { lockTable }: MigrationLockOptions): Promise<void> {
    await sql`begin`.execute(db)
    await sql`select id from ${sql.table(lockTable)} for update`.execute(db)
    await sql`set local lock_timeout = ${sql.lit(migrationLockWait)}`.execute(db)
  }

  /** After a success no transaction is open, and this changes nothing. */
  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    await sql`rollback`.execute(db)
  }
}

const kyselyWith = <Tables>(driver: Driver): Kysely<Tables> =>
  new Kysely({
    dialect: {
      createAdapter: () => new RowLockAdapter(),
      createDriver: () => driver,
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
    },
  })

/** Builds and compiles statements for PostgreSQL. */
export const postgresQueries: Queries = kyselyWith<Schema>(new DummyDriver())

/** A Kysely that runs statements by itself, without a limit of time, for migrations. */
export const postgresMigrations = (pool: BoundedPool): Kysely<unknown> => kyselyWith(new PostgresDriver(pool))

class PostgresDriver implements Driver {
  readonly #pool: BoundedPool

  constructor(pool: BoundedPool) {
    this.#pool = pool
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return new MigrationConnection(await this.#pool.acquire())
  }
  async beginTransaction(connection: MigrationConnection): Promise<void> {
    await connection.client.query('BEGIN')
  }
  async commitTransaction(connection: MigrationConnection): Promise<void> {
    await connection.client.query('COMMIT')
  }
  async rollbackTransaction(connection: MigrationConnection): Promise<void> {
    await connection.client.query('ROLLBACK')
  }
  async releaseConnection(connection: MigrationConnection): Promise<void> {
    this.#pool.release(connection.client, connection.isLost)
  }
  async destroy(): Promise<void> {}
}

class MigrationConnection implements DatabaseConnection {
  readonly client: pg.PoolClient
  isLost = false

  constructor(client: pg.PoolClient) {
    this.client = client
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { rows, changes } = await runStatement<Row>(this.client, statementOf(query), query.parameters)
      return { rows, numAffectedRows: BigInt(changes) }
    } catch (error) {
      this.isLost ||= isLost(error)
      throw explain(error)
    }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it; nothing streams.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is not offered')
  }
}
