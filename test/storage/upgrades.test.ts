import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { inRanges } from '../../src/storage/migrations/step.ts'
import { history, migrateUp, migrationStatus, requireSchema } from '../../src/storage/migrations.ts'
import { startPostgres } from '../support/postgres.ts'
import { historyUntil } from './run-steps.ts'
import { databaseFolder } from './sqlite-file.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

/** The migrations after 5. */
const sinceGenerations = ['0006-generations', '0007-signing-algorithms', '0008-session-clients', '0009-verified-terms']

const open = {
  SQLite: async (): Promise<Database> => openSqlite('memory'),
  PostgreSQL: async (): Promise<Database> => openPostgres(await server.createDatabase()),
}

const columnsOf = async ({ write }: Database, table: string) =>
  (await write.introspection.getTables()).find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? []

for (const [engine, opened] of Object.entries(open))
  describe(`an upgrade on ${engine}`, () => {
    test('that ends between two steps goes on behind the last one at the next start', async () => {
      const database = await opened()
      await migrateUp(database, historyUntil(5))
      const crash = { up: () => Promise.reject(new Error('the process ends here')) }
      await assert.rejects(
        migrateUp(database, { ...history, '0006-generations.03': crash }),
        /at 0006-generations.03: the process ends here/,
      )
      assert.ok((await columnsOf(database, 'removed_clients')).includes('generation'), 'what was committed stays')
      assert.ok(!(await columnsOf(database, 'access_tokens')).includes('generation'))
      const status = (await migrationStatus(database)).map(({ name, executedAt }) => [name, executedAt !== undefined])
      assert.deepEqual(status.slice(4, 6), [
        ['0005-logout-deliveries', true],
        ['0006-generations', false],
      ])
      await assert.rejects(requireSchema(database), /behind \(0006-generations, 0007-signing-algorithms/)
      assert.deepEqual(await migrateUp(database), sinceGenerations)
      await requireSchema(database)
      await database.close()
    })

    test('that ends within a step in batches runs that one again', async () => {
      const database = await opened()
      await migrateUp(database, { '0001-a': { up: async (db) => void (await sql`create table rows (id text)`.execute(db)) } })
      let runs = 0
      const steps = {
        ...{ '0001-a': {} },
        '0002-b.01': {
          async inBatches(db: Parameters<typeof inRanges>[0]) {
            await sql`insert into rows values ('x')`.execute(db)
            if (++runs === 1) throw new Error('the process ends here')
          },
        },
        '0002-b.02': { up: async (db: Parameters<typeof inRanges>[0]) => void (await sql`insert into rows values ('y')`.execute(db)) },
      }
      await assert.rejects(migrateUp(database, steps), /at 0002-b.01/)
      assert.deepEqual(await migrateUp(database, steps), ['0002-b'])
      const rows = await database.read.all(sql<{ id: string }>`select id from rows order by id`)
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['x', 'x', 'y'],
      )
      await database.close()
    })

    test('goes on where the clocks of two processes differed', async () => {
      const database = await opened()
      await migrateUp(database, historyUntil(5))
      await sql`update kysely_migration set timestamp = '2001-01-01T00:00:00.000Z' where name = '0005-logout-deliveries'`.execute(
        database.write,
      )
      await migrateUp(database)
      await requireSchema(database)
      await database.close()
    })

    test('meets each row once where a statement runs by ranges of the key', async () => {
      const database = await opened()
      await migrateUp(database)
      const ids = Array.from({ length: 7 }, (_, n) => `k${n}`)
      for (const size of [1, 3, 7, 8]) {
        await sql`delete from revoked_tokens`.execute(database.write)
        for (const id of ids) await sql`insert into revoked_tokens values (${id}, 0)`.execute(database.write)
        await inRanges(
          database.write as never,
          { table: 'revoked_tokens', key: 'jti', size },
          (range) => sql`update revoked_tokens set expires_at = expires_at + 1 where ${range}`,
        )
        const { read } = database
        const rows = await read.all(read.queries.selectFrom('revoked_tokens').select('expires_at'))
        assert.deepEqual(
          rows.map(({ expires_at }) => expires_at),
          ids.map(() => 1),
          `${size}`,
        )
      }
      await database.close()
    })
  })

describe('an upgrade of a database in use', () => {
  test('by four processes at once on PostgreSQL is done once', async () => {
    const url = await server.createDatabase()
    const databases = Array.from({ length: 4 }, () => openPostgres(url))
    await migrateUp(databases[0] as Database, historyUntil(5))
    const applied = await Promise.all(databases.map((database) => migrateUp(database)))
    assert.deepEqual(applied.flat().toSorted(), sinceGenerations)
    await requireSchema(databases[0] as Database)
    await Promise.all(databases.map((database) => database.close()))
  })

  test('by two processes at once on SQLite is done once', async () => {
    using folder = databaseFolder()
    const database = openSqlite(folder.file)
    await migrateUp(database, historyUntil(5))
    await database.close()
    const config = join(folder.path, 'clientele.yml')
    writeFileSync(config, JSON.stringify({ dsn: `sqlite://${folder.file}`, dev: true }))
    const clientele = resolve(import.meta.dirname, '../../bin/clientele')
    const up = () => promisify(execFile)(clientele, ['migrate', 'sql', 'up', '-c', config], { cwd: folder.path })
    const lines = (await Promise.all([up(), up()])).flatMap(({ stdout }) => stdout.match(/^applied .*/gm) ?? [])
    assert.deepEqual(
      lines.toSorted(),
      sinceGenerations.map((name) => `applied ${name}`),
    )
  })
})

/** Resolves when a statement waits for a lock on the table. */
async function someoneWaits({ read }: Database, table: string): Promise<void> {
  const waiting = sql`select 1 from pg_locks where relation = ${table}::regclass and not granted`
  while ((await read.all(waiting)).length === 0);
}

describe('an upgrade that meets the lock of a long transaction on PostgreSQL', () => {
  /** A database before migration 0006, in which a transaction has read the clients and goes on, as a backup does. */
  async function readForLong() {
    const url = await server.createDatabase()
    const [database, other] = [openPostgres(url), openPostgres(url, { readTimeout: 30_000 })]
    await migrateUp(database, historyUntil(5))
    const { promise, resolve: release } = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const reading = other.write.transaction().execute(async (db) => {
      await sql`select client_id from clients`.execute(db)
      locked.resolve()
      await promise
    })
    await locked.promise
    return {
      database,
      other,
      async end() {
        release()
        await reading
      },
      async [Symbol.asyncDispose]() {
        await this.end()
        await Promise.all([database.close(), other.close()])
      },
    }
  }

  test('lets those pass who read meanwhile, and is done when that one ends', async () => {
    await using long = await readForLong()
    const upgrade = migrateUp(long.database)
    await someoneWaits(long.other, 'clients')
    await long.other.read.all(sql`select client_id from clients`)
    await long.end()
    assert.deepEqual(await upgrade, sinceGenerations)
  })

  test('gives up after a while, says what stands in the way, and can be run again', async () => {
    await using long = await readForLong()
    const problem =
      /at 0006-generations.01: another session holds or changes what is needed; end that session or wait for it, then migrate again/
    await assert.rejects(migrateUp(long.database, history, 0), { name: 'SchemaMismatch', message: problem })
    await long.end()
    assert.deepEqual(await migrateUp(long.database), sinceGenerations)
  })
})
