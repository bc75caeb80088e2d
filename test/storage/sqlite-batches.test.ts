import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type SQLInputValue, StatementSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as timer } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { type Stores, someClient } from './fresh-stores.ts'
import { memoryStores } from './sqlite-file.ts'

const loopTurned = { message: /must not wait for another turn of the event loop/ }
const unavailable = { name: 'Unavailable' }

/** The number of commits of the writer while `body` runs. */
async function commitsOf(t: TestContext, body: () => Promise<unknown>): Promise<number> {
  const run = t.mock.method(StatementSync.prototype, 'run')
  await body()
  const statements = run.mock.calls.map((call) => (call.this as StatementSync).sourceSQL)
  run.mock.restore()
  return statements.filter((text) => text === 'COMMIT').length
}

describe('group commit', () => {
  test('the transactions of one turn share one commit, at most 256, and run in the order in which they began', async (t) => {
    await using stores = await memoryStores()
    const order: number[] = []
    const add = (at: number) =>
      stores.act(async (tx) => {
        order.push(at)
        await tx.clients.add(someClient(`c${at}`))
      })
    for (const [count, expected] of [
      [1, 1],
      [100, 1],
      [256, 1],
      [257, 2],
    ] as const) {
      order.length = 0
      const commits = await commitsOf(t, () => Promise.all(Array.from({ length: count }, (_, at) => add(at))))
      assert.deepEqual(
        order,
        Array.from({ length: count }, (_, at) => at),
      )
      assert.equal(commits, expected, `${count} acts`)
      await stores.act(async (tx) => {
        for (let at = 0; at < count; at++) await tx.clients.remove(`c${at}`, 1, 1)
      })
    }
  })

  test('more than 256 transactions in one turn are all committed, in order', async () => {
    await using stores = await memoryStores()
    const ended: number[] = []
    await Promise.all(
      Array.from({ length: 700 }, async (_, at) => {
        await stores.act((tx) => tx.clients.add(someClient(String(at).padStart(4, '0'))))
        ended.push(at)
      }),
    )
    assert.deepEqual(
      ended,
      Array.from({ length: 700 }, (_, at) => at),
    )
    assert.equal((await stores.read.clients.list({ limit: 1_000 })).clients.length, 700)
  })

  test('a transaction that another one begins runs after it', async () => {
    await using stores = await memoryStores()
    const seen: string[] = []
    let inner: Promise<unknown> | undefined
    const outer = stores.act(async (tx) => {
      inner = stores.act(async () => void seen.push('inner'))
      await tx.clients.add(someClient('c'))
      seen.push('outer')
    })
    const beside = stores.act(async () => void seen.push('beside'))
    await Promise.all([outer, beside])
    await inner
    assert.deepEqual(seen, ['outer', 'beside', 'inner'])
  })

  test('transactions over the limit of waiting ones are refused with a time to retry, and the others are committed', async () => {
    await using stores = await memoryStores()
    const settled = await Promise.allSettled(
      Array.from({ length: 8_200 }, (_, at) => stores.act((tx) => tx.registrationTokens.remove(`c${at}`, 'h'))),
    )
    const shed = settled.filter((result) => result.status === 'rejected')
    assert.equal(shed.length, 8)
    assert.deepEqual(settled.slice(-8), shed, 'the last ones')
    for (const { reason } of shed) assert.deepEqual([reason.name, reason.retryAfterSeconds > 0], ['Unavailable', true])
    assert.equal(await stores.act((tx) => tx.clients.add(someClient('next'))), true)
  })

  test('no promise settles before the commit, because a refusal may depend on uncommitted rows', async () => {
    await using stores = await memoryStores()
    const add = (tx: Stores) => tx.clients.add(someClient('c'))
    const settled = await Promise.allSettled([
      stores.act(add),
      stores.act(async (tx) => {
        if (!(await add(tx))) throw new Error('taken')
      }),
      failingCommit(stores.database),
    ])
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
    assert.notEqual((settled[1] as PromiseRejectedResult).reason.message, 'taken', 'the id is free at the end')
    assert.equal(await stores.read.clients.find('c'), undefined)
  })
})

/** A transaction that makes the COMMIT fail: SQLite checks a deferred foreign key only then. */
const failingCommit = (database: Database): Promise<unknown> =>
  database.transact(async (db) => {
    await db.all(sql`PRAGMA defer_foreign_keys = ON`)
    await db.change(db.queries.insertInto('registration_access_tokens').values({ client_id: 'unknown', hash: 'h', created_at: 1 }))
  })

describe('when a COMMIT fails', () => {
  test('every transaction of the batch is refused, no callback runs, nothing is stored, and the next batch succeeds', async () => {
    await using stores = await memoryStores()
    let effects = 0
    const good = (id: string) =>
      stores.act(async (tx) => {
        await tx.clients.add(someClient(id))
        tx.afterCommit(() => void effects++)
      })
    const settled = await Promise.allSettled([good('a'), failingCommit(stores.database), good('b')])
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
    assert.equal(effects, 0)
    await good('c')
    assert.deepEqual(
      (await stores.read.clients.list({ limit: 9 })).clients.map(({ clientId }) => clientId),
      ['c'],
    )
    assert.equal(effects, 1)
  })
})

describe('when the disk fails a COMMIT and the ROLLBACK after it', () => {
  test('every act of the batch is told to come back, and the next batch goes on', async (t) => {
    await using stores = await memoryStores()
    const failures = ['COMMIT', 'ROLLBACK']
    const run = StatementSync.prototype.run
    t.mock.method(StatementSync.prototype, 'run', function (this: StatementSync, ...values: SQLInputValue[]) {
      if (this.sourceSQL !== failures[0]) return run.apply(this, values as never)
      failures.shift()
      throw Object.assign(new Error('disk I/O error'), { errcode: 778 })
    })
    const add = (id: string) => stores.act((tx) => tx.clients.add(someClient(id)))
    for (const { status } of await Promise.allSettled([add('a'), add('b')])) assert.equal(status, 'rejected')
    assert.deepEqual(failures, [])
    assert.equal(await add('c'), true)
    const { clients: left } = await stores.read.clients.list({ limit: 9 })
    assert.deepEqual(
      left.map(({ clientId }) => clientId),
      ['c'],
    )
  })
})

describe('an error by which SQLite rolls back the whole transaction', () => {
  const fatal = (db: Parameters<Parameters<Database['transact']>[0]>[0]) =>
    db.all(sql`INSERT OR ROLLBACK INTO revoked_tokens VALUES ('k', 1), ('k', 1)`)

  test('refuses every transaction of the batch that has run; the others run in the next batch', async () => {
    await using stores = await memoryStores()
    const settled = await Promise.allSettled([
      stores.act((tx) => tx.clients.add(someClient('a'))),
      stores.database.transact(fatal),
      stores.act((tx) => tx.clients.add(someClient('b'))),
    ])
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled'],
    )
    assert.equal(await stores.read.clients.find('a'), undefined)
    assert.ok(await stores.read.clients.find('b'))
  })

  test('discards what a body writes after it caught the error', async () => {
    await using stores = await memoryStores()
    const caught = stores.database.transact(async (db) => {
      await fatal(db).catch(() => {})
      await db.all(sql`INSERT INTO revoked_tokens VALUES ('stray', 1)`).catch(() => {})
    })
    await assert.rejects(caught)
    assert.equal(await stores.act((tx) => tx.revokedTokens.removeExpired(2, 9)), 0)
    assert.equal(await stores.act((tx) => tx.clients.add(someClient('next'))), true)
  })

  test('an ordinary error that a body caught undoes only its statement', async () => {
    await using stores = await memoryStores()
    await stores.act(async (tx) => {
      await tx.clients.add(someClient('c'))
      await tx.registrationTokens.add('c', 'h1', 1)
      await assert.rejects(tx.registrationTokens.add('c', 'h2', 1))
    })
    assert.equal((await stores.read.registrationTokens.findClient('c'))?.hash, 'h1')
  })
})

describe('the guard against waiting bodies', () => {
  const never = new Promise<void>(() => {})
  const waits: Record<string, () => Promise<unknown>> = {
    'a timer': () => timer(1),
    'the next turn': () => nextTurn(),
    'a file': () => readFile(import.meta.filename),
    'a promise that never settles': () => never,
  }
  for (const [name, wait] of Object.entries(waits))
    test(`fails a transaction whose body waits for ${name}; the others succeed`, async () => {
      await using stores = await memoryStores()
      let effects = 0
      const good = (id: string) => stores.act((tx) => tx.clients.add(someClient(id)))
      const bad = stores.act(async (tx) => {
        tx.afterCommit(() => void effects++)
        await tx.clients.add(someClient('bad'))
        await wait()
      })
      const settled = await Promise.allSettled([good('before'), bad, good('behind')])
      assert.deepEqual(
        settled.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      await assert.rejects(bad, loopTurned)
      await good('later')
      assert.deepEqual(
        (await stores.read.clients.list({ limit: 9 })).clients.map(({ clientId }) => clientId),
        ['before', 'behind', 'later'],
      )
      assert.equal(effects, 0)
    })

  test('fails a transaction that waits for a later one, and the later one succeeds', async () => {
    await using stores = await memoryStores()
    let inner: Promise<unknown> | undefined
    const outer = stores.act(async (tx) => {
      await tx.clients.add(someClient('outer'))
      inner = stores.act((other) => other.clients.add(someClient('inner')))
      await inner
    })
    await assert.rejects(outer, loopTurned)
    assert.equal(await inner, true)
    assert.equal(await stores.read.clients.find('outer'), undefined)
  })

  test('does not fail a transaction with many statements', async () => {
    await using stores = await memoryStores()
    await stores.act(async (tx) => {
      for (let at = 0; at < 2_000; at++) await tx.clients.find(`c${at}`)
      await tx.clients.add(someClient('c'))
    })
    assert.ok(await stores.read.clients.find('c'))
  })

  test('a statement after the end of its transaction fails, in a later turn and during another transaction', async () => {
    await using stores = await memoryStores()
    let escaped: Stores | undefined
    await stores.act(async (tx) => {
      escaped = tx
    })
    const stray = (id: string) => (escaped as Stores).clients.add(someClient(id))
    await assert.rejects(stray('stray-1'), { message: /after its act had ended/ })
    await stores.act(async (tx) => {
      await tx.clients.add(someClient('kept'))
      await assert.rejects(stray('stray-2'), { message: /after its act had ended/ })
    })
    assert.deepEqual(
      (await stores.read.clients.list({ limit: 9 })).clients.map(({ clientId }) => clientId),
      ['kept'],
    )
  })

  test('a failed body that continues later writes nothing', async () => {
    await using stores = await memoryStores()
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let late: Promise<unknown> | undefined
    const bad = stores.act(async (tx) => {
      await gate
      late = tx.clients.add(someClient('late'))
      await late
    })
    await assert.rejects(bad, loopTurned)
    const beside = stores.act(async (tx) => {
      await tx.clients.add(someClient('beside'))
      release()
      await tx.clients.find('beside')
    })
    await beside
    await assert.rejects(late ?? Promise.resolve(), { message: /after its act had ended/ })
    assert.equal(await stores.read.clients.find('late'), undefined)
    assert.ok(await stores.read.clients.find('beside'))
  })

  test('close does not wait for a body that never ends', async () => {
    const stores = await memoryStores()
    const hanging = stores.act(() => never)
    const closed = stores.database.close()
    await assert.rejects(hanging, loopTurned)
    await closed
    await assert.rejects(
      stores.act(async () => {}),
      unavailable,
    )
  })
})
