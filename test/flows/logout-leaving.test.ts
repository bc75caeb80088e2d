import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Browser, parameterOf } from '../support/browser.ts'
import { type LoginClient, obtainTokens, redirectUri, registerLoginClient } from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Where a logout sends a browser: anybody can register a client, and an ID token of it must not make this server an open redirector.

const requests = '/admin/oauth2/auth/requests'
const goodbye = 'https://app.example/bye'
const address = { post_logout_redirect_uri: goodbye, state: 'a b' }

let server: TestServer
let client: LoginClient
let operators: LoginClient
before(async () => {
  server = await startServer()
  client = await registerLoginClient(server, { post_logout_redirect_uris: [goodbye] })
  operators = { id: 'operators', secret: 'a-long-secret-of-theirs' }
  const json = {
    ...{ client_id: operators.id, client_secret: operators.secret, redirect_uris: [redirectUri], post_logout_redirect_uris: [goodbye] },
    ...{ grant_types: ['authorization_code', 'refresh_token'], scope: 'openid offline_access' },
  }
  assert.equal((await server.admin('/admin/clients', { method: 'POST', json })).status, 201)
})
after(() => server[Symbol.asyncDispose]())

async function signedIn(of: LoginClient = client, browser = new Browser(server)): Promise<{ browser: Browser; id_token: string }> {
  const parameters = { prompt: 'login' }
  const { id_token } = await obtainTokens(server, of, { browser, login: { remember: true }, parameters })
  return { browser, id_token }
}

const logout = (browser: Browser, parameters: Record<string, string>): Promise<Received> =>
  browser.get(`/oauth2/sessions/logout?${new URLSearchParams(parameters)}`)

/** The address that the logout application sends a browser on to. */
async function accepted(asked: Received): Promise<string> {
  const path = `${requests}/logout/accept?logout_challenge=${parameterOf(asked, 'logout_challenge')}`
  const { status, json, text } = await server.admin(path, { method: 'PUT' })
  assert.equal(status, 200, text)
  return json.redirect_to
}

const isSignedIn = async (browser: Browser): Promise<boolean> =>
  String((await logout(browser, {})).headers.location).includes('logout_challenge=')

function assertNeedsClick({ status, headers, text }: Received): void {
  assert.deepEqual([status, headers.location], [200, undefined], text)
  assert.match(text, /<strong>app\.example<\/strong>/)
  assert.match(text, /<a href="https:\/\/app\.example\/bye\?state=a\+b" /)
}

function assertLeaves({ status, headers, text }: Received): void {
  assert.deepEqual([status, headers.location], [302, `${goodbye}?state=a+b`], text)
}

describe('a logout with an ID token of a self-registered client', () => {
  test('whose session is over, in a browser without a session: the browser leaves after a click only', async () => {
    const { browser, id_token } = await signedIn()
    await browser.get(await accepted(await logout(browser, {})))
    assertNeedsClick(await logout(new Browser(server), { id_token_hint: id_token, ...address }))
  })

  test('whose session is over, in a browser with another session: the same, and that session stays', async () => {
    const { browser, id_token } = await signedIn()
    await browser.get(await accepted(await logout(browser, {})))
    const { browser: other } = await signedIn()
    assertNeedsClick(await logout(other, { id_token_hint: id_token, ...address }))
    assert.equal(await isSignedIn(other), true)
  })

  test('whose session lives in another browser: that session ends once it is confirmed, and the browser leaves after a click', async () => {
    const { browser, id_token } = await signedIn()
    const { browser: other } = await signedIn()
    assertNeedsClick(await other.get(await accepted(await logout(other, { id_token_hint: id_token, ...address }))))
    assert.deepEqual([await isSignedIn(browser), await isSignedIn(other)], [false, true])
  })

  test('whose session is that of the browser: it leaves once it is confirmed', async () => {
    const { browser, id_token } = await signedIn()
    assertLeaves(await browser.get(await accepted(await logout(browser, { id_token_hint: id_token, ...address }))))
    assert.equal(await isSignedIn(browser), false)
  })

  test('a link with the verifier of another person’s logout: the browser that follows it leaves after a click only', async () => {
    const { browser: mallory, id_token } = await signedIn()
    const link = await accepted(await logout(mallory, { id_token_hint: id_token, ...address }))
    const { browser: alice } = await signedIn()
    for (const browser of [new Browser(server), alice]) assertNeedsClick(await browser.get(link))
    assert.equal(await isSignedIn(alice), true)
  })
})

test('a logout with an ID token of an operator’s client leaves at once where nobody is to be signed out (Hydra, f344)', async () => {
  const { browser, id_token } = await signedIn(operators)
  const hint = { id_token_hint: id_token, ...address }
  assertLeaves(await browser.get(await accepted(await logout(browser, hint))))
  assertLeaves(await logout(browser, hint))
  assertLeaves(await logout(new Browser(server), hint))
})

describe('a logout with a client_id and no ID token (RP-Initiated Logout §2, §3)', () => {
  test('asks, signs out, and the browser leaves after a click', async () => {
    for (const { id } of [client, operators]) {
      const { browser } = await signedIn()
      const asked = await logout(browser, { client_id: id, ...address })
      const { json } = await server.admin(`${requests}/logout?logout_challenge=${parameterOf(asked, 'logout_challenge')}`)
      assert.deepEqual([json.rp_initiated, json.client.client_id], [true, id])
      assertNeedsClick(await browser.get(await accepted(asked)))
      assert.equal(await isSignedIn(browser), false)
    }
  })

  test('in a browser without a session leaves after a click, too', async () => {
    for (const { id } of [client, operators]) assertNeedsClick(await logout(new Browser(server), { client_id: id, ...address }))
  })

  test('stays here where the client does not exist or has not registered the address', async () => {
    for (const wrong of [
      { client_id: 'nobody' },
      { client_id: 'a\0b' },
      { client_id: client.id, post_logout_redirect_uri: `${goodbye}/` },
    ]) {
      const { status, headers } = await logout(new Browser(server), { ...address, ...wrong })
      assert.deepEqual([status, headers.location], [400, undefined])
    }
  })
})
