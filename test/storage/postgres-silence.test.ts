import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { after, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { OutcomeUnknown, RolledBack, Unavailable } from '../../src/lib/unavailable.ts'
import { openPostgres, type PostgresOptions } from '../../src/storage/dialects/postgres.ts'
import { selfSigned } from '../support/certificate.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { startPgbouncer } from '../support/pgbouncer.ts'
import { startPostgres } from '../support/postgres.ts'
import { type FreshStores, freshStores, someClient } from './fresh-stores.ts'

// Connections on which nothing arrives any more, and which nobody closes: a machine in between has died, or forgot them.

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

/** Milliseconds: shorter than usual, and longer than a slow machine needs for an answer. The tests wait beside one another. */
const short: PostgresOptions = {
  connections: 4,
  answerTimeout: 3_000,
  readTimeout: 3_000,
  connectTimeout: 3_000,
  idleTimeout: 3_000,
  patience: 4_500,
}

const storesAt = (url: string, options: PostgresOptions = {}): Promise<FreshStores> =>
  freshStores(async () => openPostgres(url, { ...short, ...options }))

/** A new database whose connections pass through a proxy that can go silent. */
async function behindProxy(options: PostgresOptions = {}) {
  const direct = await server.createMigrated()
  const proxy = await cuttingProxy(Number(new URL(direct).port))
  const stores = await storesAt(Object.assign(new URL(direct), { port: String(proxy.port) }).href, options)
  return {
    ...stores,
    proxy,
    direct,
    async [Symbol.asyncDispose]() {
      await stores[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

const add = (stores: FreshStores, id: string) => stores.act((tx) => tx.clients.add(someClient(id)))
const ids = async (stores: FreshStores) => (await stores.read.clients.list({ limit: 100 })).clients.map(({ clientId }) => clientId)

async function isEventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await nextTurn()
}

describe('connections to PostgreSQL that go silent', { concurrency: true }, () => {
  test('while every one of them reads: the reads are refused, all places of the pool come back, and new ones are made', async () => {
    await using stores = await behindProxy()
    const read = () => Promise.allSettled([1, 2, 3, 4].map(() => stores.read.clients.find('c')))
    assert.ok((await read()).every(({ status }) => status === 'fulfilled'))
    stores.proxy.silence()
    for (const settled of await read()) {
      assert.ok(settled.status === 'rejected' && settled.reason instanceof Unavailable)
      assert.ok(!(settled.reason instanceof RolledBack), 'a read says nothing of what was changed before')
    }
    assert.deepEqual(stores.database.pool?.(), { inUse: 0, idle: 0, waiting: 0 })
    stores.proxy.speak()
    assert.ok((await read()).every(({ status }) => status === 'fulfilled'))
  })

  test('before COMMIT was sent: the act runs again on another connection, and happens once', async () => {
    await using stores = await behindProxy()
    for (const forward of [true, false]) {
      stores.proxy.arm({ at: 'insert into "clients"', forward, isSilent: true })
      let effects = 0
      const added = await stores.act(async (tx) => {
        tx.afterCommit(() => effects++)
        return tx.clients.add(someClient(`c-${forward}`))
      })
      assert.deepEqual([added, effects], [true, 1])
    }
    assert.equal(stores.proxy.cuts, 2)
    assert.deepEqual((await ids(stores)).sort(), ['c-false', 'c-true'])
  })

  test('again and again: the act is refused after a bounded time, however many tries are left, and nothing of it is done', async () => {
    await using stores = await behindProxy()
    stores.proxy.arm({ at: 'insert into "clients"', forward: false, isSilent: true }, 1_000)
    await assert.rejects(add(stores, 'c'), RolledBack)
    assert.ok(stores.proxy.cuts <= 3, `${stores.proxy.cuts} tries`)
    stores.proxy.arm({ at: 'insert into "clients"', forward: false }, 0)
    assert.deepEqual(await ids(stores), [])
    assert.deepEqual(stores.database.pool?.().inUse, 0)
  })

  test('after COMMIT was sent: nobody can say whether it happened, and it is never run again', async () => {
    let unknown = 0
    await using stores = await behindProxy({ onOutcomeUnknown: () => unknown++ })
    for (const forward of [true, false]) {
      let runs = 0
      let effects = 0
      stores.proxy.arm({ at: 'COMMIT', forward, isSilent: true })
      const act = stores.act(async (tx) => {
        runs++
        tx.afterCommit(() => effects++)
        return tx.clients.add(someClient(`c-${forward}`))
      })
      await assert.rejects(act, (error) => error instanceof OutcomeUnknown && !(error instanceof Unavailable))
      assert.deepEqual([runs, effects], [1, 0])
    }
    assert.equal(unknown, 2)
    assert.deepEqual(await ids(stores), ['c-true'], 'the one whose COMMIT arrived')
    assert.deepEqual(stores.database.pool?.().inUse, 0)
  })

  test('while they are made: acts, reads and ping are refused, and all of them go on when something answers again', async () => {
    await using stores = await behindProxy()
    stores.proxy.silence()
    await assert.rejects(add(stores, 'c'), RolledBack)
    await assert.rejects(stores.read.clients.find('c'), Unavailable)
    assert.equal(await stores.database.ping(), false)
    stores.proxy.speak()
    assert.equal(await stores.database.ping(), true)
    assert.equal(await add(stores, 'c'), true)
  })

  test('while nobody uses them: ping finds out, and is true again on a new one', async () => {
    await using stores = await behindProxy({ connections: 1 })
    assert.equal(await stores.database.ping(), true)
    stores.proxy.silence()
    assert.equal(await stores.database.ping(), false)
    stores.proxy.speak()
    assert.equal(await stores.database.ping(), true)
  })

  test('in the middle of an act: its locks go with it, so another node that needs them waits for a bounded time', async () => {
    await using silent = await behindProxy()
    await using other = await freshStores(async () => openPostgres(silent.direct))
    await add(other, 'c')
    silent.proxy.arm({ at: 'update "clients"', forward: true, isSilent: true }, 1_000)
    await assert.rejects(
      silent.act((tx) => tx.clients.remove('c', 1, 1)),
      RolledBack,
    )
    assert.equal(await other.act((tx) => tx.clients.remove('c', 1, 1)), true)
  })
})

test('every connection to PostgreSQL asks the kernel to find out whether the peer is there (TCP keepalive)', async (t) => {
  await using stores = await behindProxy({ connections: 1 })
  const keepAlive = t.mock.method(Socket.prototype, 'setKeepAlive')
  await stores.read.clients.find('c')
  assert.deepEqual(
    keepAlive.mock.calls.map(({ arguments: given }) => given),
    [[true, 5_000]],
  )
})

/** Gives a PostgreSQL of ours a certificate, written by itself, as the key must belong to it. */
async function switchTlsOn(url: string): Promise<void> {
  const { cert, key } = selfSigned(['localhost'], ['127.0.0.1'])
  const client = new pg.Client(url)
  await client.connect()
  for (const [file, text] of Object.entries({ 'server.crt': cert, 'server.key': key })) {
    const lines = `select regexp_split_to_table('${text.trim()}', '\\n')`
    await client.query(`copy (${lines}) to program 'umask 077; cat > ${file}'`)
  }
  await client.query('alter system set ssl = on')
  await client.query('select pg_reload_conf()')
  await isEventually(async () => (await client.query('show ssl')).rows[0].ssl === 'on')
  await client.end()
}

describe('a read that takes too long', { concurrency: true }, () => {
  /** Whether a statement with this text runs on the server. */
  async function isRunning(direct: pg.Client, text: string): Promise<boolean> {
    const running = "select 1 from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()"
    return (await direct.query(running, [`%${text}%`])).rowCount !== 0
  }

  async function assertCancelled(stores: FreshStores, url: string): Promise<void> {
    const direct = new pg.Client(url)
    await direct.connect()
    try {
      await assert.rejects(stores.database.read.all(sql`select pg_sleep(600), 'slow'`), Unavailable)
      await isEventually(async () => !(await isRunning(direct, "pg_sleep(600), 'slow'")))
      assert.ok(await stores.database.ping())
    } finally {
      await direct.end()
    }
  }

  test('is refused, and the server stops working on it', async () => {
    const url = await server.createMigrated()
    await using stores = await storesAt(url)
    await assertCancelled(stores, url)
  })

  test('is refused, and the server stops working on it, through a pgbouncer in transaction mode', async (context) => {
    const url = await server.createMigrated()
    const bouncer = await startPgbouncer(url)
    if (!bouncer) return context.diagnostic('no pgbouncer is installed here, so none was tried')
    await using _bouncer = bouncer
    await using stores = await storesAt(bouncer.url)
    await assertCancelled(stores, url)
  })

  test('is refused, and the server stops working on it, over TLS', async () => {
    await using own = await startPostgres({ own: true })
    await switchTlsOn(own.url)
    const url = await own.createMigrated()
    await using stores = await storesAt(`${url}?sslmode=no-verify`)
    const rows = await stores.database.read.all(sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`)
    assert.equal(rows[0]?.ssl, true)
    await assertCancelled(stores, url)
  })

  test('a migration may take longer than a read', async () => {
    await using stores = await storesAt(await server.createMigrated(), { readTimeout: 100 })
    await sql`select pg_sleep(1)`.execute(stores.database.write)
  })
})
