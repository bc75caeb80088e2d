import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Migration, sql } from 'kysely'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { history, migrateUp, migrationStatus } from '../../src/storage/migrations.ts'
import { databaseFolder, migratedSqlite } from './sqlite-file.ts'

const clientele = resolve(import.meta.dirname, '../../bin/clientele')
const run = promisify(execFile)

function schemaOf(file: string): unknown[] {
  using database = new DatabaseSync(file, { readOnly: true })
  return database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name').all()
}

async function opened<T>(file: string, act: (database: ReturnType<typeof openSqlite>) => Promise<T>): Promise<T> {
  const database = openSqlite(file)
  try {
    return await act(database)
  } finally {
    await database.close()
  }
}

describe('migrations', () => {
  test('up migrates a new database; a second time it does nothing', async () => {
    using folder = databaseFolder()
    const before = await opened(folder.file, migrationStatus)
    assert.ok(before.every(({ executedAt }) => executedAt === undefined))
    assert.deepEqual(
      await opened(folder.file, migrateUp),
      before.map(({ name }) => name),
    )
    const schema = schemaOf(folder.file)
    assert.deepEqual(await opened(folder.file, migrateUp), [])
    assert.deepEqual(schemaOf(folder.file), schema)
    const after = await opened(folder.file, migrationStatus)
    assert.ok(after.every(({ executedAt }) => executedAt instanceof Date))
  })

  test('a database of a newer version is refused with an error that says what to do, and is not changed', async () => {
    using folder = databaseFolder()
    const newer: Migration = { up: async (db) => void (await sql`CREATE TABLE of_tomorrow (id TEXT)`.execute(db)) }
    await opened(folder.file, migrateUp)
    await opened(folder.file, (database) => migrateUp(database, { ...history, '9999-tomorrow': newer }))
    const schema = schemaOf(folder.file)
    const refused = {
      name: 'SchemaMismatch',
      message: /written by a newer version .* 9999-tomorrow.*; run that version, or restore a backup/,
    }
    await assert.rejects(opened(folder.file, migrateUp), refused)
    await assert.rejects(opened(folder.file, migrationStatus), refused)
    assert.deepEqual(schemaOf(folder.file), schema)
  })

  test('a migration that fails half-way is rolled back, and completes when the fault is repaired', async () => {
    using folder = databaseFolder()
    const [good, bad]: Migration[] = [
      { up: async (db) => void (await sql`CREATE TABLE half (id TEXT)`.execute(db)) },
      {
        async up(db) {
          await sql`CREATE TABLE whole (id TEXT)`.execute(db)
          await sql`INSERT INTO whole VALUES ('row')`.execute(db)
          await sql`CREATE TABLE half (id TEXT)`.execute(db)
        },
      },
    ]
    await opened(folder.file, (database) => migrateUp(database, {}))
    const before = schemaOf(folder.file)
    const failing = opened(folder.file, (database) => migrateUp(database, { '0001-good': good as Migration, '0002-bad': bad as Migration }))
    await assert.rejects(failing, { name: 'SchemaMismatch', message: /could not be brought up to date: .*half already exists/ })
    assert.deepEqual(schemaOf(folder.file), before)
    assert.deepEqual(await opened(folder.file, (database) => migrateUp(database, { '0001-good': good as Migration })), ['0001-good'])
  })

  test('stored rows are kept by another run', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file)
    await database.transact(async (db) => void (await db.all(sql`INSERT INTO revoked_tokens VALUES ('k', 1)`)))
    await database.close()
    await opened(folder.file, migrateUp)
    const rows = await opened(folder.file, (again) => again.read.all(sql<{ jti: string }>`SELECT jti FROM revoked_tokens`))
    assert.deepEqual(
      rows.map(({ jti }) => jti),
      ['k'],
    )
  })
})

describe('clientele migrate sql', () => {
  test('status reports pending migrations by its exit code; up in two concurrent processes applies them once', async () => {
    using folder = databaseFolder()
    const config = join(folder.path, 'clientele.yml')
    writeFileSync(config, JSON.stringify({ dsn: `sqlite://${folder.file}`, dev: true }))
    const migrate = (command: string) => run(clientele, ['migrate', 'sql', command, '-c', config], { cwd: folder.path })
    await assert.rejects(migrate('status'), { code: 1, stdout: /^0001-\w+ {2}pending/m })
    const outputs = (await Promise.all([migrate('up'), migrate('up')])).map(({ stdout }) => stdout.trim())
    const [late, first] = outputs.toSorted()
    assert.equal(late, 'The schema is up to date.')
    assert.match(first ?? '', /^applied 0001-/)
    assert.match((await migrate('status')).stdout, /^0001-\w+ {2}applied 20/m)
  })
})
