import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { startPostgres } from '../support/postgres.ts'
import {
  type FreshStores,
  freshStores,
  type Stores,
  someClient,
  someFlow,
  someGrant,
  someRefreshToken,
  someSession,
  someToken,
} from './fresh-stores.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

const now = 1_700_000_000_000

async function filled(): Promise<FreshStores> {
  const stores = await freshStores(async () => openPostgres(await server.createMigrated(), { isolation: 'READ COMMITTED' }))
  await stores.act(async (tx) => {
    await tx.clients.add(someClient('c'))
    await tx.grants.open(someGrant('before', 'c'))
    await tx.sessions.start(someSession('before'))
  })
  return stores
}

/** `issue` writes first, `end` is committed, and only then is `issue`. Only PostgreSQL has two acts open at once. */
async function across({ act }: FreshStores, issue: (tx: Stores) => Promise<unknown>, end: (tx: Stores) => Promise<unknown>): Promise<void> {
  const [written, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const issuing = act(async (tx) => {
    await issue(tx)
    written.resolve()
    await ended.promise
  })
  await written.promise
  assert.equal(await act(end), true)
  ended.resolve()
  await issuing
}

const ownToken = (tx: Stores) => tx.accessTokens.add(someToken('t', 'c'))
const findToken = ({ accessTokens }: Stores) => accessTokens.find('t')

async function refreshed(tx: Stores): Promise<void> {
  assert.equal(await tx.grants.keep('before', now + 1, true), true)
  assert.equal(await tx.accessTokens.add(someToken('t', 'c', { grantId: 'before' })), true)
  await tx.refreshTokens.add(someRefreshToken('r', 'before'))
}

type Case = readonly [
  issue: (tx: Stores) => Promise<unknown>,
  end: (tx: Stores) => Promise<unknown>,
  find: (read: Stores) => Promise<unknown>,
]

const removed = (tx: Stores) => tx.clients.remove('c', now, now)

const cases: Record<string, Case> = {
  'an access token beside the end of all of its client': [ownToken, (tx) => tx.clients.endTokens('c', now), findToken],
  'an access token beside the removal of its client': [ownToken, removed, findToken],
  'a login flow beside the removal of its client': [(tx) => tx.flows.add(someFlow('f', 'c'), 9), removed, ({ flows }) => flows.find('f')],
  'a grant beside the removal of its client': [(tx) => tx.grants.open(someGrant('g', 'c')), removed, ({ grants }) => grants.find('g')],
  'a grant beside the withdrawal for its client': [
    (tx) => tx.grants.open(someGrant('g', 'c')),
    (tx) => tx.grants.withdraw({ subject: 'ada', clientId: 'c' }, now),
    ({ grants }) => grants.find('g'),
  ],
  'a grant that rests on a remembered one beside the withdrawal for all clients': [
    (tx) => tx.grants.open(someGrant('g', 'c'), 'before'),
    (tx) => tx.grants.withdraw({ subject: 'ada' }, now),
    ({ grants }) => grants.find('g'),
  ],
  'the access token of a refresh beside the withdrawal for its client': [
    refreshed,
    (tx) => tx.grants.withdraw({ subject: 'ada', clientId: 'c' }, now),
    findToken,
  ],
  'the refresh token of a refresh beside the removal of its client': [refreshed, removed, ({ grants }) => grants.find('before')],
  'a session beside the end of all of its person': [
    (tx) => tx.sessions.start(someSession('s')),
    (tx) => tx.sessions.endAll('ada', now),
    ({ sessions }) => sessions.find('s'),
  ],
}

describe('on PostgreSQL, what is written before an ending and committed after it does not count', () => {
  for (const [name, [issue, end, find]] of Object.entries(cases))
    test(name, async () => {
      await using stores = await filled()
      await across(stores, issue, end)
      assert.equal(await find(stores.read), undefined)
    })

  test('a client that is created anew while the old one is removed waits for that, and has a later generation', async () => {
    await using stores = await filled()
    const [marked, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const removing = stores.act(async (tx) => {
      await removed(tx)
      marked.resolve()
      await over.promise
    })
    await marked.promise
    const adding = stores.act((tx) => tx.clients.add(someClient('c')))
    over.resolve()
    assert.deepEqual([await adding, await removing], [true, undefined])
    assert.equal((await stores.read.clients.find('c'))?.generation, 2)
  })
})
