import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { authorizeAddress, Browser, parameterOf } from '../support/browser.ts'
import { isActive, loginRequest, obtainCode, obtainTokens, redeem, redirectUri, refresh } from '../support/login-client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import {
  type FreshStores,
  freshStores,
  type OpenDatabase,
  removeEnded,
  someClient,
  someFlow,
  someGrant,
  someSession,
  someToken,
} from './fresh-stores.ts'

const client = { id: 'again', secret: 'a-secret-that-stays-the-same' }

const create = async (server: TestServer): Promise<string> => {
  const json = {
    client_id: client.id,
    client_secret: client.secret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid offline_access',
  }
  const created = await server.admin('/admin/clients', { method: 'POST', json })
  assert.equal(created.status, 201, created.text)
  return created.json.registration_access_token
}

const ownToken = async (server: TestServer): Promise<string> => {
  const form = { grant_type: 'client_credentials' }
  return (await server.public('/oauth2/token', { method: 'POST', basic: [client.id, client.secret], form })).json.access_token
}

/** Everything that a client can have been given: some of it used up, some not. */
async function giveEverything(server: TestServer) {
  const registrationToken = await create(server)
  const browser = new Browser(server)
  const consent = { remember: true, remember_for: 0 }
  const tokens = await obtainTokens(server, client, { browser, consent, login: { remember: true, remember_for: 0 } })
  const code = await obtainCode(server, client)
  const begun = new Browser(server)
  const loginChallenge = parameterOf(await begun.get(loginRequest(client).address), 'login_challenge')
  const opaque = await ownToken(server)
  server.reconfigure({ strategies: { access_token: 'jwt' } })
  const [jwt, grantJwt] = [await ownToken(server), (await obtainTokens(server, client)).access_token]
  server.reconfigure({})
  return {
    registrationToken,
    browser,
    tokens,
    code,
    loginChallenge,
    active: [opaque, jwt, grantJwt, tokens.access_token, tokens.refresh_token],
  }
}

async function refuseEverything(server: TestServer, old: Awaited<ReturnType<typeof giveEverything>>): Promise<void> {
  for (const token of old.active) assert.equal(await isActive(server, token), false, token.slice(0, 12))
  assert.equal((await server.public('/userinfo', { bearer: old.tokens.access_token })).status, 401)
  assert.equal((await server.public('/oauth2/register/again', { bearer: old.registrationToken })).status, 401)
  const answers = [await redeem(server, client, old.code), await refresh(server, client, old.tokens.refresh_token)]
  for (const { status, json } of answers) assert.deepEqual([status, json.error], [400, 'invalid_grant'])
  const login = `/admin/oauth2/auth/requests/login?login_challenge=${old.loginChallenge}`
  assert.equal((await server.admin(login)).status, 404)
  const silent = loginRequest(client, { prompt: 'none' }).address
  const asked = await old.browser.get(silent)
  const accept = `/admin/oauth2/auth/requests/login/accept?login_challenge=${parameterOf(asked, 'login_challenge')}`
  const { json } = await server.admin(accept, { method: 'PUT', json: { subject: 'person-1' } })
  assert.equal(parameterOf(await old.browser.get(json.redirect_to), 'error'), 'consent_required', 'the remembered consent')
  const { json: listed } = await server.admin('/admin/oauth2/auth/sessions/consent?subject=person-1')
  assert.deepEqual(listed, [])
}

export function recreationContract(open: OpenDatabase): void {
  describe('a client that is created anew under the id of one that was removed in the same millisecond', () => {
    test('gets nothing that the removed one was given, before the job has run and after it; its own works', async () => {
      let now = Date.now()
      await using server = await startServer({ database: await open(), clock: () => now })
      const old = await giveEverything(server)
      for (const token of old.active) assert.equal(await isActive(server, token), true)
      assert.equal((await server.admin('/admin/clients/again', { method: 'DELETE' })).status, 204)
      assert.equal((await server.admin('/admin/clients/again')).status, 404)
      assert.equal((await server.public(authorizeAddress('again', {}))).headers.location?.includes('login_challenge') ?? false, false)
      const registrationToken = await create(server)
      await refuseEverything(server, old)
      now += 5_000
      assert.equal((await server.public('/oauth2/register/again', { bearer: registrationToken })).status, 200)
      const mine = [await ownToken(server), (await obtainTokens(server, client)).access_token]
      server.reconfigure({ strategies: { access_token: 'jwt' } })
      mine.push(await ownToken(server))
      for (const token of mine) assert.equal(await isActive(server, token), true)
    })
  })

  describe('the job that removes what depended on a client', () => {
    const now = 1_700_000_000_000
    const later = now + 60_000

    test('leaves what a client under the same id was issued since, and gives its generation on when the row is gone', async () => {
      await using stores = await freshStores(open)
      const issue = (name: string, generation: number) =>
        stores.act(async (tx) => {
          assert.equal(await tx.accessTokens.add(someToken(`own-${name}`, 'c', { generation })), true)
          assert.equal(await tx.grants.open(someGrant(name, 'c', { generation })), true)
          assert.equal(await tx.flows.add(someFlow(name, 'c', { generation }), 1_000), true)
        })
      await stores.act((tx) => tx.clients.add(someClient('c')))
      await issue('old', 1)
      await stores.act((tx) => tx.clients.remove('c', now, now))
      assert.equal(await stores.act((tx) => tx.clients.add(someClient('c'))), true)
      assert.equal(await stores.act((tx) => tx.clients.add(someClient('c'))), false, 'the id is taken again')
      await issue('new', 2)
      assert.equal(await stores.act((tx) => tx.accessTokens.add(someToken('late', 'c', { generation: 1 }))), false)
      await removeEnded(stores, later)
      assert.ok(await stores.read.accessTokens.find('own-new'))
      assert.ok((await stores.read.grants.find('new')) && (await stores.read.flows.find('new')))
      await stores.act((tx) => tx.clients.remove('c', now, now))
      const counts = await removeEnded(stores, later)
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        5,
        'token, grant, flow, client and the entry in the queue',
      )
      assert.equal(await stores.act((tx) => tx.clients.add(someClient('c'))), true)
      assert.equal((await stores.read.clients.find('c'))?.generation, 3)
    })

    test('when a client is marked as removed, its name, owner, metadata and settings are deleted from its row', async () => {
      await using stores = await freshStores(open)
      const metadata = { clientName: 'Ada’s notes', contacts: ['ada@example.com'], idTokenSignedResponseAlg: 'ES256' }
      await stores.act((tx) => tx.clients.add(someClient('gone', { metadata, settings: { owner: 'ada@example.com' } })))
      await stores.act((tx) => tx.clients.remove('gone', 10, 20))
      const { read } = stores.database
      const row = await read.first(read.queries.selectFrom('clients').selectAll().where('client_id', '=', 'gone'))
      assert.doesNotMatch(JSON.stringify(row), /Ada’s|ada@|ES256/)
    })

    test('removes at most 500 rows and the few beside them in one transaction, also when two nodes do it at once', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        for (const id of ['c', 'other']) await tx.clients.add(someClient(id))
        for (let at = 0; at < 1_100; at++) await tx.accessTokens.add(someToken(`t${at}`, 'c'))
        for (let at = 0; at < 150; at++) {
          await tx.grants.open(someGrant(`g${at}`, 'c'))
          await tx.accessTokens.add(someToken(`of-g${at}`, 'c', { grantId: `g${at}` }))
        }
        await tx.accessTokens.add(someToken('stays', 'other'))
        for (let at = 0; at < 600; at++) {
          await tx.sessions.start(someSession(`s${at}`))
          for (const clientId of ['c', 'other']) await tx.sessionClients.note(`s${at}`, { clientId, generation: 1 }, now)
        }
      })
      await stores.act((tx) => tx.clients.remove('c', now, now))
      const counts = (await Promise.all([removeEnded(stores, later), removeEnded(stores, later)])).flat()
      assert.ok(Math.max(...counts) <= 600, `${counts}`)
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        1_100 + 150 + 150 + 600 + 2,
      )
      assert.ok(await stores.read.accessTokens.find('stays'))
      assert.deepEqual(await stores.act((tx) => tx.sessionClients.take('s599')), [{ clientId: 'other', generation: 1 }])
    })
  })

  describe('a client that is created again two days later under the id of a removed one', () => {
    const now = 1_700_000_000_000
    const twoDaysLater = now + 2 * 86_400_000

    /** The client `c` takes part in the session `s`, and is removed; where the job has ended, its generation is forgotten, too. */
    async function createdAgain(stores: FreshStores, runJob: () => Promise<unknown>): Promise<void> {
      await stores.act(async (tx) => {
        for (const id of ['c', 'other']) await tx.clients.add(someClient(id))
        await tx.sessions.start(someSession('s', { expiresAt: twoDaysLater * 2 }))
        for (const clientId of ['c', 'other']) await tx.sessionClients.note('s', { clientId, generation: 1 }, now)
      })
      await stores.act((tx) => tx.clients.remove('c', now, now))
      await runJob()
      await stores.act((tx) => tx.clients.removeExpired(twoDaysLater, 100))
      assert.equal(await stores.act((tx) => tx.clients.add(someClient('c'))), true)
      assert.equal((await stores.read.clients.find('c'))?.generation, 1)
    }

    test('is not among the clients of a session in which the removed one took part', async () => {
      await using stores = await freshStores(open)
      await createdAgain(stores, () => removeEnded(stores, now + 60_000))
      assert.deepEqual(await stores.act((tx) => tx.sessionClients.take('s')), [{ clientId: 'other', generation: 1 }])
    })

    test('keeps what it was issued, also where the job stopped right after it had removed the row of the other', async () => {
      await using stores = await freshStores(open)
      const { read } = stores.database
      await createdAgain(stores, async () => {
        while ((await read.all(read.queries.selectFrom('clients').select('client_id'))).length > 1)
          await stores.act((tx) => tx.removals.clients(now + 60_000, 500))
      })
      await stores.act((tx) => tx.grants.open(someGrant('new', 'c')))
      await removeEnded(stores, twoDaysLater)
      assert.ok(await stores.read.grants.find('new'))
    })
  })

  describe('the note that a client took part in a session', () => {
    test('goes with the client where a node of the version before deletes it', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.sessions.start(someSession('s'))
        await tx.sessionClients.note('s', { clientId: 'c', generation: 1 }, 1)
      })
      await stores.database.transact((db) => db.change(db.queries.deleteFrom('clients').where('client_id', '=', 'c')))
      assert.deepEqual(await stores.act((tx) => tx.sessionClients.take('s')), [])
    })

    test('is not written where the client is removed or is another one by now; a later client takes the row over', async () => {
      await using stores = await freshStores(open)
      const note = (generation: number) => stores.act((tx) => tx.sessionClients.note('s', { clientId: 'c', generation }, 1))
      const { read } = stores.database
      const noted = async () =>
        (await read.all(read.queries.selectFrom('session_clients').select('generation'))).map((row) => row.generation)
      await stores.act((tx) => tx.sessions.start(someSession('s')))
      await note(1)
      assert.deepEqual(await noted(), [], 'no client')
      await stores.act((tx) => tx.clients.add(someClient('c')))
      await note(1)
      await stores.act((tx) => tx.clients.remove('c', 10, 10))
      await note(2)
      assert.deepEqual(await noted(), [1], 'removed')
      await stores.act((tx) => tx.clients.add(someClient('c')))
      await note(1)
      assert.deepEqual(await noted(), [1], 'another client')
      await note(2)
      await removeEnded(stores, 60_000)
      assert.deepEqual(await noted(), [2])
    })
  })
}
