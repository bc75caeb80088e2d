import { DatabaseSync } from 'node:sqlite'
import type { BatchWriter } from '../group-commit.ts'
import { explain, isLocked, isPassing } from './sqlite-errors.ts'
import { StatementCache } from './sqlite-statements.ts'

/** How long a statement waits, with the whole process, for another process's lock while requests are served. Milliseconds. */
export const lockWait = 50

/** The same before anything is served: while the schema is brought up to date. Milliseconds. */
const lockWaitAtStart = 5_000

export interface WriterOptions {
  /** How large the database may grow; tests fill it. */
  readonly maxPages?: number | undefined
  /** The file is removed with the process, so nothing in it has to survive a power cut. */
  readonly isTemporary?: boolean
}

/** The one connection that writes. */
export function openWriter(file: string, { maxPages, isTemporary = false }: WriterOptions): DatabaseSync {
  const writer = new DatabaseSync(file, { timeout: lockWaitAtStart, enableForeignKeyConstraints: true })
  // A commit that was answered survives a power cut: the write-ahead log is synced before COMMIT returns.
  const synchronous = isTemporary ? 'OFF' : 'FULL'
  writer.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA journal_size_limit = 67108864`)
  if (maxPages) writer.exec(`PRAGMA max_page_count = ${maxPages}`)
  return writer
}

/** @param failed called with each temporary error: the database could not be written */
export function batchWriter(database: DatabaseSync, failed: (reason: Error) => void): BatchWriter<StatementCache> {
  const statements = new StatementCache(database)
  const run = (sql: string) => () => void statements.get(sql).statement.run()
  const begin = run('BEGIN IMMEDIATE')
  const waitForLock = lockWaiting(database)
  return {
    statements,
    begin(isLockedSinceLong) {
      waitForLock(isLockedSinceLong ? 0 : lockWait)
      begin()
    },
    commit: run('COMMIT'),
    rollback: run('ROLLBACK'),
    savepoint: run('SAVEPOINT act'),
    release: run('RELEASE act'),
    rollbackToSavepoint: run('ROLLBACK TO act'),
    isOpen: () => database.isTransaction,
    isLocked,
    explain(error) {
      const reason = explain(error)
      if (isPassing(error)) failed(reason as Error)
      return reason
    },
  }
}

function lockWaiting(database: DatabaseSync): (milliseconds: number) => void {
  let current = lockWaitAtStart
  return (milliseconds) => {
    if (milliseconds === current) return
    database.exec(`PRAGMA busy_timeout = ${milliseconds}`)
    current = milliseconds
  }
}

/** A write that changes nothing and needs no space in the database: what `PRAGMA user_version` is already. */
export function probeWrite(statements: StatementCache): void {
  const { user_version: version } = statements.get('PRAGMA user_version').statement.get() as { user_version: number }
  statements.get(`PRAGMA user_version = ${version}`).statement.run()
}
