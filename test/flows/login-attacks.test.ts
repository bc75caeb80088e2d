import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Browser, parameterOf } from '../support/browser.ts'
import { type LoginClient, loginRequest, obtainTokens, redirectUri, registerLoginClient } from '../support/login-client.ts'
import { registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

describe('attacks on a login', () => {
  let server: TestServer
  let client: LoginClient
  let now = Date.now()
  before(async () => {
    const urls = { login: 'https://ui.example/login', consent: 'https://ui.example/consent', logout: 'https://ui.example/logout' }
    server = await startServer({ settings: { dev: true, urls }, clock: () => now })
    client = await registerLoginClient(server)
  })
  after(() => server[Symbol.asyncDispose]())

  const form = (path: string, body: string) =>
    server.public(path, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })

  describe('the cost of thousands of parameters is linear', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => index.toString(36)).join('&')

    /** Milliseconds of this thread, which other processes do not lengthen: the best of several, without those that compiled the code. */
    async function cheapest(path: string, body: string): Promise<number> {
      let best = Number.POSITIVE_INFINITY
      for (let round = 0; round < 5; round++) {
        const begin = process.threadCpuUsage()
        await form(path, body)
        best = Math.min(best, process.threadCpuUsage(begin).user / 1_000)
      }
      return best
    }

    const requests = {
      '/oauth2/token': () => 'grant_type=authorization_code&client_id=nobody',
      '/oauth2/auth': () => loginRequest(client).address.split('?')[1] ?? '',
    }
    for (const [path, basis] of Object.entries(requests)) {
      test(path, async () => {
        const few = await cheapest(path, `${basis()}&${names(4_000)}`)
        const many = await cheapest(path, `${basis()}&${names(16_000)}`)
        assert.ok(many < few * 8 + 60, `4,000 take ${few} ms, 16,000 take ${many} ms`)
      })
    }
  })
  test('a logout link ends only the session of its own person', async () => {
    const [mallory, alice] = [new Browser(server), new Browser(server)]
    await obtainTokens(server, client, { browser: mallory, subject: 'mallory', login: { remember: true } })
    await obtainTokens(server, client, { browser: alice, subject: 'alice', login: { remember: true } })
    const asked = await mallory.get('/oauth2/sessions/logout')
    const finished = await server.admin(`${requests}/logout/accept?logout_challenge=${parameterOf(asked, 'logout_challenge')}`, {
      method: 'PUT',
    })
    await alice.get(finished.json.redirect_to)
    assert.equal(await isKnown(alice), true)
    assert.equal(await isKnown(mallory), false, 'the session of the logout request has ended')
  })

  test('an ID token ends the session that it names; another session of the same browser stays', async () => {
    const browser = new Browser(server)
    const options = { browser, subject: 'berta', login: { remember: true } }
    const { id_token } = await obtainTokens(server, client, options)
    const earlier = browser.cookieHeader
    await obtainTokens(server, client, { ...options, parameters: { prompt: 'login' } })
    const asked = await browser.get(`/oauth2/sessions/logout?id_token_hint=${id_token}`)
    const finished = await server.admin(`${requests}/logout/accept?logout_challenge=${parameterOf(asked, 'logout_challenge')}`, {
      method: 'PUT',
    })
    await browser.get(finished.json.redirect_to)
    assert.equal(await isKnown(browser), true)
    assert.equal(await isKnown({ get: (path) => server.public(path, { headers: { cookie: earlier } }) }), false)
  })

  test('a consent remembered for an hour ends after an hour, however often it is used', async () => {
    const options = {
      browser: new Browser(server),
      subject: 'carol',
      login: { remember: true },
      consent: { remember: true, remember_for: 3_600 },
    }
    await obtainTokens(server, client, options)
    now += 3_000_000
    assert.equal(await isSkipped(options), true)
    await obtainTokens(server, client, options)
    now += 3_000_000
    assert.equal(await isSkipped(options), false)
  })

  /** Whether the consent request has skip: true. */
  async function isSkipped({ browser, subject }: { browser: Browser; subject: string }): Promise<boolean> {
    const { json } = await server.admin(
      `${requests}/consent?consent_challenge=${parameterOf(await toConsent(browser, subject), 'consent_challenge')}`,
    )
    return json.skip
  }

  /** A login up to the consent application. */
  async function toConsent(browser: Browser, subject: string, address = loginRequest(client).address): Promise<Received> {
    return browser.get(await acceptLogin(await browser.get(address), { subject }))
  }

  async function acceptLogin(toLogin: Received, accepted: Record<string, unknown>): Promise<string> {
    const path = `${requests}/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
    const { status, json, text } = await server.admin(path, { method: 'PUT', json: accepted })
    assert.equal(status, 200, text)
    return json.redirect_to
  }

  test('no log line contains the state or login_hint of a request', async () => {
    const toLogin = await server.public(loginRequest(client, { state: 'state-of-a-person', login_hint: 'hint-of-a-person' }).address)
    const browser = new Browser(server)
    const mine = await browser.get(loginRequest(client, { state: 'state-of-a-person', login_hint: 'hint-of-a-person' }).address)
    await browser.get(await acceptLogin(mine, { subject: 'emil' }))
    const again = `${requests}/login/accept?login_challenge=${parameterOf(mine, 'login_challenge')}`
    assert.equal((await server.admin(again, { method: 'PUT', json: { subject: 'emil' } })).status, 409)
    await server.public(await acceptLogin(toLogin, { subject: 'emil' }).then((address) => address.slice(server.publicUrl.length)))
    assert.doesNotMatch(JSON.stringify(server.lines), /of-a-person/)
  })

  test('a redirect URI in any script is redirected to', async () => {
    const uri = 'https://app.example/戻る/ü'
    const own = await registerLoginClient(server, { redirect_uris: [uri] })
    const { status, headers, text } = await server.public(loginRequest(own, { redirect_uri: uri, prompt: 'none' }).address)
    assert.equal(status, 303, text)
    assert.match(String(headers.location), /^https:\/\/app\.example\/%E6%88%BB%E3%82%8B\/%C3%BC\?error=login_required&/)
  })

  test('a thousand rejected requests count for the limit, too: the oldest is evicted', async () => {
    const reject = async () => {
      const toLogin = await server.public(loginRequest(client).address)
      const challenge = parameterOf(toLogin, 'login_challenge')
      await server.admin(`${requests}/login/reject?login_challenge=${challenge}`, { method: 'PUT', json: { error: 'access_denied' } })
      return `${requests}/login?login_challenge=${challenge}`
    }
    const [first, accepted] = [await reject(), await server.public(loginRequest(client).address)]
    await acceptLogin(accepted, { subject: 'frida' })
    for (let batch = 0; batch < 20; batch++) await Promise.all(Array.from({ length: 50 }, reject))
    assert.equal((await server.admin(first)).status, 404)
    const kept = await server.admin(`${requests}/login?login_challenge=${parameterOf(accepted, 'login_challenge')}`)
    assert.equal(kept.status, 200, 'an accepted request stays')
  })

  test('a request that was begun in an ended session gets no code', async () => {
    const options = { browser: new Browser(server), subject: 'gerda', login: { remember: true } }
    await obtainTokens(server, client, options)
    const consenting = await toConsent(options.browser, 'gerda')
    const begun = await acceptLogin(await options.browser.get(loginRequest(client).address), { subject: 'gerda' })
    await server.admin('/admin/oauth2/auth/sessions/login?subject=gerda', { method: 'DELETE' })
    const back = await options.browser.get(begun)
    assert.equal(parameterOf(back, 'error'), 'login_required', String(back.headers.location))
    const path = `${requests}/consent/accept?consent_challenge=${parameterOf(consenting, 'consent_challenge')}`
    const { json } = await server.admin(path, { method: 'PUT', json: { grant_scope: ['openid'] } })
    assert.equal(parameterOf(await options.browser.get(json.redirect_to), 'error'), 'login_required')
  })

  test('a form whose parameters are too large for a redirect is refused before the login', async () => {
    const query = loginRequest(client, { login_hint: '\u00fc'.repeat(9_000) }).address.split('?')[1] ?? ''
    const refused = await form('/oauth2/auth', query)
    assert.equal(parameterOf(refused, 'error'), 'invalid_request', refused.text)
    const fitting = loginRequest(client, { login_hint: 'x'.repeat(9_000) }).address.split('?')[1] ?? ''
    const browser = new Browser(server)
    const toLogin = await browser.send('/oauth2/auth', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: fitting,
    })
    assert.equal((await browser.get(await acceptLogin(toLogin, { subject: 'hedy' }))).status, 302)
  })

  test('consent is not remembered if the client changes while the person is asked', async () => {
    const own = await registrant(server).registered({ redirect_uris: [redirectUri], client_name: 'A bank' })
    const app = { id: own.id, secret: own.secret }
    const browser = new Browser(server)
    const request = () => loginRequest(app, { scope: 'openid' }).address
    const asked = await toConsent(browser, 'ida', request())
    const changed = await own.put({ redirect_uris: [redirectUri, 'https://evil.example/cb'], client_name: 'A bank' })
    assert.equal(changed.status, 200, changed.text)
    const path = `${requests}/consent/accept?consent_challenge=${parameterOf(asked, 'consent_challenge')}`
    const { json } = await server.admin(path, { method: 'PUT', json: { grant_scope: ['openid'], remember: true } })
    assert.notEqual(parameterOf(await browser.get(json.redirect_to), 'code'), '')
    const next = await toConsent(browser, 'ida', request())
    const { json: second } = await server.admin(`${requests}/consent?consent_challenge=${parameterOf(next, 'consent_challenge')}`)
    assert.equal(second.skip, false)
  })

  test('a request that was begun with a withdrawn consent gets no code', async () => {
    const options = { browser: new Browser(server), subject: 'karla', login: { remember: true }, consent: { remember: true } }
    await obtainTokens(server, client, options)
    const skipping = await toConsent(options.browser, 'karla')
    await server.admin('/admin/oauth2/auth/sessions/consent?subject=karla&all=true', { method: 'DELETE' })
    const path = `${requests}/consent/accept?consent_challenge=${parameterOf(skipping, 'consent_challenge')}`
    const { json } = await server.admin(path, { method: 'PUT', json: { grant_scope: ['openid', 'offline_access'] } })
    assert.equal(parameterOf(await options.browser.get(json.redirect_to), 'error'), 'consent_required')
  })

  test('a post_logout_redirect_uri may be in any script, too', async () => {
    const uri = 'https://app.example/戻る'
    const own = await registerLoginClient(server, { redirect_uris: [redirectUri, uri], post_logout_redirect_uris: [uri] })
    const browser = new Browser(server)
    const { id_token } = await obtainTokens(server, own, { browser, subject: 'lena', login: { remember: true } })
    const cookie = browser.cookieHeader
    const parameters = { id_token_hint: id_token, post_logout_redirect_uri: uri }
    for (const [state, end] of [
      [{}, ''],
      [{ state: 'a b' }, '?state=a+b'],
    ] as const) {
      const address = `/oauth2/sessions/logout?${new URLSearchParams({ ...parameters, ...state })}`
      const asked = await server.public(address, { headers: { cookie } })
      const path = `${requests}/logout/accept?logout_challenge=${parameterOf(asked, 'logout_challenge')}`
      const { json } = await server.admin(path, { method: 'PUT' })
      const isOver = asked.headers.location?.startsWith('https://app.example')
      const over = isOver
        ? asked
        : await server.public(new URL(json.redirect_to).pathname + new URL(json.redirect_to).search, { headers: { cookie } })
      assert.equal(over.headers.location, `https://app.example/%E6%88%BB%E3%82%8B${end}`)
    }
  })

  test('OpenID Connect Core §3.1.2.1: prompt=none shows no page, even if the login application names another subject', async () => {
    const browser = new Browser(server)
    await obtainTokens(server, client, { browser, subject: 'ada', login: { remember: true } })
    const toLogin = await browser.get(loginRequest(client, { prompt: 'none' }).address)
    const accept = `${requests}/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
    const { json } = await server.admin(accept, { method: 'PUT', json: { subject: 'mallory' } })
    const back = await browser.get(json.redirect_to)
    assert.match(String(back.headers.location), /^https:\/\/app\.example\/cb\?error=login_required&/)
  })

  test('URLs of the operator’s pages keep their fragment', async () => {
    const urls = { login: 'https://ui.example/app#/login', consent: 'https://ui.example/app#/consent', error: 'https://ui.example/#/error' }
    await using spa = await startServer({ settings: { urls } })
    const own = await registerLoginClient(spa)
    const toLogin = await spa.public(loginRequest(own).address)
    assert.match(String(toLogin.headers.location), /^https:\/\/ui\.example\/app\?login_challenge=[\w-]+#\/login$/)
    const fault = await spa.public('/oauth2/auth?client_id=nobody')
    assert.match(String(fault.headers.location), /^https:\/\/ui\.example\/\?error=invalid_client&.+#\/error$/)
  })

  test('values from a request are truncated in the log', async () => {
    await form('/oauth2/token', `grant_type=x&client_assertion=x&client_assertion_type=${'eyJ'.repeat(20_000)}`)
    assert.ok(server.lines.every((line) => JSON.stringify(line).length < 4_000))
  })

  test('the number of pending logout requests for one ID token is limited', async () => {
    const { id_token } = await obtainTokens(server, client, { subject: 'mona' })
    const ask = async () => parameterOf(await server.public(`/oauth2/sessions/logout?id_token_hint=${id_token}`), 'logout_challenge')
    const first = await ask()
    for (let count = 0; count < 64; count++) await ask()
    assert.equal((await server.admin(`${requests}/logout?logout_challenge=${first}`)).status, 404)
    assert.equal((await server.admin(`${requests}/logout?logout_challenge=${await ask()}`)).status, 200)
  })

  /** Whether the browser has a session: its login request has skip: true. */
  async function isKnown(browser: Pick<Browser, 'get'>): Promise<boolean> {
    const toLogin = await browser.get(loginRequest(client).address)
    const { json } = await server.admin(`${requests}/login?login_challenge=${parameterOf(toLogin, 'login_challenge')}`)
    return json.skip
  }
})

const requests = '/admin/oauth2/auth/requests'
