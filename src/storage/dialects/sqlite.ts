import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
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
import { Unavailable } from '../../lib/unavailable.ts'
import { Connection, type Database, type DatabaseWatch, timedAct, unwatched } from '../database.ts'
import { type BatchWriter, GroupCommit } from '../group-commit.ts'
import { type CompiledStatement, statementOf } from '../prepared.ts'

/** How long a statement waits, with the process, for another process's write lock before it is refused. Milliseconds. */
const lockWait = 1_000

/**
 * Opens a SQLite database: one connection that writes, in group commits, and one that only reads what is committed.
 *
 * @param location a file, or `memory` for a private file in a temporary directory that goes with the process
 */
export function openSqlite(location: string, options: { maxPages?: number } = {}): Database {
  const temporary = location === 'memory' ? mkdtempSync(join(tmpdir(), 'clientele-')) : undefined
  const file = temporary ? join(temporary, 'memory.sqlite') : location
  makeFolder(dirname(file))
  const writer = openWriter(file, options.maxPages)
  const reader = new DatabaseSync(file, { readOnly: true, timeout: lockWait })
  const readerStatements = new StatementCache(reader)
  let watch: DatabaseWatch = unwatched
  const acts = new GroupCommit(batchWriter(writer), (size) => watch.batch(size))
  return {
    write: connectionOver(new SqliteConnection(acts.statements)),
    read: connectionOver(new SqliteConnection(readerStatements, undefined, (seconds) => watch.read(seconds))),
    transact: (body) =>
      timedAct(watch, () => acts.add((act) => body(connectionOver(new SqliteConnection(acts.statements, act)), act.afterCommit))),
    watch(next) {
      watch = next
    },
    async ping() {
      try {
        // Reads the file, which a bare SELECT would not.
        readerStatements.get('PRAGMA schema_version').statement.get()
        return true
      } catch {
        return false
      }
    },
    async close() {
      await acts.close()
      reader.close()
      writer.close()
      if (temporary) rmSync(temporary, { recursive: true, force: true })
    },
  }
}

/** Node's own recursive `mkdir` never ends where a parent cannot be made, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder)
}

function openWriter(file: string, maxPages: number | undefined): DatabaseSync {
  const writer = new DatabaseSync(file, { timeout: lockWait, enableForeignKeyConstraints: true })
  // A commit that was answered survives a power cut: the write-ahead log is synced before COMMIT returns.
  writer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864')
  if (maxPages) writer.exec(`PRAGMA max_page_count = ${maxPages}`)
  return writer
}

function batchWriter(database: DatabaseSync): BatchWriter<StatementCache> {
  const statements = new StatementCache(database)
  const run = (sql: string) => () => void statements.get(sql).statement.run()
  return {
    statements,
    begin: run('BEGIN IMMEDIATE'),
    commit: run('COMMIT'),
    rollback: run('ROLLBACK'),
    savepoint: run('SAVEPOINT act'),
    release: run('RELEASE act'),
    rollbackToSavepoint: run('ROLLBACK TO act'),
    isOpen: () => database.isTransaction,
    explain,
  }
}

/** SQLite's own word for a database that cannot take the act now, though nothing is wrong with the act. */
const passing = new Map([
  [5, 'the database is locked by another process'],
  [6, 'the database is locked'],
  [7, 'out of memory'],
  [10, 'the disk could not be read or written'],
  [13, 'the disk is full'],
])

function explain(error: unknown): unknown {
  const code = (error as { errcode?: unknown } | null)?.errcode
  const words = typeof code === 'number' ? passing.get(code & 0xff) : undefined
  return words === undefined ? error : new Unavailable(words, 5, { cause: error })
}

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** Prepared statements by their text. The texts come from our own code, so they are few; the bound is a safeguard. */
class StatementCache {
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

class SqliteConnection implements DatabaseConnection {
  readonly #statements: StatementCache
  readonly #act: { readonly open: boolean } | undefined
  readonly #took: ((seconds: number) => void) | undefined

  /** @param took is told how long each query took */
  constructor(statements: StatementCache, act?: { readonly open: boolean }, took?: (seconds: number) => void) {
    this.#statements = statements
    this.#act = act
    this.#took = took
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
      throw explain(error)
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

function connectionOver(connection: SqliteConnection): Connection {
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
