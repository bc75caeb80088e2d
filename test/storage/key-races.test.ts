import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { addKey } from '../../src/core/keys/create-key.ts'
import { generateKey } from '../../src/core/keys/make-key.ts'
import { openSigningKeys } from '../../src/core/keys/open-signing-keys.ts'
import type { SigningKeyStore } from '../../src/core/keys/signing-key.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { makeSealer } from '../../src/lib/seal.ts'
import type { Transaction } from '../../src/lib/transaction.ts'
import { auditStore } from '../../src/storage/audit.ts'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { signingKeyStore } from '../../src/storage/signing-keys.ts'
import { startPostgres } from '../support/postgres.ts'
import { systemSecret } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'clientele-races-'))
const postgres = await startPostgres()
after(async () => {
  await postgres[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

let files = 0
const kinds: Readonly<Record<string, () => Promise<() => Database>>> = {
  SQLite: async () => {
    const file = join(folder, `${files++}.sqlite`)
    return () => openSqlite(file)
  },
  'PostgreSQL at READ COMMITTED': async () => {
    const url = await postgres.createDatabase()
    return () => openPostgres(url, { isolation: 'READ COMMITTED' })
  },
  'PostgreSQL at SERIALIZABLE': async () => {
    const url = await postgres.createDatabase()
    return () => openPostgres(url, { isolation: 'SERIALIZABLE' })
  },
}

const sealer = makeSealer([systemSecret], 'signing-key', systemRandomness)

function nodeOn(database: Database) {
  const transaction: Transaction<{ signingKeys: SigningKeyStore; audit: ReturnType<typeof auditStore> }> = (body) =>
    database.transact((db, afterCommit) => body({ signingKeys: signingKeyStore(db), audit: auditStore(db), afterCommit }))
  return { transaction, signingKeys: signingKeyStore(database.read), sealer, clock: Date.now, randomness: systemRandomness }
}

for (const [kind, make] of Object.entries(kinds)) {
  suite(`keys on ${kind}`, () => {
    /** Four nodes on one empty, migrated database. */
    async function nodes() {
      const open = await make()
      const databases = Array.from({ length: 4 }, open)
      await migrateUp(databases[0] as Database)
      const close = async () => {
        await Promise.all(databases.map((database) => database.close()))
      }
      return { nodes: databases.map(nodeOn), first: nodeOn(databases[0] as Database), [Symbol.asyncDispose]: close }
    }

    test('nodes that start at the same time create one key for each set', async () => {
      await using service = await nodes()
      await Promise.all(service.nodes.map(openSigningKeys))
      const keys = await service.first.signingKeys.all()
      assert.deepEqual(
        keys.map(({ set }) => set),
        ['hydra.jwt.access-token', 'hydra.openid.id-token'],
      )
    })

    test('concurrent additions to one set get different positions; a kid is used once', async () => {
      await using service = await nodes()
      const keyNamed = (kid: string) => generateKey('ES256', 'sig', { set: 's', kid, createdAt: 1, signsFrom: 1 }, sealer)
      const keys = await Promise.all(['a', 'b', 'c', 'd'].map(keyNamed))
      await Promise.all(service.nodes.map(({ transaction }, at) => transaction((tx) => addKey(tx, keys[at] as (typeof keys)[0]))))
      const found = await service.first.signingKeys.inSet('s')
      assert.deepEqual(found.map(({ kid }) => kid).sort(), ['a', 'b', 'c', 'd'])
      const same = await keyNamed('same')
      const added = await Promise.allSettled(service.nodes.map(({ transaction }) => transaction((tx) => addKey(tx, same))))
      assert.equal(added.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const one of added) if (one.status === 'rejected') assert.equal(one.reason.message, 'key-id-taken')
    })

    test('a signing key records its longest token, is not retired before that expires, and is removed after it has expired', async () => {
      await using service = await nodes()
      await openSigningKeys(service.first)
      const [key] = await service.first.signingKeys.inSet('hydra.jwt.access-token')
      const kid = key?.kid ?? ''
      const act = service.first.transaction
      assert.equal(await act((tx) => tx.signingKeys.cover(kid, 5_000, 1_000)), true)
      assert.equal(await act((tx) => tx.signingKeys.cover(kid, 4_000, 1_000)), true)
      assert.equal((await service.first.signingKeys.inSet('hydra.jwt.access-token'))[0]?.lastExpiry, 5_000)
      await act((tx) => tx.signingKeys.retire(kid, 2_000))
      assert.equal(await act((tx) => tx.signingKeys.cover(kid, 6_000, 1_999)), true)
      assert.equal(await act((tx) => tx.signingKeys.cover(kid, 9_000, 2_000)), false)
      assert.equal(await act((tx) => tx.signingKeys.cover('nobody', 9_000, 0)), false)
      assert.equal(await act((tx) => tx.signingKeys.removeExpired(5_999, 10)), 0)
      assert.equal(await act((tx) => tx.signingKeys.removeExpired(6_000, 10)), 1)
      assert.equal((await service.first.signingKeys.all()).length, 1)
    })
  })
}
