import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { clientStore } from '../../src/storage/clients.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { steps } from '../../src/storage/migrations/0007-signing-algorithms.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { startPostgres } from '../support/postgres.ts'
import { someClient } from './fresh-stores.ts'
import { runSteps } from './run-steps.ts'

const quoting = '"idTokenSignedResponseAlg":"ES256"'
const clients = {
  a: { idTokenSignedResponseAlg: 'ES256' },
  b: { clientName: 'B', idTokenSignedResponseAlg: 'PS512', userinfoSignedResponseAlg: 'RS256' },
  c: { clientName: quoting, scope: quoting },
  d: { idTokenSignedResponseAlg: 'HS256' },
  e: {},
}

test('what clients registered for signatures before is known after the migration', async () => {
  await using postgres = await startPostgres()
  for (const database of [openSqlite('memory'), openPostgres(await postgres.createDatabase())]) {
    await migrateUp(database)
    await database.transact(async (db) => {
      for (const [id, metadata] of Object.entries(clients)) await clientStore(db).add(someClient(id, { metadata }))
    })
    for (const column of ['id_token_alg', 'userinfo_alg']) {
      await sql`drop index ${sql.ref(`clients_by_${column}`)}`.execute(database.write)
      await sql`alter table clients drop column ${sql.ref(column)}`.execute(database.write)
    }
    await runSteps(database, steps)
    const { countSignedWith } = clientStore(database.read)
    const counts = [['ES256'], ['PS512'], ['RS256'], ['HS256'], ['ES256', 'PS512', 'RS256']].map((algs) => countSignedWith(algs, 10))
    assert.deepEqual(await Promise.all(counts), [1, 1, 1, 0, 2])
    await database.close()
  }
})
