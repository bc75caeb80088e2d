import { after } from 'node:test'
import { openPostgres, type PostgresOptions } from '../../src/storage/dialects/postgres.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { startPostgres } from '../support/postgres.ts'
import { storeContract } from './contract.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

for (const isolation of ['READ COMMITTED', 'SERIALIZABLE'] as const) {
  storeContract(`PostgreSQL at ${isolation}`, () => fresh({ isolation }))
}

async function fresh(options: PostgresOptions) {
  const database = openPostgres(await server.createDatabase(), { connections: 8, ...options })
  await migrateUp(database)
  return database
}
