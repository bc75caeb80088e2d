import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { steps } from '../../src/storage/migrations/0008-session-clients.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { sessionClientStore } from '../../src/storage/session-clients.ts'
import { storesOf } from '../../src/storage/stores.ts'
import { startPostgres } from '../support/postgres.ts'
import { someClient, someGrant, someSession } from './fresh-stores.ts'
import { runSteps } from './run-steps.ts'

test('the sessions from before the migration have the clients that were granted something in them', async () => {
  await using postgres = await startPostgres()
  for (const database of [openSqlite('memory'), openPostgres(await postgres.createDatabase())]) {
    await migrateUp(database)
    await database.transact(async (db) => {
      const tx = storesOf(db)
      for (const id of ['c', 'd']) await tx.clients.add(someClient(id))
      await tx.sessions.start(someSession('s', { expiresAt: 5 }))
      for (const [id, client, session] of ['1cs', '2cs', '3ds', '4cx'].map((text) => [...text] as [string, string, string]))
        await tx.grants.open(someGrant(id, client, { sessionId: session }))
    })
    await database.write.schema.dropTable('session_clients').execute()
    await runSteps(database, steps)
    assert.equal(await database.transact((db) => sessionClientStore(db).removeExpired(4, 10)), 0)
    const taken = (id: string) => database.transact((db) => sessionClientStore(db).take(id))
    const first = ['c', 'd'].map((clientId) => ({ clientId, generation: 1 }))
    assert.deepEqual([(await taken('s')).toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1)), await taken('x')], [first, []])
    await database.close()
  }
})
