import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { freshStores, type Stores, someClient, someToken } from './fresh-stores.ts'
import { databaseFolder, migratedSqlite } from './sqlite-file.ts'

/** The plan, line by line, of every statement that `verb` runs: of the very texts that the stores send, not of copies of them. */
async function plansOf(t: TestContext, verb: (tx: Stores) => Promise<unknown>): Promise<string[][]> {
  using folder = databaseFolder()
  await using stores = await freshStores(() => migratedSqlite(folder.file))
  await stores.act(async (tx) => {
    for (let at = 0; at < 200; at++) {
      await tx.clients.add(someClient(`c${at}`, { settings: { owner: `o${at % 5}` } }))
      await tx.registrationTokens.add(`c${at}`, `h${at}`, 1)
      await tx.accessTokens.add(someToken(`t${at}`, `c${at}`, { expiresAt: at }))
    }
  })
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
    test(`${name}: one range of an index that is in the order of the page`, async (t) => {
      const plans = await plansOf(t, (tx) => tx.clients.list({ limit: 101, ...page }))
      searches(plans)
      assert.ok(
        plans.flat().some((line) => line.includes(expected)),
        plans.flat().join('\n'),
      )
    })

  test('the first page of all: walks the index of the ids and stops, without sorting', async (t) => {
    const [plan] = await plansOf(t, (tx) => tx.clients.list({ limit: 101 }))
    assert.deepEqual(plan, ['SCAN clients USING INDEX sqlite_autoindex_clients_1'])
  })
})

describe('the plan of what every request does', () => {
  const verbs: Record<string, (tx: Stores) => Promise<unknown>> = {
    'find a client': (tx) => tx.clients.find('c7'),
    'replace a client': (tx) => tx.clients.replace(someClient('c7', { version: 2 })),
    'remove a client': (tx) => tx.clients.remove('c7'),
    'find a client with its registration token': (tx) => tx.registrationTokens.findClient('c7'),
    'replace a registration token': (tx) => tx.registrationTokens.replace('c7', 'h7', 'x', 1),
    'remove a registration token': (tx) => tx.registrationTokens.remove('c7', 'h7'),
    'find an access token': (tx) => tx.accessTokens.find('t7'),
    'claim deliveries of logouts': (tx) => tx.logoutDeliveries.claim(1, 2, 32),
    'end a delivery': (tx) => tx.logoutDeliveries.done('d7'),
    'put off a delivery': (tx) => tx.logoutDeliveries.retryAt('d7', 3),
  }
  for (const [name, verb] of Object.entries(verbs)) test(`${name}: an index search`, async (t) => searches(await plansOf(t, verb)))

  test('what goes with a client is found by an index: no table is searched through when one is deleted', async () => {
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

describe('the plan of removing what has expired', () => {
  const stores = {
    access_tokens: (tx: Stores) => tx.accessTokens.removeExpired(1, 500),
    audit_records: (tx: Stores) => tx.audit.removeExpired(1, 500),
    logout_deliveries: (tx: Stores) => tx.logoutDeliveries.removeExpired(1, 500),
  }
  for (const [table, verb] of Object.entries(stores))
    test(`${table}: the index of the expiries, then each row by its key`, async (t) => {
      const plans = await plansOf(t, verb)
      searches(plans)
      assert.ok(
        plans.flat().some((line) => line.includes(`${table}_by_expiry (expires_at<?)`)),
        plans.flat().join('\n'),
      )
    })
})
