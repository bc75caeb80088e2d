import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { Browser, parameterOf } from '../support/browser.ts'
import { isActive, obtainTokens, refresh, registerLoginClient, type Tokens } from '../support/login-client.ts'
import { issuer, logoutDeliveries, startLogoutReceiver } from '../support/logout-deliveries.ts'
import { assertRefused, minimal, registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer } from '../support/server.ts'

// OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0: one test for each requirement, by its id in docs/standards.md.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { register, registered } = registrant(server)

/** Delivers one logout and returns what the client's receiver got. */
async function logout() {
  await using receiver = await startLogoutReceiver()
  const deliveries = await logoutDeliveries()
  after(() => deliveries[Symbol.asyncDispose]())
  await deliveries.addClient('app', `${receiver.url}/logout`)
  await deliveries.queue('app')
  await deliveries.deliver()
  const token = receiver.received[0]?.form.get('logout_token') ?? ''
  return { deliveries, token, ...(await deliveries.verify(token, 'app')) }
}

let now = Date.now()
/** A server with the built-in pages that may reach receivers on loopback. */
const site = await startServer({ clock: () => now, settings: { dev: true } })
after(() => site[Symbol.asyncDispose]())
const end = '/oauth2/sessions/logout'
const goodbye = 'https://app.example/bye'
const app = await registerLoginClient(site, { post_logout_redirect_uris: [goodbye, `${goodbye}?tenant=1`] })

/** A browser with a logged-in person, and the tokens that the app got. */
async function loggedIn(): Promise<{ browser: Browser; tokens: Tokens }> {
  const browser = new Browser(site)
  return { browser, tokens: await obtainTokens(site, app, { browser, login: { remember: true } }) }
}

const asked = (browser: Browser, parameters: Record<string, string> = {}) => browser.get(`${end}?${new URLSearchParams(parameters)}`)

/** The logout application accepts, and the browser follows the redirect. */
async function confirmed(browser: Browser, toLogout: Received): Promise<Received> {
  const challenge = parameterOf(toLogout, 'logout_challenge')
  const accepted = await site.admin(`/admin/oauth2/auth/requests/logout/accept?logout_challenge=${challenge}`, { method: 'PUT' })
  assert.equal(accepted.status, 200, accepted.text)
  return browser.get(accepted.json.redirect_to)
}

const isLoggedIn = async (browser: Browser): Promise<boolean> =>
  String((await asked(browser)).headers.location).includes('logout_challenge=')

function assertStays({ status, headers }: Received): void {
  assert.deepEqual([status, headers.location], [400, undefined])
  assert.match(String(headers['content-type']), /^text\/html/)
}

test('OLOGO-01 (OIDC RP-Initiated Logout §2): logout by GET equals logout by POST', async () => {
  const { browser, tokens } = await loggedIn()
  const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri: goodbye }
  const ask = async ({ status, headers }: Received) => {
    const { pathname } = new URL(String(headers.location))
    const page = await browser.get(String(headers.location))
    return [status, pathname, page.status, page.text.replaceAll(/[0-9a-f]{32}[\w-]{32}/g, '')]
  }
  const [byGet, byPost] = [
    await ask(await asked(browser, parameters)),
    await ask(await browser.send(end, { method: 'POST', form: parameters })),
  ]
  assert.deepEqual(byGet.slice(0, 3), [302, '/oauth2/fallbacks/logout', 200])
  assert.deepEqual(byPost, byGet)
})

test('OLOGO-02 (OIDC RP-Initiated Logout §2): id_token_hint is an ID token of this server, expired or not; any other is refused without a redirect', async () => {
  const { browser, tokens } = await loggedIn()
  const claims = decodeJwt(tokens.id_token)
  const foreign = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256', kid: String(decodeProtectedHeader(tokens.id_token).kid) })
    .sign(new TextEncoder().encode('a key of somebody else, long enough'))
  const [head = '', body = ''] = tokens.id_token.split('.')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
  for (const id_token_hint of [foreign, unsigned, `${head}.${body}.AAAA`, tokens.access_token])
    assertStays(await asked(browser, { id_token_hint, post_logout_redirect_uri: goodbye }))
  now += 2 * 3_600_000
  assert.ok((claims.exp ?? 0) * 1000 < now)
  const back = await confirmed(browser, await asked(browser, { id_token_hint: tokens.id_token, post_logout_redirect_uri: goodbye }))
  assert.equal(back.headers.location, goodbye)
})

test('OLOGO-03 (OIDC RP-Initiated Logout §2): a client_id sent with id_token_hint must be the client of that ID token', async () => {
  const { browser, tokens } = await loggedIn()
  const other = await registerLoginClient(site)
  const hint = { id_token_hint: tokens.id_token }
  for (const client_id of [other.id, 'nobody']) assertStays(await asked(browser, { ...hint, client_id }))
  assert.notEqual(parameterOf(await asked(browser, { ...hint, client_id: app.id }), 'logout_challenge'), '')
})

test('OLOGO-04 (OIDC RP-Initiated Logout §2): the person must confirm the logout', async () => {
  const { browser, tokens } = await loggedIn()
  for (const parameters of [{}, { id_token_hint: tokens.id_token }]) {
    const toLogout = await asked(browser, parameters)
    const page = await browser.get(String(toLogout.headers.location))
    assert.equal(page.status, 200)
    assert.match(page.text, /<form method="post"/)
    assert.equal(await isLoggedIn(browser), true)
  }
  await confirmed(browser, await asked(browser))
  assert.equal(await isLoggedIn(browser), false)
})

test('OLOGO-05 (OIDC RP-Initiated Logout §3): nobody is sent anywhere but to a registered address, and there at once only for a hint', async () => {
  const { browser, tokens } = await loggedIn()
  const hint = { id_token_hint: tokens.id_token }
  for (const uri of ['https://evil.example/', `${goodbye}?x`, `${goodbye}/`, 'https://app.example/cb', 'javascript:1'])
    assertStays(await asked(browser, { ...hint, post_logout_redirect_uri: uri }))
  assertStays(await asked(browser, { post_logout_redirect_uri: goodbye }))
  assertStays(await asked(browser, { post_logout_redirect_uri: goodbye, client_id: 'nobody' }))
  assertStays(await asked(browser, { post_logout_redirect_uri: `${goodbye}/`, client_id: app.id }))
  const back = await confirmed(browser, await asked(browser, { ...hint, post_logout_redirect_uri: goodbye }))
  assert.deepEqual([back.status, back.headers.location], [302, goodbye])
})

test('OLOGO-06 (OIDC RP-Initiated Logout §3): state is added to the redirect', async () => {
  for (const [uri, wanted] of [
    [goodbye, `${goodbye}?state=a+b%26c`],
    [`${goodbye}?tenant=1`, `${goodbye}?tenant=1&state=a+b%26c`],
  ] as const) {
    const { browser, tokens } = await loggedIn()
    const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri: uri, state: 'a b&c' }
    assert.equal((await confirmed(browser, await asked(browser, parameters))).headers.location, wanted)
  }
})

test('OLOGO-07 (OIDC RP-Initiated Logout §3.1): post_logout_redirect_uris are https URLs, or as for redirect URIs of apps, on the host of a redirect URI', async () => {
  const { answer } = await registered({ ...minimal, post_logout_redirect_uris: [goodbye] })
  assert.deepEqual(answer.json.post_logout_redirect_uris, [goodbye])
  for (const uri of ['javascript:1', 'http://app.example/bye', 'http://a.example/', 'https://other.example/bye', '/bye', `${goodbye}#x`]) {
    const body = { ...minimal, token_endpoint_auth_method: 'none', post_logout_redirect_uris: [goodbye, uri] }
    assertRefused(await register(body), 'invalid_client_metadata', 'post_logout_redirect_uris[1]')
  }
})

test('OLOGO-08 (OIDC RP-Initiated Logout §4): a repeated logout does no harm and ends on a page of this server', async () => {
  const { browser } = await loggedIn()
  const toLogout = await asked(browser)
  const first = await confirmed(browser, toLogout)
  const again = await asked(browser)
  for (const answer of [first, again]) {
    const page = await browser.get(String(answer.headers.location))
    assert.deepEqual([answer.status, page.status], [302, 200])
    assert.match(page.text, /<h1>/)
  }
})

test('OLOGO-12 (OIDC Back-Channel Logout §2.1): the metadata announces back-channel logout with sid', async () => {
  const { json } = await site.public('/.well-known/openid-configuration')
  assert.deepEqual([json.backchannel_logout_supported, json.backchannel_logout_session_supported], [true, true])
})

test('OLOGO-13 (OIDC Back-Channel Logout §2.2): backchannel_logout_uri is an absolute https URL with a public address and no fragment', async () => {
  const wrong = ['/x', 'https://a.example/#f', 'https://a.example/#', 'https://127.0.0.1/', 'http://a.example/', 'https://u:p@a.example/']
  const client = await registered({ ...minimal, backchannel_logout_uri: 'https://a.example/logout?tenant=1' })
  assert.equal(client.answer.json.backchannel_logout_uri, 'https://a.example/logout?tenant=1')
  for (const uri of wrong) {
    assertRefused(await register({ ...minimal, backchannel_logout_uri: uri }), 'invalid_client_metadata', 'backchannel_logout_uri')
    assertRefused(await client.put({ ...minimal, backchannel_logout_uri: uri }), 'invalid_client_metadata', 'backchannel_logout_uri')
  }
})

test('OLOGO-14 (OIDC Back-Channel Logout §2.2): backchannel_logout_session_required defaults to false; sid is always sent', async () => {
  const uri = 'https://a.example/logout'
  const plain = await registered({ ...minimal, backchannel_logout_uri: uri })
  assert.ok([undefined, false].includes(plain.answer.json.backchannel_logout_session_required))
  const strict = await registered({ ...minimal, backchannel_logout_uri: uri, backchannel_logout_session_required: true })
  assert.equal(strict.answer.json.backchannel_logout_session_required, true)
  assert.equal((await logout()).payload.sid, 'session-of-app')
})

test('OLOGO-15 (OIDC Back-Channel Logout §2.4): a logout token has iss, aud, iat, exp, jti, events and sid, never a nonce, and is signed like an ID token', async () => {
  const { deliveries, payload, protectedHeader } = await logout()
  const { jti, iat, exp, ...claims } = payload
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  assert.deepEqual(claims, { iss: issuer, aud: ['app'], events, sid: 'session-of-app' })
  assert.match(String(jti), /^[0-9a-f-]{36}$/)
  assert.equal(iat, deliveries.time.now / 1000)
  assert.ok(exp)
  const signers = (await deliveries.stores.read.signingKeys.inSet('hydra.openid.id-token')).map(({ kid, alg }) => ({ kid, alg }))
  assert.deepEqual(signers, [{ kid: protectedHeader.kid, alg: protectedHeader.alg }])
})

test('OLOGO-16 (OIDC Back-Channel Logout §2.4): the typ of a logout token is logout+jwt', async () => {
  assert.equal(decodeProtectedHeader((await logout()).token).typ, 'logout+jwt')
})

test('OLOGO-17 (OIDC Back-Channel Logout §2.5): each client with the session, and no other, gets a form POST', async () => {
  await using receiver = await startLogoutReceiver()
  const at = (path: string) => registerLoginClient(site, { backchannel_logout_uri: `${receiver.url}${path}` })
  const [one, two] = [await at('/one'), await at('/two')]
  await at('/without-a-session')
  const browser = new Browser(site)
  const tokens = await obtainTokens(site, one, { browser, login: { remember: true } })
  const { id_token: second } = await obtainTokens(site, two, { browser })
  assert.equal(decodeJwt(second).sid, decodeJwt(tokens.id_token).sid)
  await confirmed(browser, await asked(browser))
  const posted = (await receiver.receives(2)).map(({ method, path, form }) => [method, path, decodeJwt(form.get('logout_token') ?? '').sid])
  const { sid } = decodeJwt(second)
  assert.deepEqual(posted.toSorted(), [
    ['POST', '/one', sid],
    ['POST', '/two', sid],
  ])
})

test('OLOGO-18 (OIDC Back-Channel Logout §2.7): a refresh token is issued only with offline_access, and stays valid after the session ends', async () => {
  const { browser, tokens } = await loggedIn()
  const { refresh_token: none } = await obtainTokens(site, app, { browser, parameters: { scope: 'openid' } })
  assert.equal(none, undefined)
  await confirmed(browser, await asked(browser))
  assert.equal(await isActive(site, tokens.refresh_token), true)
  assert.equal((await refresh(site, app, tokens.refresh_token)).status, 200)
})

test('OLOGO-19 (OIDC Back-Channel Logout §2.8): 200 and 204 are success; failures are logged and retried a limited number of times', async () => {
  await using receiver = await startLogoutReceiver((response, path) => response.writeHead(Number(path.slice(1))).end())
  await using deliveries = await logoutDeliveries()
  for (const status of ['200', '204', '400']) await deliveries.addClient(status, `${receiver.url}/${status}`)
  await deliveries.queue('200', '204', '400')
  assert.deepEqual(await deliveries.deliver(), { delivered: 2, failed: 1, givenUp: 0 })
  assert.ok(deliveries.lines.some(({ message, client_id }) => message === 'logout delivery failed' && client_id === '400'))
  const hours = 48
  for (let hour = 0; hour < hours; hour++) {
    deliveries.time.now += 3_600_000
    await deliveries.deliver()
  }
  const tries = receiver.received.filter(({ path }) => path === '/400').length
  assert.ok(tries > 2 && tries < hours / 1.5, String(tries))
  assert.deepEqual(await deliveries.waiting(), [])
})

test('OLOGO-20 (OIDC Back-Channel Logout §4): a logout token expires within two minutes', async () => {
  const { payload } = await logout()
  const life = (payload.exp ?? 0) - (payload.iat ?? 0)
  assert.ok(life > 0 && life <= 120, String(life))
})
