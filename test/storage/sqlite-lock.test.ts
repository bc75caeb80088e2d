import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { RolledBack } from '../../src/lib/unavailable.ts'
import { holdLock } from '../support/lock-holder.ts'
import { type FreshStores, freshStores, someClient } from './fresh-stores.ts'
import { databaseFolder, migratedSqlite } from './sqlite-file.ts'

/** Stores on a file of which another process holds the write lock. */
async function lockedStores(folder: { file: string }, options: Parameters<typeof migratedSqlite>[1] = {}) {
  // By default longer than a slow machine needs to release the lock.
  const stores = await freshStores(() => migratedSqlite(folder.file, { lockTimeout: 600_000, ...options }))
  // Whoever opens the file last would check what is in it.
  await stores.act((tx) => tx.clients.add(someClient('before')))
  return { stores, lock: await holdLock(folder.file) }
}

const add = (stores: FreshStores, id: string) => stores.act((tx) => tx.clients.add(someClient(id)))

async function isEventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await nextTurn()
}

describe('while another process holds the write lock', () => {
  test('an act waits, reads go on, the event loop is not held, and the act is done when the lock is gone', async () => {
    using folder = databaseFolder()
    const { stores, lock } = await lockedStores(folder)
    await using _stores = stores
    await using _lock = lock
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    let isDone = false
    const act = add(stores, 'c').then((isAdded) => {
      isDone = true
      return isAdded
    })
    const began = performance.now()
    let reads = 0
    while (reads < 50 || performance.now() - began < 1_000) {
      assert.equal((await stores.read.clients.find('before'))?.clientId, 'before')
      reads++
      await nextTurn()
    }
    delay.disable()
    assert.equal(isDone, false)
    // SQLite's own wait for a lock would take five seconds, as usual.
    assert.ok(delay.max < 4e9, `the event loop stood still for ${delay.max / 1e6} ms`)
    assert.equal(await stores.database.ping(), true, 'an act that waits is no failure')
    await lock.release()
    assert.equal(await act, true)
  })

  test('acts that come later do not overtake: all are done in the order in which they came', async (t: TestContext) => {
    using folder = databaseFolder()
    const { stores, lock } = await lockedStores(folder)
    await using _stores = stores
    await using _lock = lock
    const order: number[] = []
    const acts: Promise<unknown>[] = []
    for (let at = 0; at < 300; at++) {
      acts.push(stores.act(async () => void order.push(at)))
      if (at % 50 === 0) await nextTurn()
    }
    t.diagnostic(`${order.length} were done before the lock was gone`)
    assert.equal(order.length, 0)
    await lock.release()
    await Promise.all(acts)
    assert.deepEqual(
      order,
      Array.from({ length: 300 }, (_, at) => at),
    )
  })

  test('8,192 acts wait at most: the next is refused at once, and those that wait are done', async () => {
    using folder = databaseFolder()
    const { stores, lock } = await lockedStores(folder)
    await using _stores = stores
    await using _lock = lock
    const acts = Array.from({ length: 8_192 }, (_, at) => stores.act((tx) => tx.registrationTokens.remove(`c${at}`, 'h')))
    await nextTurn()
    await assert.rejects(add(stores, 'one-too-many'), RolledBack)
    await lock.release()
    assert.equal((await Promise.all(acts)).length, 8_192)
  })

  test('an act that waited for longer than it may is refused, the database is not ready, and is again by itself when the lock is gone', async () => {
    using folder = databaseFolder()
    const { stores, lock } = await lockedStores(folder, { lockTimeout: 200, probeEvery: 50 })
    await using _stores = stores
    await using _lock = lock
    await assert.rejects(add(stores, 'c'), (error) => error instanceof RolledBack && error.retryAfterSeconds > 0)
    assert.equal(await stores.database.ping(), false)
    assert.ok(await stores.read.clients.find('before'))
    await lock.release()
    await isEventually(() => stores.database.ping())
    assert.equal(await stores.read.clients.find('c'), undefined, 'the refused act was not done later')
    assert.equal(await add(stores, 'd'), true)
  })

  test('closing refuses the acts that wait, without waiting for the lock', async () => {
    using folder = databaseFolder()
    const { stores, lock } = await lockedStores(folder)
    await using _lock = lock
    const refused = assert.rejects(add(stores, 'c'), RolledBack)
    await nextTurn()
    await nextTurn()
    await stores.database.close()
    await refused
  })
})
