import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../../lib/telemetry.ts'
import { type Database, type DatabaseWatch, timedAct, unwatched } from '../database.ts'
import { type Act, GroupCommit } from '../group-commit.ts'
import { sqliteConnection } from './sqlite-connection.ts'
import { sqliteMigrations } from './sqlite-dialect.ts'
import { makePrivate } from './sqlite-files.ts'
import { StatementCache } from './sqlite-statements.ts'
import { batchWriter, lockWait, openWriter, probeWrite } from './sqlite-writer.ts'
import { WriteHealth } from './write-health.ts'

export interface SqliteOptions {
  /** Told which files were open to other users. */
  readonly log?: Log
  /** How many pages the database may have. */
  readonly maxPages?: number
  /** How long an act waits for another process's lock before it is refused. Milliseconds. */
  readonly lockTimeout?: number
  /** From a write that failed to the next probe. Milliseconds. */
  readonly probeEvery?: number
}

/**
 * Opens a SQLite database: one connection that writes, in group commits, and one that only reads what is committed.
 *
 * @param location a file, or `memory` for a private file in a temporary directory that is removed when the database is closed
 */
export function openSqlite(location: string, options: SqliteOptions = {}): Database {
  const temporary = location === 'memory' ? mkdtempSync(join(tmpdir(), 'clientele-')) : undefined
  const file = temporary ? join(temporary, 'memory.sqlite') : location
  makePrivate(file, options.log ?? (() => {}))
  const writer = openWriter(file, { maxPages: options.maxPages, isTemporary: temporary !== undefined })
  const reader = new DatabaseSync(file, { readOnly: true, timeout: lockWait })
  const readerStatements = new StatementCache(reader)
  let watch: DatabaseWatch = unwatched
  const health = new WriteHealth({
    probe: () => acts.add(async () => probeWrite(acts.statements)),
    changed: (problem) => watch.writable(problem),
    ...(options.probeEvery && { every: options.probeEvery }),
  })
  const batches = batchWriter(writer, (reason) => health.failed(reason))
  const { explain } = batches
  const acts = new GroupCommit(batches, { committed: (size) => watch.batch(size), lockTimeout: options.lockTimeout })
  const during = (act: Act) => sqliteConnection(acts.statements, { act, explain })
  return {
    write: sqliteMigrations(acts.statements),
    read: sqliteConnection(readerStatements, { took: (seconds) => watch.read(seconds) }),
    transact: (body) => timedAct(watch, () => acts.add((act) => body(during(act), act.afterCommit))),
    watch(next) {
      watch = next
    },
    async ping() {
      try {
        // Reads the file, which a bare SELECT would not.
        readerStatements.get('PRAGMA schema_version').statement.get()
        return health.isWritable
      } catch {
        return false
      }
    },
    async close() {
      health.close()
      await acts.close()
      reader.close()
      writer.close()
      if (temporary) rmSync(temporary, { recursive: true, force: true })
    },
  }
}
