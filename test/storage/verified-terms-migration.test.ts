import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import type { Client } from '../../src/core/clients/client.ts'
import { isVerified } from '../../src/core/clients/standing.ts'
import type { ClientMetadata } from '../../src/protocol/client-metadata.ts'
import { auditStore } from '../../src/storage/audit.ts'
import { clientStore } from '../../src/storage/clients.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { steps } from '../../src/storage/migrations/0009-verified-terms.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { startPostgres } from '../support/postgres.ts'
import { someClient, someRecord } from './fresh-stores.ts'
import { runSteps } from './run-steps.ts'

/** More than one range of the migration. */
const many = Array.from({ length: 1_200 }, (_, at) => `many-${at}`)

const ofAdministrators: Readonly<Record<string, ClientMetadata>> = {
  bare: {},
  full: {
    clientName: 'O\'Brien 🦊 \\ "Bank"',
    localized: { 'client_name#fr': 'Banque', 'client_name#de': 'Bank' },
    clientUri: 'https://bank.example/',
    tosUri: 'https://bank.example/terms',
    policyUri: 'https://bank.example/privacy',
    redirectUris: [
      'https://bank.example:8443/cb',
      'http://127.0.0.1:5000/cb',
      'HTTP://LOCALHOST:6000?a',
      'http://[::1]:7000',
      'http://127.0.0.1.example:80/',
      'app:/cb',
    ],
    jwks: {
      keys: [
        { x: 'b', kty: 'OKP', crv: 'Ed25519' },
        { kty: 'OKP', x: 'a' },
      ],
    },
    tokenEndpointAuthMethod: 'private_key_jwt',
  },
  fetching: { jwksUri: 'https://bank.example/keys', jwks: { keys: [] } },
  'changed-by-admin': { clientName: 'Notes' },
  'changed-by-owner': { clientName: 'Your Bank' },
  'changed-by-both': { clientName: 'Your Bank' },
}
const updated = (clientId: string, actor: 'owner' | 'admin:ada') => someRecord({ event: 'client.updated', clientId, actor })
const records = [
  updated('changed-by-admin', 'admin:ada'),
  updated('changed-by-owner', 'owner'),
  updated('changed-by-both', 'owner'),
  updated('changed-by-both', 'admin:ada'),
  someRecord({ event: 'client.registered', clientId: 'bare', actor: 'owner' }),
]

test('after the migration those clients of administrators are verified that no owner is known to have changed', async () => {
  await using postgres = await startPostgres()
  for (const database of [openSqlite('memory'), openPostgres(await postgres.createDatabase())]) {
    await migrateUp(database)
    await database.transact(async (db) => {
      const clients = clientStore(db)
      for (const [id, metadata] of Object.entries(ofAdministrators)) await clients.add(someClient(id, { origin: 'admin', metadata }))
      for (const id of many) await clients.add(someClient(id, { origin: 'admin' }))
      await clients.add(someClient('self-registered'))
      await clients.add(someClient('removed', { origin: 'admin' }))
      await clients.remove('removed', 1, 1)
      for (const record of records) await auditStore(db).add(record)
    })
    await database.write.schema.alterTable('clients').dropColumn('verified_terms').execute()
    await runSteps(database, steps)
    const { find, findMany } = clientStore(database.read)
    const verified = async (id: string) => isVerified((await find(id)) ?? assert.fail(id))
    const ids = [...Object.keys(ofAdministrators), 'self-registered']
    assert.deepEqual(Object.fromEntries(await Promise.all(ids.map(async (id) => [id, await verified(id)]))), {
      bare: true,
      full: true,
      fetching: true,
      'changed-by-admin': true,
      'changed-by-owner': false,
      'changed-by-both': false,
      'self-registered': false,
    })
    assert.deepEqual(
      (await findMany(many)).filter((client) => !isVerified(client)),
      [],
    )
    await database.close()
  }
})

test('a client that changes between the reading and the writing of the migration is read again', async () => {
  await using postgres = await startPostgres()
  for (const database of [openSqlite('memory'), openPostgres(await postgres.createDatabase())]) {
    await migrateUp(database)
    const client = (id: string, over: Partial<Client> = {}) => someClient(id, { origin: 'admin', ...over })
    await database.transact(async (db) => {
      for (const id of ['by-admin', 'by-owner', 'unchanged']) await clientStore(db).add(client(id))
    })
    const change = () =>
      database.transact(async (db) => {
        for (const id of ['by-admin', 'by-owner'])
          await clientStore(db).replace(client(id, { version: 2, metadata: { clientName: 'Changed' } }))
        await auditStore(db).add(updated('by-owner', 'owner'))
      })
    for (const { inBatches } of steps) await inBatches?.(database.write.withPlugin(afterFirstRead(change)))
    const { find } = clientStore(database.read)
    const found = await Promise.all(['by-admin', 'by-owner', 'unchanged'].map(find))
    assert.deepEqual(
      found.map((each) => each && isVerified(each)),
      [true, false, true],
    )
    await database.close()
  }
})

/** Runs an act once, after the first statement that reads metadata. */
function afterFirstRead(act: () => Promise<void>): KyselyPlugin {
  let isDone = false
  return {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (!isDone && result.rows.some((row) => 'metadata' in row)) {
        isDone = true
        await act()
      }
      return result
    },
  }
}
