import { after } from 'node:test'
import pg from 'pg'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres, type PostgresOptions } from '../../src/storage/dialects/postgres.ts'
import { startPostgres } from '../support/postgres.ts'
import { storeContract } from './contract.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

for (const isolation of ['READ COMMITTED', 'SERIALIZABLE'] as const) {
  storeContract(`PostgreSQL at ${isolation}`, () => fresh({ isolation }))
}

/** Databases that a test has closed. To empty one costs less than to create one. */
const free: string[] = []

async function fresh(options: PostgresOptions): Promise<Database> {
  const url = free.pop() ?? (await server.createMigrated())
  const database = openPostgres(url, { connections: 8, ...options })
  const close = async () => {
    await database.close()
    await empty(url)
    free.push(url)
  }
  return { ...database, close }
}

async function empty(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely%'")
  await client.query(`TRUNCATE ${rows.map(({ tablename }) => `"${tablename}"`).join()}`)
  await client.end()
}
