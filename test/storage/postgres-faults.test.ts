import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { OutcomeUnknown, Unavailable } from '../../src/lib/unavailable.ts'
import { accessTokenKeeper } from '../../src/storage/access-tokens.ts'
import { clientStore } from '../../src/storage/clients.ts'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres, type PostgresOptions } from '../../src/storage/dialects/postgres.ts'
import { migrateUp, requireSchema } from '../../src/storage/migrations.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { startPgbouncer } from '../support/pgbouncer.ts'
import { startPostgres } from '../support/postgres.ts'
import { freshStores, someClient, someToken } from './fresh-stores.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

/** A new database behind a proxy that can cut connections. */
async function behindProxy(options: PostgresOptions = {}) {
  const url = new URL(await server.createMigrated())
  const proxy = await cuttingProxy(Number(url.port))
  url.port = String(proxy.port)
  const stores = await freshStores(async () => openPostgres(url.href, { connections: 4, ...options }))
  return {
    ...stores,
    proxy,
    async [Symbol.asyncDispose]() {
      await stores[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

const count = async (stores: { read: { clients: { list(page: { limit: number }): Promise<{ clients: readonly unknown[] }> } } }) =>
  (await stores.read.clients.list({ limit: 100 })).clients.length

test('a transaction whose connection breaks before COMMIT is retried and applied once', async () => {
  await using stores = await behindProxy()
  for (const forward of [true, false]) {
    stores.proxy.arm({ at: 'insert into "clients"', forward })
    let effects = 0
    const added = await stores.act(async (tx) => {
      tx.afterCommit(() => effects++)
      return tx.clients.add(someClient(`c-${forward}`))
    })
    assert.deepEqual([added, effects], [true, 1])
  }
  assert.equal(stores.proxy.cuts, 2)
  assert.equal(await count(stores), 2)
})

test('a transaction whose connection breaks every time is refused and not applied', async () => {
  await using stores = await behindProxy()
  stores.proxy.arm({ at: 'insert into "clients"', forward: false }, 1_000)
  await assert.rejects(
    stores.act((tx) => tx.clients.add(someClient('c'))),
    Unavailable,
  )
  assert.equal(await count(stores), 0)
})

test('a transaction whose connection breaks during COMMIT is not retried, because its outcome is unknown', async () => {
  let unknown = 0
  await using stores = await behindProxy({ onOutcomeUnknown: () => unknown++ })
  for (const forward of [true, false]) {
    let runs = 0
    let effects = 0
    stores.proxy.arm({ at: 'COMMIT', forward })
    await assert.rejects(
      stores.act(async (tx) => {
        runs++
        tx.afterCommit(() => effects++)
        return tx.clients.add(someClient(`c-${forward}`))
      }),
      (error) => error instanceof OutcomeUnknown && !(error instanceof Unavailable),
    )
    assert.deepEqual([runs, effects], [1, 0])
  }
  assert.equal(unknown, 2)
  assert.equal(await stores.act((tx) => tx.clients.add(someClient('next'))), true)
})

/** The number of transactions that wrote the stored tokens, and the number of those tokens. */
async function writtenTokens({ database }: { database: Database }): Promise<[transactions: number, tokens: number]> {
  const rows = await database.read.all(sql<{ transactions: number; tokens: number }>`
    select count(distinct xmin::text)::int as transactions, count(*)::int as tokens from access_tokens`)
  return [rows[0]?.transactions ?? 0, rows[0]?.tokens ?? 0]
}

test('concurrent access tokens are written in one transaction', async () => {
  await using stores = await behindProxy()
  await stores.act((tx) => tx.clients.add(someClient('c')))
  const kept = await Promise.all(Array.from({ length: 300 }, (_, at) => stores.keepAccessToken(someToken(`t${at}`, 'c'))))
  assert.ok(kept.every((isStored) => isStored))
  assert.deepEqual(await writtenTokens(stores), [2, 300])
})

test('access tokens whose connection breaks before COMMIT are retried and written once', async () => {
  await using stores = await behindProxy()
  await stores.act((tx) => tx.clients.add(someClient('c')))
  for (const forward of [true, false]) {
    stores.proxy.arm({ at: 'insert into access_tokens', forward })
    const kept = await Promise.all([1, 2, 3].map((at) => stores.keepAccessToken(someToken(`t${at}-${forward}`, 'c'))))
    assert.deepEqual(kept, [true, true, true])
  }
  assert.equal(stores.proxy.cuts, 2)
  assert.deepEqual(await writtenTokens(stores), [2, 6])
})

test('access tokens whose connection breaks during COMMIT are not retried, and each caller gets an error for the unknown outcome', async () => {
  let unknown = 0
  await using stores = await behindProxy({ onOutcomeUnknown: () => unknown++ })
  await stores.act((tx) => tx.clients.add(someClient('c')))
  stores.proxy.arm({ at: 'COMMIT', forward: false })
  const settled = await Promise.allSettled([1, 2, 3].map((at) => stores.keepAccessToken(someToken(`t${at}`, 'c'))))
  assert.ok(settled.every((one) => one.status === 'rejected' && one.reason instanceof OutcomeUnknown))
  assert.equal(unknown, 1)
  assert.deepEqual(await writtenTokens(stores), [0, 0])
})

test('at the limit of waiting access tokens the next is refused at once; waiting ones are written before the database closes', async () => {
  const database = openPostgres(await server.createDatabase(), { waiting: 5 })
  await migrateUp(database)
  await database.transact((db) => clientStore(db).add(someClient('c')))
  const keep = accessTokenKeeper(database)
  const waiting = [1, 2, 3, 4, 5].map((at) => keep(someToken(`t${at}`, 'c')))
  await assert.rejects(keep(someToken('one-too-many', 'c')), Unavailable)
  const closed = database.close()
  assert.deepEqual(await Promise.all(waiting), [true, true, true, true, true])
  await closed
})

test('at the limit of waits for a connection the next is refused at once', async () => {
  await using stores = await behindProxy({ connections: 1, waiting: 2 })
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const holding = stores.act(async (tx) => {
    begin()
    await gate
    return tx.clients.add(someClient('first'))
  })
  await begun
  const waiting = [1, 2].map((n) => stores.act((tx) => tx.clients.add(someClient(`waiting-${n}`))))
  await assert.rejects(
    stores.act((tx) => tx.clients.add(someClient('one-too-many'))),
    Unavailable,
  )
  open()
  assert.deepEqual(await Promise.all([holding, ...waiting]), [true, true, true])
  assert.equal(await count(stores), 3)
})

test('a statement that takes too long is cancelled, and its transaction refused', async () => {
  await using stores = await behindProxy({ statementTimeout: 50 })
  await assert.rejects(
    stores.database.transact((db) => db.all(sql`select pg_sleep(20)`)),
    Unavailable,
  )
  // On a slow machine an insert may take longer, too. A connection that cannot be used any more would refuse each of them.
  const add = () => stores.act((tx) => tx.clients.add(someClient('next'))).catch((error) => assert.ok(error instanceof Unavailable))
  while ((await add()) !== true);
})

/** The names of statements and the settings that are left on the one connection of a pool after an act and a read. */
async function sessionAt(url: string) {
  await using stores = await freshStores(async () => {
    const database = openPostgres(url, { connections: 1 })
    await migrateUp(database)
    return database
  })
  await stores.act((tx) => tx.clients.add(someClient('c')))
  for (const _ of [1, 2]) assert.equal((await stores.read.clients.find('c'))?.clientId, 'c')
  const rows = await stores.database.read.all(sql<{
    names: number
    scans: string
    timeout: string
  }>`select (select count(*) from pg_prepared_statements) as names,
    current_setting('enable_seqscan') as scans, current_setting('statement_timeout') as timeout`)
  return rows[0]
}

test('on a connection straight to the server statements keep their plans, which read no whole table, and no time-out is left behind', async () => {
  assert.deepEqual(await sessionAt(await server.createDatabase()), { names: 2, scans: 'off', timeout: '0' })
})

test('through a pgbouncer in transaction mode no statement has a name and no session a setting', async (context) => {
  const bouncer = await startPgbouncer(await server.createDatabase())
  if (!bouncer) return context.diagnostic('no pgbouncer is installed here, so none was tried')
  await using _bouncer = bouncer
  assert.deepEqual(await sessionAt(bouncer.url), { names: 0, scans: 'on', timeout: '0' })
})

test('while the database is down ping is false and reads and transactions are refused; afterwards both recover', async () => {
  await using own = await startPostgres({ own: true })
  await using stores = await freshStores(async () => {
    const database = openPostgres(await own.createDatabase(), { connections: 2 })
    await migrateUp(database)
    return database
  })
  assert.equal(await stores.database.ping(), true)
  await own.stop('fast')
  assert.equal(await stores.database.ping(), false)
  await assert.rejects(stores.read.clients.find('c'), Unavailable)
  await assert.rejects(
    stores.act((tx) => tx.clients.add(someClient('c'))),
    Unavailable,
  )
  await own.start()
  assert.equal(await stores.database.ping(), true)
  assert.equal(await stores.act((tx) => tx.clients.add(someClient('c'))), true)
})

test('an outdated schema is refused with the command that migrates it, and is not changed', async () => {
  const database = openPostgres(await server.createDatabase())
  try {
    await assert.rejects(requireSchema(database), /behind \(0001-registry.*clientele migrate sql up/)
    await migrateUp(database)
    await requireSchema(database)
  } finally {
    await database.close()
  }
})

test('concurrent migrations of one database by several processes run one after the other', async () => {
  const url = await server.createDatabase()
  const databases = Array.from({ length: 4 }, () => openPostgres(url))
  try {
    const applied = await Promise.all(databases.map((database) => migrateUp(database)))
    assert.equal(applied.flat().filter((name) => name === '0001-registry').length, 1)
  } finally {
    await Promise.all(databases.map((database) => database.close()))
  }
})

test('more transactions and reads than connections succeed through a pgbouncer in transaction mode', async (context) => {
  const bouncer = await startPgbouncer(await server.createDatabase())
  if (!bouncer) return context.diagnostic('no pgbouncer is installed here, so none was tried')
  await using _bouncer = bouncer
  await using stores = await freshStores(async () => {
    const database = openPostgres(bouncer.url, { connections: 8 })
    await migrateUp(database)
    return database
  })
  const ids = Array.from({ length: 100 }, (_, n) => `c-${String(n).padStart(3, '0')}`)
  const added = await Promise.all(ids.map((id) => stores.act((tx) => tx.clients.add(someClient(id)))))
  assert.ok(added.every(Boolean))
  const found = await Promise.all(ids.map((id) => stores.read.clients.find(id)))
  assert.deepEqual(
    found.map((client) => client?.clientId),
    ids,
  )
  assert.ok((await Promise.all(ids.map((id) => stores.keepAccessToken(someToken(`t-${id}`, id))))).every(Boolean))
})
