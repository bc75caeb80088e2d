import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { startPostgres } from '../support/postgres.ts'
import { type FreshStores, freshStores, type Stores, someClient, someFlow, someGrant, someLogin, someSession } from './fresh-stores.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

const now = 1_700_000_000_000

const stores = () => freshStores(async () => openPostgres(await server.createMigrated(), { isolation: 'READ COMMITTED' }))

/** Begins `second` after `first` has written and before it commits; returns the result of `second`. Only PostgreSQL has two open transactions. */
async function during<T>({ act }: FreshStores, first: (tx: Stores) => Promise<unknown>, second: (tx: Stores) => Promise<T>): Promise<T> {
  const written = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const one = act(async (tx) => {
    await first(tx)
    written.resolve()
    await over.promise
  })
  await written.promise
  const other = act(second)
  // Long enough to reach the row that the first has locked. If it comes later, it sees what the first committed, and the test passes, too.
  await delay(100)
  over.resolve()
  await one
  return other
}

describe('on PostgreSQL, a removal while another transaction has locked the row', () => {
  test('does not remove a grant as expired whose expiry is being extended for new tokens', async () => {
    await using fresh = await stores()
    await fresh.act(async (tx) => {
      await tx.clients.add(someClient('c'))
      await tx.grants.open(someGrant('g', 'c', { expiresAt: now }))
    })
    const removed = await during(
      fresh,
      (tx) => tx.grants.keep('g', now + 10),
      (tx) => tx.grants.removeExpired(now, 10),
    )
    assert.equal(removed, 0)
    assert.ok(await fresh.read.grants.find('g'))
  })

  test('does not remove a session as expired that is being extended', async () => {
    await using fresh = await stores()
    await fresh.act((tx) => tx.sessions.start(someSession('s', { expiresAt: now })))
    const removed = await during(
      fresh,
      (tx) => tx.sessions.extend('s', now + 10),
      (tx) => tx.sessions.removeExpired(now, 10),
    )
    assert.equal(removed, 0)
    assert.ok(await fresh.read.sessions.find('s'))
  })

  test('does not evict a flow that is being accepted', async () => {
    await using fresh = await stores()
    await fresh.act(async (tx) => {
      await tx.clients.add(someClient('c'))
      await tx.flows.add(someFlow('oldest', 'c'), 1)
    })
    await during(
      fresh,
      (tx) => tx.flows.decideLogin('oldest', someLogin(), 'v'),
      (tx) => tx.flows.add(someFlow('next', 'c', { createdAt: now + 1 }), 1),
    )
    assert.ok(await fresh.read.flows.find('oldest'))
    assert.ok(await fresh.read.flows.find('next'))
  })
})
