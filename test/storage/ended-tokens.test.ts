import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Client } from '../../src/core/clients/client.ts'
import { accessTokenStore } from '../../src/storage/access-tokens.ts'
import { auditStore } from '../../src/storage/audit.ts'
import { clientStore } from '../../src/storage/clients.ts'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { revokedTokenStore } from '../../src/storage/revoked-tokens.ts'
import { startPostgres } from '../support/postgres.ts'

const postgres = await startPostgres()
const databases: Readonly<Record<string, Database>> = {
  SQLite: openSqlite('memory'),
  'PostgreSQL at READ COMMITTED': openPostgres(await postgres.createDatabase(), { isolation: 'READ COMMITTED' }),
  'PostgreSQL at SERIALIZABLE': openPostgres(await postgres.createDatabase(), { isolation: 'SERIALIZABLE' }),
}
after(async () => {
  for (const database of Object.values(databases)) await database.close()
  await postgres[Symbol.asyncDispose]()
})

const client = (clientId: string, at: number): Client => ({
  clientId,
  version: 1,
  origin: 'admin',
  metadata: {},
  settings: {},
  rotatedSecretHashes: [],
  createdAt: at,
  updatedAt: at,
  tokensValidAfter: at,
  generation: 1,
})

for (const [kind, database] of Object.entries(databases)) {
  suite(`revoking tokens, on ${kind}`, async () => {
    await migrateUp(database)
    const act = <T>(body: (stores: ReturnType<typeof storesOf>) => Promise<T>) => database.transact((db) => body(storesOf(db)))
    const storesOf = (db: Database['read']) => ({
      clients: clientStore(db),
      accessTokens: accessTokenStore(db),
      revokedTokens: revokedTokenStore(db),
      audit: auditStore(db),
    })
    const { revokedTokens, clients, accessTokens } = storesOf(database.read)
    const validAfter = async (id: string) => (await revokedTokens.standing(id, 'none'))?.validAfter

    test('tokensValidAfter only increases, by at least a millisecond, and a write of the client keeps it', async () => {
      await act(({ clients }) => clients.add(client('ended', 100)))
      for (const [at, expected] of [
        [200, 200],
        [200, 201],
        [150, 202],
        [300, 300],
      ] as const) {
        assert.equal(await act(({ clients }) => clients.endTokens('ended', at)), true)
        assert.equal(await validAfter('ended'), expected)
      }
      await act(({ clients }) => clients.replace({ ...client('ended', 100), version: 2 }))
      assert.equal(await validAfter('ended'), 300)
      assert.equal(await act(({ clients }) => clients.endTokens('nobody', 1)), false)
    })

    test('each of several concurrent revocations increases it', async () => {
      await act(({ clients }) => clients.add(client('often', 100)))
      await Promise.all(Array.from({ length: 4 }, () => act(({ clients }) => clients.endTokens('often', 100))))
      assert.equal(await validAfter('often'), 104)
    })

    test('a client with the id of a removed one starts after the value of the removed one, until the clock has passed it', async () => {
      const remake = async (at: number) => {
        await act(({ clients }) => clients.remove('again', at, at))
        await act(({ clients }) => clients.add(client('again', at)))
      }
      await act(({ clients }) => clients.add(client('again', 500)))
      await act(({ clients }) => clients.endTokens('again', 1_500))
      await remake(500)
      assert.equal(await validAfter('again'), 1_501)
      await remake(500)
      assert.equal(await validAfter('again'), 1_502)
      await remake(9_000)
      assert.equal(await validAfter('again'), 9_000)
      assert.equal((await clients.find('again'))?.generation, 4)
    })

    test('a revocation is stored once, applies to its own token, and is removed when that expires', async () => {
      await act(({ clients }) => clients.add(client('owner', 1)))
      await Promise.all(['x', 'x', 'x', 'y'].map((jti) => act(({ revokedTokens }) => revokedTokens.add(jti, 2_000))))
      const isRevoked = async (jti: string) => (await revokedTokens.standing('owner', jti))?.isRevoked
      assert.deepEqual([await isRevoked('x'), await isRevoked('y'), await isRevoked('z')], [true, true, false])
      assert.equal(await revokedTokens.standing('nobody', 'x'), undefined)
      assert.equal(await act(({ revokedTokens }) => revokedTokens.removeExpired(1_999, 10)), 0)
      assert.equal(await act(({ revokedTokens }) => revokedTokens.removeExpired(2_000, 1)), 1)
      assert.equal(await act(({ revokedTokens }) => revokedTokens.removeExpired(2_000, 10)), 1)
    })

    test('an opaque token is removed by its own client only, or ended with all of that client', async () => {
      for (const id of ['one', 'two']) await act(({ clients }) => clients.add(client(id, 1)))
      const add = (hash: string, clientId: string) =>
        act(({ accessTokens }) =>
          accessTokens.add({ hash, clientId, subject: 's', scope: [], audience: [], issuedAt: 1, expiresAt: 1e12, generation: 1 }),
        )
      for (const [hash, id] of [
        ['h1', 'one'],
        ['h2', 'one'],
        ['h3', 'two'],
      ] as const)
        await add(hash, id)
      assert.equal(await act(({ accessTokens }) => accessTokens.remove('h1', 'two')), false)
      assert.equal(await act(({ accessTokens }) => accessTokens.remove('h1', 'one')), true)
      assert.equal(await act(({ accessTokens }) => accessTokens.remove('h1', 'one')), false)
      await act(({ clients }) => clients.endTokens('one', 1))
      assert.deepEqual([await accessTokens.find('h2'), (await accessTokens.find('h3'))?.clientId], [undefined, 'two'])
    })
  })
}
