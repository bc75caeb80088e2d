import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { askTokenWith, clientKey } from '../support/assertions.ts'
import { Browser, logIn, makeProofKey, parameterOf } from '../support/browser.ts'
import {
  areActive,
  isActive,
  loginRequest,
  obtainCode,
  obtainTokens,
  redeem,
  redirectUri,
  refresh,
  registerLoginClient,
} from '../support/login-client.ts'
import { assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer } from '../support/server.ts'

// RFC 9700, Best Current Practice for OAuth 2.0 Security: one test for each requirement, by its id in docs/standards.md.

const day = 24 * 3_600_000
const api = 'https://api.example/'
let now = Date.now()
const server = await startServer({
  clock: () => now,
  settings: {
    dev: true,
    oidc: { dynamic_client_registration: { allowed_scope: ['read', 'write'], allowed_audience: [api, 'https://other.example/'] } },
  },
})
after(() => server[Symbol.asyncDispose]())
const { register, registered, created } = registrant(server)
const client = await registerLoginClient(server, { scope: 'openid offline_access read write' })
const publicClient = await registerLoginClient(server, { token_endpoint_auth_method: 'none' })
const visit = (address: string): Promise<Received> => new Browser(server).get(address)
const errorOf = ({ status, json }: Received) => [status, json.error]

test('R9700-01 (RFC 9700 §2.1): a redirect URI equals a registered one character by character, except for the port of a loopback URI', async () => {
  const app = await registerLoginClient(server, { redirect_uris: [redirectUri, 'http://127.0.0.1:8080/cb'] })
  const status = async (redirect_uri: string) => (await visit(loginRequest(app, { redirect_uri }).address)).status
  for (const uri of [redirectUri, 'http://127.0.0.1:8080/cb', 'http://127.0.0.1:9/cb']) assert.equal(await status(uri), 302, uri)
  for (const uri of [
    `${redirectUri}/`,
    `${redirectUri}?a`,
    'https://app.example:8443/cb',
    'https://APP.example/cb',
    'http://127.0.0.1:9/cb2',
  ])
    assert.equal(await status(uri), 400, uri)
})

test('R9700-02 (RFC 9700 §2.1, §4.11): the browser is never redirected to a URI that the client has not registered', async () => {
  for (const address of [
    loginRequest({ id: 'nobody', secret: '' }).address,
    loginRequest(client, { redirect_uri: 'https://evil.example/' }).address,
    loginRequest(client, { redirect_uri: 'https://evil.example/', prompt: 'none', response_type: 'x' }).address,
  ]) {
    const { status, headers } = await visit(address)
    assert.deepEqual([status, headers.location], [400, undefined], address)
    assert.match(String(headers['content-type']), /^text\/html/)
  }
})

test('R9700-03 (RFC 9700 §2.1.1): a code issued for a code_challenge requires the matching verifier', async () => {
  const { code, verifier } = await obtainCode(server, client)
  for (const wrong of ['', makeProofKey().verifier, verifier.slice(0, -1), 'short'])
    assert.deepEqual(errorOf(await redeem(server, client, { code, verifier: wrong })), [400, 'invalid_grant'], wrong)
  assert.equal((await redeem(server, client, { code, verifier })).status, 200)
})

test('R9700-04 (RFC 9700 §2.1.1): a public client must send a code_challenge, whoever created the client', async () => {
  const { id } = await created({ ...minimal, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', scope: 'openid' })
  for (const one of [publicClient, { id, secret: '' }]) {
    const answer = await visit(loginRequest(one, { scope: 'openid', code_challenge: '', code_challenge_method: '' }).address)
    assert.equal(answer.status, 303)
    assert.equal(parameterOf(answer, 'error'), 'invalid_request')
    assert.match(parameterOf(answer, 'error_description'), /code_challenge/)
  }
})

test('R9700-05 (RFC 9700 §2.1.1, §4.8.2): a verifier is refused for a code that was issued without a code_challenge', async () => {
  const own = await created({ ...minimal, redirect_uris: [redirectUri], scope: 'openid' })
  const parameters = { scope: 'openid', code_challenge: '', code_challenge_method: '' }
  const { code, verifier } = await obtainCode(server, own, { parameters })
  assert.deepEqual(errorOf(await redeem(server, own, { code, verifier })), [400, 'invalid_grant'])
  assert.equal((await redeem(server, own, { code, verifier: '' })).status, 200)
})

test('R9700-06 (RFC 9700 §2.1.1): S256 is the only method: plain or an omitted method is refused, and the metadata lists no other', async () => {
  for (const code_challenge_method of ['plain', '', 'S512', 's256']) {
    const answer = await visit(loginRequest(client, { code_challenge_method }).address)
    assert.equal(parameterOf(answer, 'error'), 'invalid_request', code_challenge_method)
  }
  const { json } = await server.public('/.well-known/oauth-authorization-server')
  assert.deepEqual(json.code_challenge_methods_supported, ['S256'])
})

test('R9700-07 (RFC 9700 §2.1.2) overridden: the implicit grant is dropped from a registration, not refused; an authorization response never contains a token', async () => {
  const { json } = await register({ ...minimal, grant_types: ['authorization_code', 'implicit'], response_types: ['code', 'token'] })
  assert.deepEqual([json.grant_types, json.response_types], [['authorization_code'], ['code']])
  for (const response_type of ['token', 'id_token token', 'code token', 'id_token']) {
    const answer = await visit(loginRequest({ id: json.client_id, secret: '' }, { response_type }).address)
    assert.equal(parameterOf(answer, 'error'), 'unsupported_response_type', response_type)
  }
})

test('R9700-09 (RFC 9700 §2.2.2, §4.14.2): a refresh token is used once; its reuse revokes the family', async () => {
  for (const one of [client, publicClient]) {
    const first = await obtainTokens(server, one)
    const second = (await refresh(server, one, first.refresh_token)).json
    assert.notEqual(second.refresh_token, first.refresh_token)
    assert.deepEqual(await areActive(server, second), [true, true])
    assert.deepEqual(errorOf(await refresh(server, one, first.refresh_token)), [400, 'invalid_grant'])
    assert.deepEqual(await areActive(server, second), [false, false])
    assert.deepEqual(errorOf(await refresh(server, one, second.refresh_token)), [400, 'invalid_grant'])
  }
})

test('R9700-10 (RFC 9700 §4.14.2): a refresh token is valid only for its client and for what was granted', async () => {
  const parameters = { scope: 'openid offline_access read', resource: api }
  const { refresh_token: token } = await obtainTokens(server, client, { parameters })
  assert.deepEqual(errorOf(await refresh(server, publicClient, token)), [400, 'invalid_grant'])
  assert.deepEqual(errorOf(await refresh(server, client, token, { scope: 'read write' })), [400, 'invalid_scope'])
  assert.deepEqual(errorOf(await refresh(server, client, token, { resource: 'https://other.example/' })), [400, 'invalid_target'])
  const { status, json } = await refresh(server, client, token)
  assert.deepEqual([status, json.scope], [200, 'openid offline_access read'])
})

test('R9700-11 (RFC 9700 §4.14.2): an unused refresh token expires, and withdrawing the consent revokes it at once', async () => {
  const { refresh_token: idle } = await obtainTokens(server, client)
  const { refresh_token: used } = await obtainTokens(server, client)
  now += 29 * day
  const next = (await refresh(server, client, used)).json.refresh_token
  now += 2 * day
  assert.deepEqual(errorOf(await refresh(server, client, idle)), [400, 'invalid_grant'])
  assert.equal(await isActive(server, next), true)
  await server.admin('/admin/oauth2/auth/sessions/consent?subject=person-1&all=true', { method: 'DELETE' })
  assert.deepEqual(errorOf(await refresh(server, client, next)), [400, 'invalid_grant'])
})

test('R9700-12 (RFC 9700 §2.3): an access token is valid only for the granted resource and scope', async () => {
  const parameters = { scope: 'openid read', resource: api }
  const { access_token: token } = await obtainTokens(server, client, { parameters })
  const { json } = await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token } })
  assert.deepEqual([json.aud, json.scope], [[api], 'openid read'])
})

test('R9700-13 (RFC 9700 §2.4): the password grant is not offered', async () => {
  const form = { grant_type: 'password', username: 'ada', password: 'secret' }
  const answer = await server.public('/oauth2/token', { method: 'POST', basic: [client.id, client.secret], form })
  assert.deepEqual(errorOf(answer), [400, 'unsupported_grant_type'])
  assertRefused(await register({ ...minimal, grant_types: ['password'] }), 'invalid_client_metadata', 'grant_types')
})

test('R9700-14 (RFC 9700 §2.5): a client can authenticate with its own key', async () => {
  const key = await clientKey('ES256', { now: () => Math.floor(now / 1000) })
  const { id } = await registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } })
  assert.equal((await askTokenWith(server, await key.sign(id, server.issuer))).status, 200)
})

test('R9700-15 (RFC 9700 §2.6): the metadata is published at both well-known URLs', async () => {
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])
    assert.equal((await server.public(path)).json.issuer, server.issuer)
})

test('R9700-16 (RFC 9700 §2.6, §4.15): a self-registered client can choose neither its client_id nor a subject', async () => {
  const { id, answer, askToken } = await registered({ ...machine, client_id: 'ada', sub: 'ada', subject: 'ada', access_token_strategy: '' })
  assert.notEqual(id, 'ada')
  assert.deepEqual([answer.json.sub, answer.json.subject], [undefined, undefined])
  const { json } = await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: (await askToken()).json.access_token } })
  assert.deepEqual([json.active, json.sub], [true, id])
})

test('R9700-17 (RFC 9700 §2.6): a plain http redirect URI is accepted on loopback only', async () => {
  for (const uri of ['http://a.example/cb', 'http://127.0.0.1.a.example/cb', 'http://192.168.0.1/cb'])
    assertRefused(await register({ ...minimal, redirect_uris: [uri] }), 'invalid_redirect_uri', uri)
  for (const uri of ['http://127.0.0.1/cb', 'http://[::1]/cb', 'http://localhost/cb'])
    assert.equal((await register({ ...minimal, redirect_uris: [uri] })).status, 201, uri)
})

test('R9700-18 (RFC 9700 §2.6): pages on other origins cannot read the authorization endpoint', async () => {
  const { address } = loginRequest(client)
  const headers = { origin: 'https://app.example' }
  for (const answer of [
    await server.public(address, { headers }),
    await server.public('/oauth2/auth?client_id=nobody', { headers }),
    await server.public('/oauth2/auth', { method: 'OPTIONS', headers: { ...headers, 'access-control-request-method': 'POST' } }),
  ])
    assert.equal(answer.headers['access-control-allow-origin'], undefined, String(answer.status))
})

test('R9700-19 (RFC 9700 §4.1.3): with oauth2.dummy_fragment, a redirect with the response in the query ends with a meaningless fragment; without it there is none', async () => {
  await using ending = await startServer({ settings: { dev: true, oauth2: { dummy_fragment: true } } })
  const app = await registerLoginClient(ending, { redirect_uris: [redirectUri, `${redirectUri}?a=1`] })
  const locations = async (on: typeof server, as: typeof client, parameters: Record<string, string>) => {
    const allowed = await logIn(on, new Browser(on), loginRequest(as, parameters).address)
    const refused = await new Browser(on).get(loginRequest(as, { ...parameters, prompt: 'none' }).address)
    return [allowed, refused].map(({ headers }) => String(headers.location))
  }
  for (const redirect_uri of [redirectUri, `${redirectUri}?a=1`]) {
    const [code = '', error = ''] = await locations(ending, app, { redirect_uri })
    assert.match(code, /^https:\/\/app\.example\/cb\?(a=1&)?code=[^#]+#_$/)
    assert.match(error, /^https:\/\/app\.example\/cb\?(a=1&)?error=login_required&[^#]+#_$/)
  }
  for (const location of await locations(server, client, {})) assert.doesNotMatch(location, /#/)
  for (const location of await locations(ending, app, { redirect_uri: redirectUri, response_mode: 'fragment' }))
    assert.match(location, /^https:\/\/app\.example\/cb#[^#]+[^_]$/)
  ending.reconfigure({ oauth2: { dummy_fragment: false } })
  for (const location of await locations(ending, app, { redirect_uri: redirectUri })) assert.doesNotMatch(location, /#/)
})

test('R9700-20 (RFC 9700 §4.2.4): pages send no referrer and load nothing from elsewhere; a code is valid once and for a short time', async () => {
  for (const { text, headers } of await pages()) {
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; /)
    assert.doesNotMatch(text, /<(script|img|iframe|link)\b|\bsrc=|url\(/i)
  }
  const [spent, late] = [await obtainCode(server, client), await obtainCode(server, client)]
  assert.deepEqual([(await redeem(server, client, spent)).status, (await redeem(server, client, spent)).status], [200, 400])
  now += 600_001
  assert.deepEqual(errorOf(await redeem(server, client, late)), [400, 'invalid_grant'])
})

/** The pages of a login, and the error page for an untrusted request. */
async function pages(): Promise<Received[]> {
  const browser = new Browser(server)
  const toLogin = await browser.get(loginRequest(client).address)
  const signIn = await browser.get(String(toLogin.headers.location))
  const path = `/admin/oauth2/auth/requests/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
  const toConsent = await browser.get((await server.admin(path, { method: 'PUT', json: { subject: 'ada' } })).json.redirect_to)
  const consent = await browser.get(String(toConsent.headers.location))
  const all = [signIn, consent, await browser.get('/oauth2/auth?client_id=nobody')]
  assert.deepEqual(
    all.map(({ status }) => status),
    [200, 200, 400],
  )
  return all
}

test('R9700-22 (RFC 9700 §4.12): after a form the browser is redirected with 303, never with 307', async () => {
  const browser = new Browser(server)
  const toLogin = await browser.get(loginRequest(client).address)
  const form = { login_challenge: parameterOf(toLogin, 'login_challenge'), action: 'cancel' }
  const headers = { origin: server.publicUrl, 'sec-fetch-site': 'same-origin' }
  const cancelled = await browser.send('/oauth2/fallbacks/login', { method: 'POST', form, headers })
  assert.equal(cancelled.status, 303, cancelled.text)
  const back = await browser.get(String(cancelled.headers.location))
  assert.deepEqual([back.status, parameterOf(back, 'error')], [303, 'access_denied'])
  const sent = Object.fromEntries(new URL(loginRequest(client).address, server.publicUrl).searchParams)
  assert.equal((await browser.send('/oauth2/auth', { method: 'POST', form: sent })).status, 302)
})

test('R9700-23 (RFC 9700 §4.15.1) overridden: an operator may choose any client_id; a self-registered client gets a UUID, which equals no subject', async () => {
  assert.equal((await created({ ...minimal, client_id: 'ada' })).id, 'ada')
  for (let count = 0; count < 20; count++)
    assert.match((await registered()).id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('R9700-24 (RFC 9700 §4.16): no page of this server can be framed', async () => {
  for (const { headers } of await pages()) {
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['x-frame-options'], 'DENY')
  }
})

test('R9700-25 (RFC 9700 §4.5, §4.1): a code is valid only for its client, redirect URI and challenge; a second valid use revokes the tokens of the first', async () => {
  const issued = await obtainCode(server, client)
  for (const wrong of [
    await redeem(server, publicClient, issued),
    await redeem(server, client, issued, { redirect_uri: `${redirectUri}/` }),
    await redeem(server, client, { ...issued, verifier: makeProofKey().verifier }),
  ])
    assert.deepEqual(errorOf(wrong), [400, 'invalid_grant'])
  const { status, json } = await redeem(server, client, issued)
  assert.equal(status, 200)
  assert.deepEqual(await areActive(server, json), [true, true])
  assert.deepEqual(errorOf(await redeem(server, client, issued)), [400, 'invalid_grant'])
  assert.deepEqual(await areActive(server, json), [false, false])
})
