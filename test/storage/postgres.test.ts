import { after } from 'node:test'
import { openPostgres, type PostgresOptions } from '../../src/storage/dialects/postgres.ts'
import { startPostgres } from '../support/postgres.ts'
import { storeContract } from './contract.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

for (const isolation of ['READ COMMITTED', 'SERIALIZABLE'] as const) {
  storeContract(`PostgreSQL at ${isolation}`, () => fresh({ isolation }))
}

async function fresh(options: PostgresOptions) {
  return openPostgres(await server.createMigrated(), { connections: 8, ...options })
}
