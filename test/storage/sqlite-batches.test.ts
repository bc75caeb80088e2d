import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type SQLInputValue, StatementSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as timer } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { type Stores, someClient } from './fresh-stores.ts'
import { memoryStores } from './sqlite-file.ts'

const loopTurned = { message: /must not let the event loop turn/ }
const unavailable = { name: 'Unavailable' }

/** How many transactions the writer commits while `body` runs. */
async function commitsOf(t: TestContext, body: () => Promise<unknown>): Promise<number> {
  const run = t.mock.method(StatementSync.prototype, 'run')
  await body()
  const statements = run.mock.calls.map((call) => (call.this as StatementSync).sourceSQL)
  run.mock.restore()
  return statements.filter((text) => text === 'COMMIT').length
}

describe('group commit', () => {
  test('the acts of one turn share one commit, 256 at most, and run in the order in which they came', async (t) => {
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

  test('more than 256 acts in a turn are all committed, in order', async () => {
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
    assert.equal((await stores.read.clients.list({ limit: 1_000 })).length, 700)
  })

  test('an act that an act begins comes after it', async () => {
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

  test('more acts than may wait are told to come back, and the others lose nothing', async () => {
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

  test('nobody is told anything before the commit: a refusal may rest on what is not committed yet', async () => {
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
    assert.notEqual((settled[1] as PromiseRejectedResult).reason.message, 'taken', 'nobody took the id in the end')
    assert.equal(await stores.read.clients.find('c'), undefined)
  })
})

/** An act that is fine until the COMMIT, which it makes fail: SQLite looks at a deferred foreign key only then. */
const failingCommit = (database: Database): Promise<unknown> =>
  database.transact(async (db) => {
    await sql`PRAGMA defer_foreign_keys = ON`.execute(db)
    await db.insertInto('registration_access_tokens').values({ client_id: 'nobody', hash: 'h', created_at: 1 }).execute()
  })

describe('when a COMMIT fails', () => {
  test('every act of the batch is refused, no effect runs, nothing is stored, and the next batch goes on', async () => {
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
      (await stores.read.clients.list({ limit: 9 })).map(({ clientId }) => clientId),
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
    const left = await stores.read.clients.list({ limit: 9 })
    assert.deepEqual(
      left.map(({ clientId }) => clientId),
      ['c'],
    )
  })
})

describe('an error by which SQLite rolls back the whole transaction', () => {
  const fatal = (db: Parameters<Parameters<Database['transact']>[0]>[0]) =>
    sql`INSERT OR ROLLBACK INTO revoked_tokens VALUES ('k', 1), ('k', 1)`.execute(db)

  test('refuses every act of the batch that had run; those that had not go on in the next', async () => {
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

  test('leaves no transaction to a body that caught it: what it writes then lands nowhere', async () => {
    await using stores = await memoryStores()
    const caught = stores.database.transact(async (db) => {
      await fatal(db).catch(() => {})
      await sql`INSERT INTO revoked_tokens VALUES ('stray', 1)`.execute(db).catch(() => {})
    })
    await assert.rejects(caught)
    assert.equal(await stores.act((tx) => tx.revokedTokens.removeExpired(2, 9)), 0)
    assert.equal(await stores.act((tx) => tx.clients.add(someClient('next'))), true)
  })

  test('a smaller error that a body caught undoes that statement alone', async () => {
    await using stores = await memoryStores()
    await stores.act(async (tx) => {
      await tx.clients.add(someClient('c'))
      await tx.registrationTokens.add('c', 'h1', 1)
      await assert.rejects(tx.registrationTokens.add('c', 'h2', 1))
    })
    assert.equal((await stores.read.registrationTokens.findClient('c'))?.hash, 'h1')
  })
})

describe('the guard', () => {
  const never = new Promise<void>(() => {})
  const waits: Record<string, () => Promise<unknown>> = {
    'a timer': () => timer(1),
    'the next turn': () => nextTurn(),
    'a file': () => readFile(import.meta.filename),
    'a promise that never settles': () => never,
  }
  for (const [name, wait] of Object.entries(waits))
    test(`fails an act whose body waits for ${name}; the acts around it go on`, async () => {
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
        (await stores.read.clients.list({ limit: 9 })).map(({ clientId }) => clientId),
        ['before', 'behind', 'later'],
      )
      assert.equal(effects, 0)
    })

  test('fails an act that waits for an act behind it, and that one goes on', async () => {
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

  test('does not blame an act that only has many statements', async () => {
    await using stores = await memoryStores()
    await stores.act(async (tx) => {
      for (let at = 0; at < 2_000; at++) await tx.clients.find(`c${at}`)
      await tx.clients.add(someClient('c'))
    })
    assert.ok(await stores.read.clients.find('c'))
  })

  test('a statement that is run after its act has ended fails, in a turn of its own and in the middle of another act', async () => {
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
      (await stores.read.clients.list({ limit: 9 })).map(({ clientId }) => clientId),
      ['kept'],
    )
  })

  test('a body that was failed and goes on later writes nothing', async () => {
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

  test('close does not wait for ever for a body that hangs', async () => {
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
