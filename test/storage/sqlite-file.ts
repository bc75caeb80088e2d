import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite, type SqliteOptions } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { type FreshStores, freshStores } from './fresh-stores.ts'

/** A new folder for database files, removed at the end of the test. */
export function databaseFolder(): Disposable & { readonly path: string; readonly file: string } {
  const path = mkdtempSync(join(tmpdir(), 'clientele-test-'))
  return { path, file: join(path, 'test.sqlite'), [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export async function migratedSqlite(location: string, options: SqliteOptions = {}) {
  const database = openSqlite(location, options)
  await migrateUp(database)
  return database
}

export const memoryStores = (): Promise<FreshStores> => freshStores(() => migratedSqlite('memory'))
