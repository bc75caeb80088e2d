import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { openDatabase } from '../../src/app.ts'
import { assertionStore } from '../../src/storage/assertions.ts'
import { askTokenWith, clientKey } from '../support/assertions.ts'
import { startPostgres } from '../support/postgres.ts'
import { machine, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// A client assertion is accepted once, also among concurrent requests, on both databases.

const postgres = await startPostgres()
after(() => postgres[Symbol.asyncDispose]())

const databases = { SQLite: async () => 'memory', PostgreSQL: () => postgres.createDatabase() }

for (const [name, dsn] of Object.entries(databases)) {
  describe(name, () => {
    test('of fifty concurrent requests with one assertion exactly one gets a token', async () => {
      await using server = await startServer({ settings: { dsn: await dsn() } })
      const key = await clientKey()
      const { id } = await registrant(server).registered({
        ...machine,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key.publicJwk] },
      })
      const assertion = await key.sign(id, server.issuer)
      const answers = await Promise.all(Array.from({ length: 50 }, () => askTokenWith(server, assertion)))
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal(answers.filter(({ json }) => json.error === 'jti_known').length, 49)
      const refused = await key.sign(id, server.issuer)
      const mixed = await Promise.all(
        Array.from({ length: 20 }, (_, at) => askTokenWith(server, refused, at % 2 ? { scope: 'never' } : {})),
      )
      assert.equal(mixed.filter(({ json }) => json.error !== 'jti_known').length, 1)
    })

    test('a spent assertion stays spent until it expires, and is then removed', async () => {
      const { database, migrateUp, close } = openDatabase({ dsn: dsnOf(await dsn()) })
      await migrateUp()
      const act = <T>(body: (store: ReturnType<typeof assertionStore>) => Promise<T>) => database.transact((db) => body(assertionStore(db)))
      const ids = Array.from({ length: 5 }, (_, at) => ({ hash: randomUUID(), expiresAt: 1_000 + at }))
      for (const id of ids) assert.equal(await act((store) => store.spend(id)), true)
      for (const id of ids) assert.equal(await act((store) => store.spend(id)), false)
      await assert.rejects(
        act(async (store) => {
          await store.spend({ hash: 'rolled back', expiresAt: 9_000 })
          throw new Error('no')
        }),
      )
      assert.equal(await act((store) => store.spend({ hash: 'rolled back', expiresAt: 9_000 })), true)
      assert.equal(await act((store) => store.removeExpired(1_002, 2)), 2)
      assert.equal(await act((store) => store.removeExpired(1_002, 10)), 1)
      assert.deepEqual(await Promise.all(ids.map((id) => act((store) => store.spend(id)))), [true, true, true, false, false])
      await close()
    })
  })
}

const dsnOf = (text: string) =>
  text === 'memory' ? { engine: 'memory' as const } : { engine: 'postgres' as const, url: text, connections: 10 }
