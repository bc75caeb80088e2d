import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { storeContract } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'clientele-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

async function migrated(location: string) {
  const database = openSqlite(location)
  await migrateUp(database)
  return database
}

storeContract('a SQLite file', () => migrated(join(folder, `${++files}.sqlite`)))
storeContract('SQLite in memory', () => migrated('memory'))
