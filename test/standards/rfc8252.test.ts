import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Browser, logIn, parameterOf } from '../support/browser.ts'
import {
  type LoginClient,
  loginRequest,
  obtainCode,
  obtainTokens,
  redeem,
  redirectUri,
  registerLoginClient,
} from '../support/login-client.ts'
import { assertRefused, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// RFC 8252, OAuth 2.0 for Native Apps: one test for each requirement, by its id in docs/standards.md.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { register, registered, created } = registrant(server)
const none = { token_endpoint_auth_method: 'none' }
const appAt = (...redirect_uris: string[]): Promise<LoginClient> => registerLoginClient(server, { ...none, redirect_uris })
/** The status that the app's browser gets: 302 to log in, or 400 with a page. */
const visit = async (app: LoginClient, redirect_uri: string): Promise<number> => {
  const { status, headers } = await new Browser(server).get(loginRequest(app, { redirect_uri }).address)
  if (status === 400) assert.equal(headers.location, undefined)
  return status
}

test('R8252-01 (RFC 8252 §7): an app can log in with a private-use scheme, an https URL or loopback', async () => {
  for (const redirect_uri of ['com.example.app:/cb', 'https://app.example/native', 'http://127.0.0.1/cb']) {
    const app = await registerLoginClient(server, { ...none, application_type: 'native', redirect_uris: [redirect_uri] })
    const tokens = await obtainTokens(server, app, { parameters: { redirect_uri } })
    assert.match(tokens.access_token, /^ory_at_/, redirect_uri)
  }
})

test('R8252-02 (RFC 8252 §7.1): a private-use scheme is a reversed domain name', async () => {
  const app = await appAt('com.example.app:/cb')
  const back = await logIn(server, new Browser(server), loginRequest(app, { redirect_uri: 'com.example.app:/cb' }).address)
  assert.match(String(back.headers.location), /^com\.example\.app:\/cb\?code=/)
})

test('R8252-03 (RFC 8252 §8.4): a scheme without a dot is refused, except those of known apps', async () => {
  assertRefused(await register({ ...minimal, redirect_uris: ['myapp:/cb'] }), 'invalid_redirect_uri', "'myapp'")
  assert.equal((await register({ ...minimal, redirect_uris: ['cursor://anysphere.cursor-retrieval/oauth/callback'] })).status, 201)
})

test('R8252-04 (RFC 8252 §7.2): an app with an https redirect URI keeps the application_type that it registered', async () => {
  for (const [method, hasSecret] of [
    ['none', false],
    ['client_secret_basic', true],
  ] as const) {
    const { answer } = await registered({ ...minimal, application_type: 'native', token_endpoint_auth_method: method })
    const { application_type: type, token_endpoint_auth_method: shown, client_secret: secret } = answer.json
    assert.deepEqual([type, shown, secret !== undefined], ['native', method, hasSecret])
  }
})

test('R8252-05 (RFC 8252 §7.3): a loopback redirect URI matches with any port and the exact path and query', async () => {
  const app = await appAt('http://127.0.0.1/cb?a=1')
  assert.equal(await visit(app, 'http://127.0.0.1:51004/cb?a=1'), 302)
  for (const uri of ['http://127.0.0.1:51004/other?a=1', 'http://127.0.0.1:51004/cb', 'http://127.0.0.1:51004/cb?a=1&b']) {
    assert.equal(await visit(app, uri), 400, uri)
  }
})

test('R8252-06 (RFC 8252 §7.3): an IPv6 loopback redirect URI matches with any port', async () => {
  const app = await appAt('http://[::1]/cb')
  assert.deepEqual([await visit(app, 'http://[::1]:51004/cb'), await visit(app, 'http://[::1]:51004/other')], [302, 400])
})

test('R8252-07 (RFC 8252 §7.3): the registered port of a loopback redirect URI is ignored; the token request names the port that was used', async () => {
  const app = await appAt('http://127.0.0.1:8080/cb')
  const parameters = { redirect_uri: 'http://127.0.0.1:9999/cb' }
  const issued = await obtainCode(server, app, { parameters })
  assert.equal((await redeem(server, app, issued, { redirect_uri: 'http://127.0.0.1:8080/cb' })).json.error, 'invalid_grant')
  assert.equal((await redeem(server, app, issued, parameters)).status, 200)
})

test('R8252-08 (RFC 8252 §7.3, §8.3): localhost counts as a loopback address', async () => {
  assert.equal(await visit(await appAt('http://localhost/callback'), 'http://localhost:3118/callback'), 302)
})

test('R8252-09 (RFC 8252 §7.3): loopback hosts do not match one another, and the port of any other redirect URI is exact', async () => {
  const loopback = ['http://127.0.0.1', 'http://localhost', 'http://[::1]']
  for (const host of loopback) {
    const app = await appAt(`${host}/cb`)
    for (const other of loopback) assert.equal(await visit(app, `${other}:9/cb`), other === host ? 302 : 400, `${host} ${other}`)
    assert.equal(await visit(app, `${host.replace('http', 'https')}/cb`), 400)
  }
  assert.equal(await visit(await appAt('https://a.example/cb'), 'https://a.example:8443/cb'), 400)
})

test('R8252-10 (RFC 8252 §8.1): an app without PKCE is refused', async () => {
  const redirect_uri = 'com.example.app:/cb'
  const app = await appAt(redirect_uri)
  const { address } = loginRequest(app, { redirect_uri, code_challenge: '', code_challenge_method: '' })
  assert.equal(parameterOf(await new Browser(server).get(address), 'error'), 'invalid_request')
})

test('R8252-11 (RFC 8252 §8.4): a self-registered app may have a secret, and each copy gets a different one', async () => {
  const body = { ...minimal, application_type: 'native', redirect_uris: ['com.example.app:/cb'] }
  const [one, other] = [await registered(body), await registered(body)]
  assert.equal(one.answer.json.application_type, 'native')
  assert.ok(one.secret.length > 20 && one.secret !== other.secret)
})

test('R8252-12 (RFC 8252 §8.4): the whole redirect URI is registered and compared', async () => {
  const app = await appAt('https://a.example/cb')
  for (const uri of ['https://a.example/cb2', 'https://a.example/', 'https://a.example', 'https://a.example/cb/'])
    assert.equal(await visit(app, uri), 400, uri)
  assert.equal(await visit(app, 'https://a.example/cb'), 302)
})

test('R8252-13 (RFC 8252 §8.5): a secret does not replace PKCE', async () => {
  const redirect_uri = 'com.example.app:/cb'
  const app = await registerLoginClient(server, { redirect_uris: [redirect_uri] })
  assert.notEqual(app.secret, '')
  const { address } = loginRequest(app, { redirect_uri, code_challenge: '', code_challenge_method: '' })
  assert.equal(parameterOf(await new Browser(server).get(address), 'error'), 'invalid_request')
})

/** Whether the second request skips the consent page. */
async function isRemembered(app: LoginClient, redirect_uri: string): Promise<boolean> {
  const browser = new Browser(server)
  const remember = { login: { remember: true }, consent: { remember: true } }
  await obtainTokens(server, app, { browser, ...remember, parameters: { redirect_uri } })
  const toLogin = await browser.get(loginRequest(app, { redirect_uri }).address)
  const path = `/admin/oauth2/auth/requests/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
  const toConsent = await browser.get((await server.admin(path, { method: 'PUT', json: { subject: 'person-1' } })).json.redirect_to)
  const challenge = parameterOf(toConsent, 'consent_challenge')
  return (await server.admin(`/admin/oauth2/auth/requests/consent?consent_challenge=${challenge}`)).json.skip
}

test('R8252-14 (RFC 8252 §8.6): consent is asked for each time for an app that another app can impersonate', async () => {
  for (const uri of ['com.example.app:/cb', 'http://127.0.0.1/cb', 'http://localhost/cb'])
    assert.equal(await isRemembered(await appAt(uri), uri), false, uri)
  assert.equal(await isRemembered(await appAt(redirectUri), redirectUri), true)
  const { id } = await created({ ...none, redirect_uris: ['http://127.0.0.1/cb'], ...grants })
  assert.equal(
    await isRemembered({ id, secret: '' }, 'http://127.0.0.1/cb'),
    true,
    'for an operator’s client consent is remembered, as in Hydra',
  )
})

const grants = { grant_types: ['authorization_code', 'refresh_token'], scope: 'openid offline_access' }

test('R8252-15 (RFC 8252 §8.10): an app can identify the server by iss in the response', async () => {
  const redirect_uri = 'com.example.app:/cb'
  const back = await logIn(server, new Browser(server), loginRequest(await appAt(redirect_uri), { redirect_uri }).address)
  assert.equal(parameterOf(back, 'iss'), server.issuer)
})
