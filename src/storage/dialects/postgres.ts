import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
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
import pg from 'pg'
import { OutcomeUnknown, Unavailable } from '../../lib/unavailable.ts'
import { Connection, type Database, type DatabaseWatch, type Run, timedAct, unwatched } from '../database.ts'
import { type CompiledStatement, looksUp } from '../prepared.ts'
import { TokenInserts } from './token-inserts.ts'

export interface PostgresOptions {
  /** How many connections at most. */
  readonly connections?: number
  /** How many acts and reads may wait for one; the next is refused. */
  readonly waiting?: number
  /** The level of every act; the database's own default where absent. Tests run the contract at both. */
  readonly isolation?: 'READ COMMITTED' | 'SERIALIZABLE'
  /** Milliseconds for one statement of an act. */
  readonly statementTimeout?: number
  /** Called once for each act whose COMMIT was sent and never answered. */
  readonly onOutcomeUnknown?: () => void
}

/** How many acts and reads, and how many access tokens, may wait unless it is said. */
const waitingLimit = 1_000

/** Milliseconds to get a connection. */
const connectionTimeout = 3_000

/** How often an act that lost a race, or its connection, runs again; and how long it waits before that at most. Milliseconds. */
const attempts = 50
const longestPause = 50

/**
 * Opens a PostgreSQL database (or an engine that speaks its protocol: nothing is used that a distributed one lacks). Statements have no
 * names, sessions no settings, so a transaction-pooling proxy may stand in between.
 */
export function openPostgres(url: string, options: PostgresOptions = {}): Database {
  const pool = new BoundedPool(url, options)
  const runs = new ActRunner(pool, options)
  const tokens = new TokenInserts((body) => runs.run(body), options.waiting ?? waitingLimit)
  let watch: DatabaseWatch = unwatched
  return {
    write: connectionOver(new PooledDriver(pool)),
    read: connectionOver(new PooledDriver(pool, (seconds) => watch.read(seconds))),
    transact: (body) => timedAct(watch, () => runs.run(body)),
    keepAccessToken: (row) => timedAct(watch, () => tokens.add(row)),
    watch(next) {
      watch = next
    },
    pool: () => pool.state(),
    ping: () => pool.ping(),
    async close() {
      await tokens.idle()
      await pool.close()
    },
  }
}

/** A pool that says no when too many wait, instead of letting them wait without end. */
class BoundedPool {
  readonly #pool: pg.Pool
  readonly #waiting: number
  #held = 0
  #closed: (() => void) | undefined

  constructor(url: string, { connections = 20, waiting = waitingLimit }: PostgresOptions) {
    this.#waiting = waiting
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectionTimeout,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      types,
      // Statements of an act that do not wait for one another leave together.
      pipeline: true,
      application_name: 'clientele',
    } as pg.PoolConfig)
    // A connection that breaks while nobody uses it is replaced; whoever uses one learns of it from its statement.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (client) => client.on('error', () => {}))
  }

  /** @throws Unavailable when too many wait already, or none comes free in time, or the database is away */
  async acquire(): Promise<pg.PoolClient> {
    if (this.#closed) throw new Unavailable('the database is closed')
    if (this.#pool.waitingCount >= this.#waiting) throw new Unavailable('too many requests are waiting for the database')
    this.#held++
    try {
      return await this.#pool.connect()
    } catch (error) {
      this.#gaveBack()
      throw new Unavailable('the database cannot be reached', 5, { cause: error })
    }
  }

  state() {
    const { totalCount, idleCount, waitingCount } = this.#pool
    return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount }
  }

  /** @param isBroken whether the connection is of no use any more */
  release(client: pg.PoolClient, isBroken = false): void {
    client.release(isBroken)
    this.#gaveBack()
  }

  #gaveBack(): void {
    if (--this.#held === 0) this.#closed?.()
  }

  async ping(): Promise<boolean> {
    try {
      await this.#pool.query('SELECT 1')
      return true
    } catch {
      return false
    }
  }

  /** Hands out no more connections; closes when the last one has come back. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed = resolve
    if (this.#held === 0) resolve()
    await promise
    await this.#pool.end()
  }
}

type Body<T> = (db: Connection, afterCommit: (effect: () => void) => void) => Promise<T>

interface OpenAct {
  open: boolean
  /** Of the first statement that failed. */
  failure: unknown
}

/** Runs acts, each in a transaction of its own, and again where the database asks for it. */
class ActRunner {
  readonly #pool: BoundedPool
  readonly #begin: string
  readonly #onOutcomeUnknown: () => void

  constructor(pool: BoundedPool, { isolation, statementTimeout = 5_000, onOutcomeUnknown = () => {} }: PostgresOptions) {
    this.#pool = pool
    this.#onOutcomeUnknown = onOutcomeUnknown
    this.#begin = `BEGIN${isolation ? ` ISOLATION LEVEL ${isolation}` : ''}; SET LOCAL statement_timeout = ${statementTimeout}`
  }

  async run<T>(body: Body<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(body)
      } catch (error) {
        if (!(error instanceof RunAgain)) throw error
        if (attempt === attempts) throw new Unavailable('the database is too busy', 1, { cause: error.cause })
        // Those who collided once should not meet again: each waits a little, longer each time, and not all the same.
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
      client.query(this.#begin).catch(() => {})
      value = await body(connectionOver(new ClientDriver(client, act)), (effect) => effects.push(effect))
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
    const isClean = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    )
    this.#pool.release(client, !isClean)
  }

  /** From here on the act may have happened even if nobody says so: it is never run again unless the database says that it did not. */
  async #commit(client: pg.PoolClient): Promise<void> {
    let command: string
    try {
      command = (await client.query('COMMIT')).command
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

/** What is sent in this turn leaves in one write: each costs more than making the statement, as it wakes the database. */
function sendTogether(client: pg.PoolClient): void {
  const { stream } = (client as unknown as pg.Client).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

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

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

/** Of statements that leave together the first one fails, and those behind it are refused: the body may learn of these first. */
const isAftermath = (error: unknown): boolean => codeOf(error) === '25P02'

/** Serialization failure and deadlock: the database asks for another try. */
const isRefusedCommit = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error))

/** 08…: the connection is gone; 57P0x: the server is going; and what the socket itself says. */
function isLost(error: unknown): boolean {
  const code = codeOf(error)
  if (/^08|^57P0/.test(code) || /^E[A-Z]+$/.test(code)) return true
  return code === '' && /connection|socket|terminated/i.test((error as Error | null)?.message ?? '')
}

/**
 * Before COMMIT was sent nothing has happened, so a lost connection is as good a reason as a lost race. So is a foreign key that another
 * act pulled away meanwhile (23503): on the second try it is not there to be pointed at.
 */
const isWorthAnotherTry = (error: unknown): boolean => isRefusedCommit(error) || isLost(error) || codeOf(error) === '23503'

/** Troubles that pass: the disk is full or memory short (53…), the statement was too slow (57014). */
function explain(error: unknown): unknown {
  if (/^53|^57014|^25006/.test(codeOf(error)) || isLost(error))
    return new Unavailable('the database cannot do this now', 5, { cause: error })
  return error
}

/** Runs a statement on one connection. */
async function execute<R>(client: pg.ClientBase, { sql, looksUp }: CompiledStatement, values: readonly unknown[]): Promise<QueryResult<R>> {
  // PostgreSQL's text holds no NUL, so nothing that has one can be found.
  if (looksUp && values.some((value) => typeof value === 'string' && value.includes('\0'))) return { rows: [], numAffectedRows: 0n }
  const { rows, rowCount, command } = await client.query(sql, values as unknown[])
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
  readonly #connection = new KyselyConnection((statement, values) => this.run(statement, values))

  constructor(client: pg.PoolClient, act: OpenAct) {
    this.#client = client
    this.#act = act
  }

  async run<R>(statement: CompiledStatement, values: readonly unknown[]): Promise<QueryResult<R>> {
    if (!this.#act.open) throw new Error('a statement was run after its act had ended')
    sendTogether(this.#client)
    try {
      return await execute(this.#client, statement, values)
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
  readonly #took: (seconds: number) => void
  readonly #held = new WeakMap<DatabaseConnection, Held>()

  /** @param took is told how long a client was wanted and used */
  constructor(pool: BoundedPool, took: (seconds: number) => void = () => {}) {
    this.#pool = pool
    this.#took = took
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
      return await execute(held.client, statement, values)
    } catch (error) {
      held.failed ||= isLost(error)
      throw explain(error)
    }
  }

  #release(held: Held): void {
    this.#pool.release(held.client, held.failed)
    this.#took((performance.now() - held.began) / 1000)
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

  executeQuery<R>({ sql, query, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return this.#run({ sql, looksUp: looksUp(query), findsOne: false }, parameters)
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it; nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not offered')
  }
}

/** `bigint` columns hold milliseconds: a number carries them exactly. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as never,
}

/** Migrations of two processes take turns by a row lock, as an advisory lock is not to be had everywhere. */
class RowLockAdapter extends PostgresAdapter {
  /** Text that is compared and ordered byte by byte, as on every other database of ours. */
  readonly exactText = 'text collate "C"'

  /** Opens the transaction that the migrations then run in (a second BEGIN changes nothing), so that the lock lasts as long as they do. */
  override async acquireMigrationLock(db: Kysely<unknown>, { lockTable }: MigrationLockOptions): Promise<void> {
    await sql`begin`.execute(db)
    await sql`select id from ${sql.table(lockTable)} for update`.execute(db)
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
