import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type MigrationLockOptions,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  sql,
} from 'kysely'
import type pg from 'pg'
import { Connection, type Run } from '../database.ts'
import { type CompiledStatement, statementOf } from '../prepared.ts'
import { cancelStatement } from './postgres-cancel.ts'
import { explain, isLost } from './postgres-errors.ts'
import type { BoundedPool } from './postgres-pool.ts'
import { isDirect } from './postgres-sessions.ts'

/** An act while its body runs. */
export interface OpenAct {
  open: boolean
  /** Of the first statement that failed. */
  failure: unknown
}

/**
 * What the body of an act is handed: all of its statements go to one client.
 *
 * @param timeout milliseconds until the answer to each
 */
export const actConnection = (client: pg.PoolClient, act: OpenAct, timeout: number): Connection =>
  connectionOver(new ClientDriver(client, act, timeout))

/** Milliseconds for the answer to a statement that was cancelled. */
const cancelGrace = 1_000

export interface PooledUse {
  /** Milliseconds until PostgreSQL is asked to cancel a statement, a second before its connection is closed; never where it is absent. */
  readonly timeout?: number
  /** Told how long a client was wanted and used, in seconds. */
  readonly took?: (seconds: number) => void
}

/** For what is read outside acts, and for migrations. */
export const pooledConnection = (pool: BoundedPool, use: PooledUse = {}): Connection => connectionOver(new PooledDriver(pool, use))

/** What is sent in this turn leaves in one write: each costs more than making the statement, as it wakes the database. */
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

/** Runs a statement on one connection. */
async function execute<R>(
  client: pg.ClientBase,
  { sql, looksUp, name }: CompiledStatement,
  values: readonly unknown[],
  timeout: number | undefined,
): Promise<QueryResult<R>> {
  // PostgreSQL's text holds no NUL, so nothing that has one can be found.
  if (looksUp && values.some((value) => typeof value === 'string' && value.includes('\0'))) return { rows: [], numAffectedRows: 0n }
  const { rows, rowCount, command } = await client.query(timed(sql, timeout, values, isDirect(client) ? name : undefined))
  const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE'
  return { rows, ...(changes && { numAffectedRows: BigInt(rowCount ?? 0) }) }
}

/** Kysely's way to a database, and the short one beside it. */
interface RunningDriver extends Driver {
  readonly run: Run
}

/** An act: all statements go to its client. */
class ClientDriver implements RunningDriver {
  readonly #client: pg.PoolClient
  readonly #act: OpenAct
  readonly #timeout: number
  readonly #connection = new KyselyConnection((statement, values) => this.run(statement, values))

  constructor(client: pg.PoolClient, act: OpenAct, timeout: number) {
    this.#client = client
    this.#act = act
    this.#timeout = timeout
  }

  async run<R>(statement: CompiledStatement, values: readonly unknown[]): Promise<QueryResult<R>> {
    if (!this.#act.open) throw new Error('a statement was run after its act had ended')
    sendTogether(this.#client)
    try {
      return await execute(this.#client, statement, values, this.#timeout)
    } catch (error) {
      this.#act.failure ??= error
      throw error
    }
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  async beginTransaction(): Promise<void> {
    throw new Error('an act is a transaction already')
  }
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** A client of the pool, while it is held. */
interface Held {
  readonly client: pg.PoolClient
  readonly began: number
  failed: boolean
}

/** Reads and migrations: a client for one statement, or for as long as Kysely wants one. */
class PooledDriver implements RunningDriver {
  readonly #pool: BoundedPool
  readonly #use: PooledUse
  readonly #held = new WeakMap<DatabaseConnection, Held>()

  constructor(pool: BoundedPool, use: PooledUse) {
    this.#pool = pool
    this.#use = use
  }

  async run<R>(statement: CompiledStatement, values: readonly unknown[]): Promise<QueryResult<R>> {
    const held = await this.#hold()
    try {
      return await this.#execute(held, statement, values)
    } finally {
      this.#release(held)
    }
  }

  async #hold(): Promise<Held> {
    const began = performance.now()
    return { client: await this.#pool.acquire(), failed: false, began }
  }

  async #execute<R>(held: Held, statement: CompiledStatement, values: readonly unknown[]): Promise<QueryResult<R>> {
    try {
      return await this.#executeInTime(held, statement, values)
    } catch (error) {
      held.failed ||= isLost(error)
      throw explain(error)
    }
  }

  /** A connection on which something was cancelled is not used again: the cancellation could come late, and meet what runs then. */
  async #executeInTime<R>(held: Held, statement: CompiledStatement, values: readonly unknown[]): Promise<QueryResult<R>> {
    const { timeout } = this.#use
    if (timeout === undefined) return execute(held.client, statement, values, undefined)
    const cancel = setTimeout(() => {
      held.failed = true
      cancelStatement(held.client)
    }, timeout)
    try {
      return await execute(held.client, statement, values, timeout + cancelGrace)
    } finally {
      clearTimeout(cancel)
    }
  }

  #release(held: Held): void {
    this.#pool.release(held.client, held.failed)
    this.#use.took?.((performance.now() - held.began) / 1000)
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    const held = await this.#hold()
    const connection = new KyselyConnection((statement, values) => this.#execute(held, statement, values))
    this.#held.set(connection, held)
    return connection
  }
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#held.get(connection)?.client.query('BEGIN')
  }
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#held.get(connection)?.client.query('COMMIT')
  }
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#held.get(connection)?.client.query('ROLLBACK')
  }
  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    const held = this.#held.get(connection)
    if (held) this.#release(held)
  }
  async destroy(): Promise<void> {}
}

class KyselyConnection implements DatabaseConnection {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#run(statementOf(query), query.parameters)
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it; nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not offered')
  }
}

/**
 * Milliseconds that a migration waits for a lock on a table: other sessions that need the table wait behind it meanwhile. More than
 * `deadlock_timeout` (1 s), after which PostgreSQL ends an autovacuum that is in the way.
 */
const migrationLockWait = 2_000

/** Migrations of two processes take turns by a row lock, as an advisory lock is not to be had everywhere. */
class RowLockAdapter extends PostgresAdapter {
  /** Text that is compared and ordered byte by byte, as on every other database of ours. */
  readonly exactText = 'text collate "C"'

  /** Opens the transaction that the migrations then run in (a second BEGIN changes nothing), so that the lock lasts as long as they do. */
  override async acquireMigrationLock(db: Kysely<unknown>, { lockTable }: MigrationLockOptions): Promise<void> {
    await sql`begin`.execute(db)
    await sql`select id from ${sql.table(lockTable)} for update`.execute(db)
    await sql`set local lock_timeout = ${sql.lit(migrationLockWait)}`.execute(db)
  }

  /** Where all went well nothing is open any more, and this changes nothing. */
  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    await sql`rollback`.execute(db)
  }
}

const adapter = new RowLockAdapter()
const compiler = new PostgresQueryCompiler()

function connectionOver(driver: RunningDriver): Connection {
  const dialect: Dialect = {
    createAdapter: () => adapter,
    createDriver: () => driver,
    createQueryCompiler: () => compiler,
    createIntrospector: (db) => new PostgresIntrospector(db),
  }
  return new Connection(dialect, (statement, values) => driver.run(statement, values))
}
