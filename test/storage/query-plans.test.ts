import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import {
  freshStores,
  type OpenDatabase,
  type Stores,
  someClient,
  someCode,
  someFlow,
  someGrant,
  someLogin,
  someLogout,
  someRefreshToken,
  someSession,
  someToken,
} from './fresh-stores.ts'
import { databaseFolder, migratedSqlite } from './sqlite-file.ts'

/** The lines of the plans of every statement that `verb` runs, for the exact texts that the stores send. */
async function plansOf(t: TestContext, verb: (tx: Stores) => Promise<unknown>): Promise<string[][]> {
  using folder = databaseFolder()
  await fill(() => migratedSqlite(folder.file))
  await using stores = await freshStores(() => migratedSqlite(folder.file))
  const prepare = t.mock.method(DatabaseSync.prototype, 'prepare')
  await stores.act(verb)
  const texts = prepare.mock.calls.map((call) => call.arguments[0] as string).filter((text) => /^(?:select|update|delete)/i.test(text))
  prepare.mock.restore()
  using database = new DatabaseSync(folder.file, { readOnly: true })
  return texts.map((text) => {
    const statement = database.prepare(`EXPLAIN QUERY PLAN ${text}`)
    const parameters = Array.from(text.matchAll(/\?/g), () => 1)
    return statement.all(...parameters).map(({ detail }) => String(detail))
  })
}

/** Uses a separate connection, because a statement that is already prepared is not prepared again. */
async function fill(open: OpenDatabase): Promise<void> {
  await using stores = await freshStores(open)
  await stores.act(async (tx) => {
    for (let at = 0; at < 200; at++) {
      await tx.clients.add(someClient(`c${at}`, { settings: { owner: `o${at % 5}` } }))
      await tx.registrationTokens.add(`c${at}`, `h${at}`, 1)
      await tx.accessTokens.add(someToken(`t${at}`, `c${at}`, { expiresAt: at }))
      await addLogin(tx, at)
    }
  })
}

async function addLogin(tx: Stores, at: number): Promise<void> {
  const times = { createdAt: at, expiresAt: at }
  await tx.flows.add(someFlow(`f${at}`, `c${at}`, { address: `a${at % 5}`, ...times }), 1_000)
  await tx.sessions.start(someSession(`s${at}`, { subject: `p${at % 5}`, expiresAt: at }))
  await tx.sessionClients.note(`s${at}`, { clientId: `c${at}`, generation: 1 }, at)
  await tx.sessionClients.evictOldest(`s${at}`, 1_000)
  await tx.grants.open(someGrant(`g${at}`, `c${at}`, { subject: `p${at % 5}`, sessionId: `s${at}`, grantedAt: at, expiresAt: at }))
  await tx.codes.add(someCode(`code${at}`, `g${at}`, { expiresAt: at }))
  await tx.refreshTokens.add(someRefreshToken(`r${at}`, `g${at}`, { expiresAt: at }))
  await tx.logouts.add(someLogout(`l${at}`, times), 1_000)
}

const searches = (plans: readonly string[][]): void => {
  assert.notEqual(plans.length, 0)
  for (const plan of plans) {
    assert.ok(
      plan.some((line) => line.startsWith('SEARCH')),
      plan.join('\n'),
    )
    assert.ok(!plan.some((line) => line.startsWith('SCAN') || line.includes('TEMP B-TREE')), plan.join('\n'))
  }
}

describe('the plan of the list of clients', () => {
  const pages = {
    'the next page': [{ after: 'c5' }, 'client_id>?'],
    'by name': [{ clientName: 'c7' }, 'clients_by_name (client_name=?)'],
    'by name, the next page': [{ clientName: 'c7', after: 'c5' }, 'clients_by_name (client_name=? AND client_id>?)'],
    'by owner': [{ owner: 'o1' }, 'clients_by_owner (owner=?)'],
    'by owner, the next page': [{ owner: 'o1', after: 'c5' }, 'clients_by_owner (owner=? AND client_id>?)'],
    'by name and owner': [{ clientName: 'c7', owner: 'o1' }, 'clients_by_'],
    'by name and owner, the next page': [{ clientName: 'c7', owner: 'o1', after: 'c5' }, 'AND client_id>?)'],
  } as const
  for (const [name, [page, expected]] of Object.entries(pages))
    test(`${name}: one index range in the order of the page`, async (t) => {
      const plans = await plansOf(t, (tx) => tx.clients.list({ limit: 101, ...page }))
      searches(plans)
      assert.ok(
        plans.flat().some((line) => line.includes(expected)),
        plans.flat().join('\n'),
      )
    })

  test('the first page without a filter: reads the index of the ids up to the limit, without sorting', async (t) => {
    const plans = await plansOf(t, (tx) => tx.clients.list({ limit: 101 }))
    const index = 'INDEX sqlite_autoindex_clients_1'
    assert.deepEqual(plans, [[`SCAN clients USING COVERING ${index}`], [`SCAN clients USING ${index}`]])
  })
})

describe('the plan of the list of grants', () => {
  const after = { grantedAt: 9, id: 'g9' }
  const pages = {
    'of a person': [{}, 'grants_asked_for (subject=?)'],
    'of a person, the next page': [{ after }, 'grants_asked_for (subject=? AND (granted_at,id)<(?,?))'],
    'of a person, asked for or not': [{ withSkipped: true }, 'grants_by_subject (subject=?)'],
    'of a person, asked for or not, the next page': [
      { withSkipped: true, after },
      'grants_by_subject (subject=? AND (granted_at,id)<(?,?))',
    ],
    'of a session': [{ sessionId: 's1' }, 'grants_of_session (session_id=?)'],
    'of a session, the next page': [{ sessionId: 's1', after }, 'grants_of_session (session_id=? AND (granted_at,id)<(?,?))'],
  } as const
  for (const [name, [page, expected]] of Object.entries(pages))
    test(`${name}: one index range in the order of the page`, async (t) => {
      const [end = [], found = []] = await plansOf(t, (tx) => tx.grants.list({ subject: 'p1', now: 1, limit: 10, ...page }))
      assert.deepEqual(end, [`SEARCH grants USING COVERING INDEX ${expected}`])
      searches([found])
      assert.equal(found[0], `SEARCH grants USING INDEX ${expected}`)
    })
})

describe('the plan of the statements in requests', () => {
  const verbs: Record<string, (tx: Stores) => Promise<unknown>> = {
    'find a client': (tx) => tx.clients.find('c7'),
    'replace a client': (tx) => tx.clients.replace(someClient('c7', { version: 2 })),
    'remove a client': (tx) => tx.clients.remove('c7', 1, 1),
    'count the clients that registered an algorithm': (tx) => tx.clients.countSignedWith(['ES256', 'PS256'], 10),
    'find a client with its registration token': (tx) => tx.registrationTokens.findClient('c7'),
    'replace a registration token': (tx) => tx.registrationTokens.replace('c7', 'h7', 'x', 1),
    'remove a registration token': (tx) => tx.registrationTokens.remove('c7', 'h7'),
    'find an access token': (tx) => tx.accessTokens.find('t7'),
    'make room for an access token of a client': (tx) => tx.accessTokens.add(someToken('x', 'c7'), 1),
    'make room for an access token of a grant': (tx) => tx.accessTokens.add(someToken('x', 'c7', { grantId: 'g7' }), 1),
    'remove what depended on a client': (tx) => tx.clients.remove('c7', 1, 1).then(() => tx.removals.clients(1e12, 500)),
    'remove withdrawn grants': (tx) => tx.grants.withdraw({ id: 'g7' }, 1).then(() => tx.removals.grants(1e12, 500)),
    'remove the grants of a person': (tx) => tx.grants.withdraw({ subject: 'p1' }, 1).then(() => tx.removals.consents(1e12, 500)),
    'remove the sessions of a person': (tx) => tx.sessions.endAll('p1', 1).then(() => tx.sessions.removeEnded(1e12, 500)),
    'claim deliveries of logouts': (tx) => tx.logoutDeliveries.claim(1, 2, 32),
    'end a delivery': (tx) => tx.logoutDeliveries.done('d7'),
    'put off a delivery': (tx) => tx.logoutDeliveries.retryAt('d7', 3),
    'begin a flow': (tx) => tx.flows.add(someFlow('f', 'c7', { address: 'a1' }), 10),
    'find a flow': (tx) => tx.flows.find('f7'),
    'answer a login': (tx) => tx.flows.decideLogin('f7', someLogin(), 'v'),
    'pass a login': (tx) => tx.flows.passLogin('f7', 'v', 1, { challenge: 'c', csrf: 'c', skip: false }),
    'answer a consent': (tx) => tx.flows.decideConsent('f7', { kind: 'rejected', error: '', description: '' }, 'v'),
    'pass a consent': (tx) => tx.flows.passConsent('f7', 'v', 1),
    'find a session': (tx) => tx.sessions.find('s7'),
    'extend a session': (tx) => tx.sessions.extend('s7', 1),
    'end a session': (tx) => tx.sessions.end('s7'),
    'end the sessions of a person': (tx) => tx.sessions.endAll('p1', 1),
    'hold a session': (tx) => tx.sessions.hold('s7', 1),
    'extend the clients of a session': (tx) => tx.sessionClients.extend('s7', 1),
    'take the clients of a session': (tx) => tx.sessionClients.take('s7'),
    'find a grant': (tx) => tx.grants.find('g7'),
    'find what is remembered': (tx) => tx.grants.remembered('p1', 'c7', 1),
    'keep a grant': (tx) => tx.grants.keep('g7', 1),
    'end the tokens of a grant': (tx) => tx.grants.endTokens('g7', 1),
    'withdraw a grant': (tx) => tx.grants.withdraw({ id: 'g7' }, 1),
    'withdraw what a person granted': (tx) => tx.grants.withdraw({ subject: 'p1' }, 1),
    'withdraw what a person granted a client': (tx) => tx.grants.withdraw({ subject: 'p1', clientId: 'c7' }, 1),
    'find a code': (tx) => tx.codes.find('code7'),
    'spend a code': (tx) => tx.codes.spend('code7', 1),
    'find a refresh token': (tx) => tx.refreshTokens.find('r7'),
    'spend a refresh token': (tx) => tx.refreshTokens.spend('r7', 1),
    'reuse a refresh token': (tx) => tx.refreshTokens.reuse('r7', 1, 1),
    'ask for a logout': (tx) => tx.logouts.add(someLogout('l'), 10),
    'find a logout': (tx) => tx.logouts.find('l7'),
    'accept a logout': (tx) => tx.logouts.accept('l7', 'v'),
    'spend a logout': (tx) => tx.logouts.spend('l7', 'v', 1),
  }
  for (const [name, verb] of Object.entries(verbs)) test(`${name}: an index search`, async (t) => searches(await plansOf(t, verb)))

  test('deleting a client finds its rows by index: no table is scanned', async () => {
    using folder = databaseFolder()
    await (await migratedSqlite(folder.file)).close()
    using database = new DatabaseSync(folder.file, { readOnly: true })
    const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).all()
    for (const { name } of tables) {
      for (const { from } of database.prepare(`SELECT "from" FROM pragma_foreign_key_list(?)`).all(name as string)) {
        const plan = database.prepare(`EXPLAIN QUERY PLAN DELETE FROM "${name}" WHERE "${from}" = 1`).all()
        assert.match(String(plan[0]?.detail), /^SEARCH .* INDEX/, `${name}.${from}`)
      }
    }
  })
})

describe('the plan of removing expired rows', () => {
  const stores = {
    access_tokens: (tx: Stores) => tx.accessTokens.removeExpired(1, 500),
    audit_records: (tx: Stores) => tx.audit.removeExpired(1, 500),
    logout_deliveries: (tx: Stores) => tx.logoutDeliveries.removeExpired(1, 500),
    authorization_flows: (tx: Stores) => tx.flows.removeExpired(1, 500),
    login_sessions: (tx: Stores) => tx.sessions.removeExpired(1, 500),
    session_clients: (tx: Stores) => tx.sessionClients.removeExpired(1, 500),
    grants: (tx: Stores) => tx.grants.removeExpired(1, 500),
    authorization_codes: (tx: Stores) => tx.codes.removeExpired(1, 500),
    refresh_tokens: (tx: Stores) => tx.refreshTokens.removeExpired(1, 500),
    logout_requests: (tx: Stores) => tx.logouts.removeExpired(1, 500),
  }
  for (const [table, verb] of Object.entries(stores))
    test(`${table}: the index of the expiries, then each row by its primary key`, async (t) => {
      const plans = await plansOf(t, verb)
      searches(plans)
      assert.ok(
        plans.flat().some((line) => line.includes(`${table}_by_expiry (expires_at<?)`)),
        plans.flat().join('\n'),
      )
      assert.match(plans.flat()[0] ?? '', /sqlite_autoindex/, 'each row by its key')
    })
})
