import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { startPostgres } from '../support/postgres.ts'
import { type CountWork, countingPlans, countingSteps } from '../support/read-rows.ts'
import { type FreshStores, freshStores, type Stores, someClient, someFlow, someGrant, someSession } from './fresh-stores.ts'
import { migratedSqlite } from './sqlite-file.ts'

// What a read examines does not depend on how much one person or client stored.

const postgres = await startPostgres()
after(() => postgres[Symbol.asyncDispose]())

const now = 1_700_000_000_000
const later = 2 * now

const numbers = (count: number) =>
  sql`with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < ${sql.lit(count)})`

interface StoredGrants {
  readonly subject: string
  readonly isSkipped?: boolean
  readonly rememberedUntil?: number
  readonly grantedFrom?: number
  readonly generation?: number
  readonly consents?: number
}

/** So many grants of one person and the client `c`, in the session of the person's name. */
const storeGrants = ({ transact }: Database, count: number, grants: StoredGrants): Promise<unknown> => {
  const { subject, isSkipped = false, rememberedUntil = null, grantedFrom = now, generation = 1, consents = 0 } = grants
  return transact((db) =>
    db.all(sql`insert into grants (id, client_id, subject, session_id, scope, audience, claims, authentication, consent, consent_skipped, terms,
        remembered_until, granted_at, expires_at, generation, consents)
      ${numbers(count)} select ${sql.lit(`${subject}-${grantedFrom}-`)} || i, 'c', ${sql.lit(subject)}, ${sql.lit(subject)}, '', '[]', '{}', '{}', '{}',
        ${sql.lit(Number(isSkipped))}, '', ${sql.lit(rememberedUntil)}, ${sql.lit(grantedFrom)} + i, ${sql.lit(later)},
        ${sql.lit(generation)}, ${sql.lit(consents)} from numbers`),
  )
}

const storeSessions = ({ transact }: Database, count: number, ended: number): Promise<unknown> =>
  transact((db) =>
    db.all(sql`insert into login_sessions (id, subject, authenticated_at, expires_at, sessions) ${numbers(count)}
      select ${sql.lit(`s${ended}-`)} || i, 'ada', 1, ${sql.lit(later)}, ${sql.lit(ended)} from numbers`),
  )

/** Clients that register themselves choose their names. */
const storeClients = ({ transact }: Database, count: number, prefix: string, removedAt: number | null): Promise<unknown> =>
  transact((db) =>
    db.all(sql`insert into clients (client_id, version, origin, client_name, owner, metadata, settings, rotated_secret_hashes, created_at,
        updated_at, tokens_valid_after, removed_at)
      ${numbers(count)} select ${sql.lit(prefix)} || i, 1, 'dynamic', 'Notes', '', '{}', '{}', '[]', 1, 1, 0, ${sql.lit(removedAt)}
      from numbers`),
  )

const storeFlows = ({ transact }: Database, count: number, generation: number): Promise<unknown> =>
  transact((db) =>
    db.all(sql`insert into authorization_flows (id, client_id, address, created_at, expires_at, request, session, login_challenge, login_csrf,
        login_accepted_at, generation)
      ${numbers(count)} select 'flow-' || i, 'c', '', 1, ${sql.lit(later)}, '', '', '', '', 1, ${sql.lit(generation)} from numbers`),
  )

/** Counts how much a read examines. */
type Measure = (name: string, read: (stores: Stores) => Promise<unknown>) => Promise<void>

async function ofGrants(stores: FreshStores, count: number, measure: Measure): Promise<void> {
  const { database } = stores
  await storeGrants(database, count, { subject: 'ada' })
  await storeGrants(database, count, { subject: 'skipped', isSkipped: true })
  await storeGrants(database, count, { subject: 'over', rememberedUntil: 1 })
  await stores.act((tx) => tx.grants.open(someGrant('eve', 'c', { subject: 'eve', sessionId: 'ada' })))
  await analyze(database)
  const after = { grantedAt: now + 700, id: 'x' }
  await measure('what is remembered, of which there is nothing', ({ grants }) => grants.remembered('ada', 'c', now))
  await measure('what is remembered, of which all is over', ({ grants }) => grants.remembered('over', 'c', now))
  for (const withSkipped of [false, true]) {
    const what = withSkipped ? 'with those not asked for' : 'asked for'
    const list = (subject: string, over: { sessionId?: string; after?: typeof after } = {}) =>
      measure(`a page of ${subject}, ${what}, ${Object.keys(over).join()}`, ({ grants }) =>
        grants.list({ subject, withSkipped, now, limit: 10, ...over }),
      )
    for (const subject of ['ada', 'skipped']) {
      await list(subject)
      await list(subject, { after })
      await list(subject, { sessionId: subject })
      await list(subject, { sessionId: subject, after })
    }
    await list('ada', { sessionId: 'skipped' })
  }
  await stores.act((tx) => tx.grants.withdraw({ subject: 'ada' }, later))
  await stores.act((tx) => tx.grants.withdraw({ subject: 'over', clientId: 'c' }, later))
  await measure('what is remembered, after a withdrawal', ({ grants }) => grants.remembered('over', 'c', 0))
  await measure('a page after a withdrawal', ({ grants }) => grants.list({ subject: 'ada', now, limit: 10 }))
  await measure('a page of a session after a withdrawal', ({ grants }) => grants.list({ subject: 'ada', sessionId: 'ada', now, limit: 10 }))
}

async function ofEndings(stores: FreshStores, count: number, measure: Measure): Promise<void> {
  const { act, database } = stores
  await storeGrants(database, count, { subject: 'ada' })
  await storeSessions(database, count, 0)
  await act((tx) => tx.grants.withdraw({ subject: 'ada' }, now + count))
  await act((tx) => tx.grants.withdraw({ subject: 'ada', clientId: 'c' }, now + count))
  await act((tx) => tx.sessions.endAll('ada', now))
  await analyze(database)
  await measure('a second withdrawal', ({ grants }) => grants.withdraw({ subject: 'ada' }, now + count))
  await measure('a second withdrawal for the client', ({ grants }) => grants.withdraw({ subject: 'ada', clientId: 'c' }, now + count))
  await measure('a withdrawal for a client without grants', ({ grants }) => grants.withdraw({ subject: 'ada', clientId: 'other' }, now))
  await measure('a second end of the sessions', ({ sessions }) => sessions.endAll('ada', now))
}

/** The job, where what was ended is gone already and as much was stored since. */
async function ofRemovals(stores: FreshStores, count: number, measure: Measure): Promise<void> {
  const { act, database } = stores
  await act(async (tx) => {
    await tx.grants.open(someGrant('first', 'c'))
    await tx.grants.withdraw({ subject: 'ada' }, now)
    await tx.sessions.start(someSession('first'))
    await tx.sessions.endAll('ada', now)
    await tx.flows.add(someFlow('first', 'c'), 10)
    await tx.clients.remove('c', now, now)
    await tx.clients.add(someClient('c'))
  })
  await storeGrants(database, count, { subject: 'ada', grantedFrom: now + 1, generation: 2, consents: 1 })
  await storeSessions(database, count, 1)
  await storeFlows(database, count, 2)
  await analyze(database)
  for (const part of ['one', 'two', 'three']) {
    await measure(`withdrawn grants, part ${part}`, ({ removals }) => removals.consents(later, 500))
    await measure(`ended sessions, part ${part}`, ({ sessions }) => sessions.removeEnded(later, 500))
    await measure(`what a removed client had, part ${part}`, ({ removals }) => removals.clients(later, 500))
  }
}

async function ofClients(stores: FreshStores, count: number, measure: Measure): Promise<void> {
  await storeClients(stores.database, count, 'a', 1)
  await storeClients(stores.database, count, 'b', null)
  await stores.act((tx) => tx.clients.add(someClient('d', { metadata: { clientName: 'Notes' }, settings: { owner: 'ann' } })))
  await analyze(stores.database)
  await measure('clients, the first of which are removed', ({ clients }) => clients.list({ limit: 10 }))
  await measure('clients by name', ({ clients }) => clients.list({ limit: 10, clientName: 'Notes' }))
  await measure('clients by name and owner', ({ clients }) => clients.list({ limit: 10, clientName: 'Notes', owner: 'ann' }))
}

const parts = { grants: ofGrants, endings: ofEndings, removals: ofRemovals, clients: ofClients }

const databases = {
  sqlite: (t: TestContext) => ({ count: countingSteps(t), open: () => migratedSqlite('memory') }),
  async postgres(t: TestContext) {
    const url = await postgres.createDatabase()
    const open = async () => {
      const database = openPostgres(url)
      await migrateUp(database)
      return database
    }
    return { count: countingPlans(t, url), open }
  },
}

/** So that PostgreSQL, which has a pool, plans for what is stored. The server never does this on SQLite. */
const analyze = async ({ pool, write }: Database): Promise<unknown> => pool && sql`analyze`.execute(write)

/** How much each read examines where so much is stored. */
async function work(t: TestContext, kind: keyof typeof databases, part: keyof typeof parts, stored: number): Promise<Map<string, number>> {
  const { count, open }: { count: CountWork; open: () => Promise<Database> } = await databases[kind](t)
  await using stores = await freshStores(open)
  await stores.act((tx) => tx.clients.add(someClient('c')))
  await stores.act((tx) => tx.clients.add(someClient('other')))
  const examined = new Map<string, number>()
  await parts[part](stores, stored, async (name, read) => {
    examined.set(name, await count(() => stores.act(read)))
  })
  t.mock.restoreAll()
  return examined
}

for (const kind of ['sqlite', 'postgres'] as const)
  for (const part of ['grants', 'endings', 'removals', 'clients'] as const)
    test(`on ${kind}, how many rows a read of ${part} examines does not depend on how many are stored`, async (t) => {
      const [some, more] = [await work(t, kind, part, 1_500), await work(t, kind, part, 4_500)]
      const grown = [...more].filter(([read, count]) => !(count <= (some.get(read) ?? 0) * 1.05 + 10))
      assert.deepEqual(
        grown.map(([read, count]) => `${read}: ${some.get(read)}, ${count}`),
        [],
      )
    })
