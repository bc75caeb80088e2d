import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { openDatabase } from '../../src/app.ts'
import type { Database } from '../../src/storage/database.ts'
import { storesOf } from '../../src/storage/stores.ts'
import { clientKey } from '../support/assertions.ts'
import { authorizeAddress, Browser, parameterOf } from '../support/browser.ts'
import { type LoginClient, loginRequest, obtainTokens, redirectUri, registerLoginClient } from '../support/login-client.ts'
import { startLogoutReceiver } from '../support/logout-deliveries.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

// What a login session means for the requests that run in it, and for the clients that took part in it.

const hour = 3_600_000
const requests = '/admin/oauth2/auth/requests'

let now = Date.now()
let database: Database
let server: TestServer
let client: LoginClient
before(async () => {
  const opened = openDatabase({ dsn: { engine: 'memory' } })
  await opened.migrateUp()
  database = opened.database
  const urls = { login: 'https://ui.example/login', consent: 'https://ui.example/consent', logout: 'https://ui.example/logout' }
  server = await startServer({ clock: () => now, database, settings: { dev: true, urls } })
  client = await registerLoginClient(server)
})
after(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  now += 90 * 24 * hour
})

const challengeIn = (answer: Received, step: string): string => {
  const challenge = parameterOf(answer, `${step}_challenge`)
  assert.notEqual(challenge, '', String(answer.headers.location))
  return challenge
}

const asked = async (step: string, answer: Received) =>
  (await server.admin(`${requests}/${step}?${step}_challenge=${challengeIn(answer, step)}`)).json

/** The application says yes; gives the address that the browser goes on to. */
async function accepted(step: string, answer: Received, json: unknown = {}): Promise<string> {
  const path = `${requests}/${step}/accept?${step}_challenge=${challengeIn(answer, step)}`
  const { status, json: body, text } = await server.admin(path, { method: 'PUT', json })
  assert.equal(status, 200, text)
  return body.redirect_to
}

describe('a session that is ended between login and consent', () => {
  const ends: Record<string, (sid: string, browser: Browser) => Promise<unknown>> = {
    'by its sid': (sid) => server.admin(`/admin/oauth2/auth/sessions/login?sid=${sid}`, { method: 'DELETE' }),
    'with all of its person': () => server.admin('/admin/oauth2/auth/sessions/login?subject=gerda', { method: 'DELETE' }),
    'by a logout': async (_sid, browser) => browser.get(await accepted('logout', await browser.get('/oauth2/sessions/logout'))),
  }
  for (const [how, end] of Object.entries(ends))
    test(`${how} brings the client login_required and no code`, async () => {
      const browser = new Browser(server)
      const toConsent = await browser.get(
        await accepted('login', await browser.get(loginRequest(client).address), { subject: 'gerda', remember: true }),
      )
      const { login_session_id } = await asked('consent', toConsent)
      await end(login_session_id, browser)
      const back = await browser.get(await accepted('consent', toConsent, { grant_scope: ['openid'] }))
      assert.deepEqual([parameterOf(back, 'error'), parameterOf(back, 'code')], ['login_required', ''], String(back.headers.location))
    })
})

describe('a login application that names another person than the one who is known', () => {
  async function namesAnother(address: string): Promise<{ browser: Browser; anew: Received }> {
    const browser = new Browser(server)
    await obtainTokens(server, client, { subject: 'eve', consent: { remember: true } })
    await obtainTokens(server, client, { browser, subject: 'ada', login: { remember: true } })
    const toLogin = await browser.get(address)
    assert.equal((await asked('login', toLogin)).skip, true)
    return { browser, anew: await browser.get(await accepted('login', toLogin, { subject: 'eve' })) }
  }

  test('for a request with prompt=consent: a new login is asked for, and consent even where it is remembered (Core §3.1.2.1)', async () => {
    const { browser, anew } = await namesAnother(loginRequest(client, { prompt: 'consent' }).address)
    assert.equal((await asked('login', anew)).skip, false)
    const toConsent = await browser.get(await accepted('login', anew, { subject: 'eve' }))
    const { subject, skip } = await asked('consent', toConsent)
    assert.deepEqual([subject, skip], ['eve', false])
  })

  test('for a request object with prompt=consent: the same, once and not for ever (Core §6.1)', async () => {
    const key = await clientKey('ES256', { now: () => Math.floor(now / 1000) })
    const json = { client_id: `signing-${now}`, redirect_uris: [redirectUri], scope: 'openid', jwks: { keys: [key.publicJwk] } }
    const { status, text } = await server.admin('/admin/clients', { method: 'POST', json })
    assert.equal(status, 201, text)
    const claims = { sub: undefined, response_type: 'code', redirect_uri: redirectUri, scope: 'openid', prompt: 'consent' }
    const request = await key.sign(json.client_id, server.issuer, claims)
    const { browser, anew } = await namesAnother(authorizeAddress(json.client_id, { scope: 'openid', request }))
    assert.equal((await asked('login', anew)).skip, false)
    assert.equal((await asked('consent', await browser.get(await accepted('login', anew, { subject: 'eve' })))).subject, 'eve')
  })
})

describe('the clients of a session are told of a logout (Back-Channel Logout §2.5)', () => {
  /** As the job does it, but now: of the tokens and grants that have expired nothing is left. */
  const removeExpired = () =>
    database.transact(async (db) => {
      const stores = storesOf(db)
      for (const store of [stores.accessTokens, stores.refreshTokens, stores.codes, stores.grants, stores.sessionClients, stores.sessions])
        await store.removeExpired(now, 500)
    })

  async function tellsAfter(milliseconds: number, login: Record<string, unknown>, meanwhile?: (browser: Browser) => Promise<unknown>) {
    await using receiver = await startLogoutReceiver()
    const told = await registerLoginClient(server, { backchannel_logout_uri: `${receiver.url}/logout` })
    const browser = new Browser(server)
    const { id_token } = await obtainTokens(server, told, { browser, login, parameters: { scope: 'openid' } })
    await meanwhile?.(browser)
    now += milliseconds
    await removeExpired()
    await browser.get(await accepted('logout', await browser.get('/oauth2/sessions/logout')))
    const sids = (await receiver.receives(1)).map(({ form }) => decodeJwt(form.get('logout_token') ?? '').sid)
    assert.deepEqual(sids, [decodeJwt(id_token).sid])
  }

  test('two hours after the login, when nothing that they were given lives any more', () => tellsAfter(2 * hour, { remember: true }))

  test('of a session that was extended, after the time that it had first', () =>
    tellsAfter(2 * hour, { remember: true, remember_for: 3_600 }, async (browser) => {
      now += hour / 2
      const extending = { extend_session_lifespan: true, remember: true, remember_for: 3 * 3_600 }
      await obtainTokens(server, client, { browser, subject: 'person-1', login: extending })
    }))
})
