import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Browser, logIn, makeProofKey, parameterOf } from '../support/browser.ts'
import {
  areActive,
  type LoginClient,
  loginRequest,
  obtainCode,
  obtainTokens,
  redeem,
  redirectUri,
  refresh,
  registerLoginClient,
  seeConsentPage,
} from '../support/login-client.ts'
import { machine, minimal, registrant } from '../support/registrant.ts'
import type { Received, Sent } from '../support/request.ts'
import { startServer } from '../support/server.ts'

// OAuth 2.1, draft-ietf-oauth-v2-1: one test for each requirement, by its id in docs/standards.md.

/** A user who never logs in with a password: the hash matches none. */
const eve = { subject: 'eve', username: 'eve', password: `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}` }
const grants = '/oauth2/fallbacks/grants'

let now = Date.now()
const server = await startServer({
  clock: () => now,
  settings: { dev: true, users: [eve], oidc: { dynamic_client_registration: { allowed_scope: ['read', 'write'] } } },
})
after(() => server[Symbol.asyncDispose]())
const { register, registered, created } = registrant(server)
const client = await registerLoginClient(server)
const publicClient = await registerLoginClient(server, { token_endpoint_auth_method: 'none' })
const token = (sent: Sent): Promise<Received> => server.public('/oauth2/token', { method: 'POST', ...sent })
const visit = (address: string): Promise<Received> => new Browser(server).get(address)
const errorOf = ({ status, json }: Received) => [status, json.error]
/** An operator's client, which may omit PKCE. */
const operators = async (more: object = {}): Promise<LoginClient> =>
  created({ client_name: 'T', redirect_uris: [redirectUri], scope: 'openid', ...more })
const withoutProof = { scope: 'openid', code_challenge: '', code_challenge_method: '' }

test('O21-01 (OAuth 2.1 §1.5): every URL in the metadata is https if the issuer is', async () => {
  const issuer = 'https://auth.example/'
  await using secure = await startServer({ settings: { urls: { self: { issuer } } } })
  const { json } = await secure.public('/.well-known/oauth-authorization-server')
  const addresses = Object.entries(json).filter(([name]) => /_endpoint$|_uri$|^issuer$/.test(name))
  assert.ok(addresses.length > 6)
  for (const [name, address] of addresses) assert.ok(String(address).startsWith(issuer), name)
  assert.ok((await registrant(secure).registered()).answer.json.registration_client_uri.startsWith(issuer))
})

test('O21-02 (OAuth 2.1 §2.1): a client is public or confidential as it registered, and is treated accordingly', async () => {
  const form = { grant_type: 'authorization_code', code: 'x' }
  assert.deepEqual(errorOf(await token({ form: { ...form, client_id: publicClient.id } })), [400, 'invalid_grant'])
  assert.deepEqual(errorOf(await token({ form: { ...form, client_id: client.id } })), [401, 'invalid_client'])
  assert.deepEqual(errorOf(await token({ basic: [publicClient.id, 'a-secret'], form })), [401, 'invalid_client'])
  assert.equal(publicClient.secret, '')
})

test('O21-03 (OAuth 2.1 §2.2): an issued client_id has 36 characters', async () => {
  for (const { id } of [client, publicClient, await registered(machine), await created(machine)]) assert.equal(id.length, 36)
})

test('O21-04 (OAuth 2.1 §2.3): a redirect URI is absolute and has no fragment; its query is kept', async () => {
  for (const uri of ['/cb', `${redirectUri}#x`]) assert.equal((await register({ ...minimal, redirect_uris: [uri] })).status, 400, uri)
  const redirect_uri = `${redirectUri}?x=1&y=%20`
  const app = await registerLoginClient(server, { redirect_uris: [redirect_uri] })
  const back = await logIn(server, new Browser(server), loginRequest(app, { redirect_uri }).address)
  assert.match(String(back.headers.location), /^https:\/\/app\.example\/cb\?x=1&y=%20&code=ory_ac_/)
})

test('O21-05 (OAuth 2.1 §2.3.2): with several redirect URIs, or a loopback one, the request must name redirect_uri', async () => {
  const status = async (members: object) => {
    const app = await registerLoginClient(server, { ...members })
    return (await visit(loginRequest(app, { redirect_uri: '' }).address)).status
  }
  assert.equal(await status({ redirect_uris: [redirectUri, `${redirectUri}2`] }), 400)
  assert.equal(await status({ redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' }), 400)
  assert.equal(await status({ redirect_uris: [redirectUri] }), 302)
})

test('O21-06 (OAuth 2.1 §2.3.5): a wrong client_id or redirect URI is shown to the person, without a redirect', async () => {
  for (const address of [
    loginRequest({ id: 'nobody', secret: '' }).address,
    loginRequest(client, { redirect_uri: 'https://evil.example/cb' }).address,
  ]) {
    const { status, headers, text } = await visit(address)
    assert.deepEqual([status, headers.location], [400, undefined])
    assert.match(text, /<h1>/)
  }
})

test('O21-07 (OAuth 2.1 §2.4): a client uses one authentication method per request', async () => {
  const form = { grant_type: 'authorization_code', code: 'x', client_id: client.id, client_secret: client.secret }
  assert.deepEqual(errorOf(await token({ basic: [client.id, client.secret], form })), [400, 'invalid_request'])
})

test('O21-08 (OAuth 2.1 §2.4.1): a secret is sent in the form or by Basic, with both parts form-encoded first', async () => {
  const form = { grant_type: 'client_credentials' }
  const secret = 'a:b%2B+c d&é-0123456789'
  const { id } = await created({ ...machine, client_id: 'an id: with%2B+', client_secret: secret })
  assert.equal((await token({ basic: [id, secret], form })).status, 200)
  assert.equal((await token({ form: { ...form, client_id: id, client_secret: secret } })).status, 200)
  assert.equal((await token({ basic: [id, 'a:b++c d&é-0123456789'], form })).status, 401)
})

test('O21-09 (OAuth 2.1 §2.4.1): repeated attempts with a wrong secret are rate limited', async () => {
  const { id, secret } = await registered(machine)
  const guess = (word: string) => token({ basic: [id, word], form: { grant_type: 'client_credentials' } })
  const statuses = []
  for (let count = 0; count < 12; count++) statuses.push((await guess('wrong')).status)
  assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429])
  const slowed = await guess(secret)
  assert.match(String(slowed.headers['retry-after']), /^\d+$/)
  now += 60_000
  assert.equal((await guess(secret)).status, 200)
})

test('O21-10 (OAuth 2.1 §3.1): an unknown parameter is ignored, a repeated one is refused, and one without a value counts as absent', async () => {
  const { address } = loginRequest(client)
  assert.equal((await visit(`${address}&foo=1&max_age=&prompt=&registration=&id_token_hint=&response_mode=`)).status, 302)
  for (const pair of ['scope=openid', 'state=other', 'code_challenge=x', 'max_age=1&max_age=2']) {
    const answer = await visit(`${address}&${pair}`)
    assert.deepEqual([answer.status, parameterOf(answer, 'error')], [303, 'invalid_request'], pair)
  }
  assert.equal((await visit(`${address}&client_id=${client.id}`)).status, 400)
  const stateless = await visit(loginRequest(client, { state: '', prompt: 'none' }).address)
  assert.doesNotMatch(String(stateless.headers.location), /state=/)
  const form = { grant_type: 'refresh_token', refresh_token: 'x', foo: '1', scope: '' }
  assert.deepEqual(errorOf(await token({ basic: [client.id, client.secret], form })), [400, 'invalid_grant'])
  const twice = { ...form, scope: ['openid', 'openid'] }
  assert.deepEqual(errorOf(await token({ basic: [client.id, client.secret], form: twice })), [400, 'invalid_request'])
})

test('O21-11 (OAuth 2.1 §3.2): the token endpoint accepts a form by POST, also from pages on other origins', async () => {
  const get = await server.public('/oauth2/token?grant_type=client_credentials')
  assert.deepEqual([get.status, get.headers.allow?.includes('POST')], [405, true])
  const json = await token({ basic: [client.id, client.secret], json: { grant_type: 'client_credentials' } })
  assert.deepEqual(errorOf(json), [400, 'invalid_request'])
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
  const preflight = await server.public('/oauth2/token', { method: 'OPTIONS', headers })
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, '*'])
})

test('O21-12 (OAuth 2.1 §3.2.3): a token response is JSON that must not be cached, and shows what was granted', async () => {
  const issued = await obtainCode(server, client, { consent: { grant_scope: ['openid'] } })
  const { status, headers, json } = await redeem(server, client, issued)
  assert.deepEqual([status, headers['cache-control']], [200, 'no-store'])
  assert.match(String(headers['content-type']), /^application\/json\b/)
  assert.match(json.access_token, /^ory_at_/)
  assert.deepEqual([json.token_type, json.expires_in, json.scope], ['bearer', 3600, 'openid'])
})

test('O21-13 (OAuth 2.1 §3.2.4): each token endpoint error has its own code; a 401 names the authentication scheme', async () => {
  const basic = [client.id, client.secret] as const
  const { id, secret } = await registered({ ...machine, scope: 'read' })
  const wanted: [Sent, number, string][] = [
    [{ basic, form: { code: 'x' } }, 400, 'invalid_request'],
    [{ basic, form: { grant_type: 'authorization_code', code: 'x' } }, 400, 'invalid_grant'],
    [{ basic, form: { grant_type: 'client_credentials' } }, 400, 'unauthorized_client'],
    [{ basic, form: { grant_type: 'x' } }, 400, 'unsupported_grant_type'],
    [{ basic: [id, secret], form: { grant_type: 'client_credentials', scope: 'admin' } }, 400, 'invalid_scope'],
    [{ basic: [id, 'wrong'], form: { grant_type: 'client_credentials' } }, 401, 'invalid_client'],
    [{ form: { grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' } }, 401, 'invalid_client'],
  ]
  for (const [sent, status, error] of wanted) {
    const answer = await token(sent)
    assert.deepEqual(errorOf(answer), [status, error], answer.text)
    assert.match(String(answer.headers['content-type']), /^application\/json\b/)
    assert.equal(answer.headers['cache-control'], 'no-store')
    if (status === 401) assert.match(String(answer.headers['www-authenticate']), /^Basic realm=/)
  }
})

test('O21-14 (OAuth 2.1 §4.1.1): a code_challenge has the form of S256: 43 characters of base64url', async () => {
  const { challenge } = makeProofKey()
  for (const code_challenge of ['short', challenge.slice(1), `${challenge}A`, `${challenge.slice(1)}=`, `${challenge.slice(1)}+`]) {
    const answer = await visit(loginRequest(client, { code_challenge }).address)
    assert.equal(parameterOf(answer, 'error'), 'invalid_request', code_challenge)
  }
  assert.equal((await visit(loginRequest(client, { code_challenge: challenge }).address)).status, 302)
})

test('O21-15 (OAuth 2.1 §4.1.1): a loopback redirect URI may use any port', async () => {
  const app = await registerLoginClient(server, { redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' })
  const redirect_uri = 'http://127.0.0.1:51004/cb'
  const issued = await obtainCode(server, app, { parameters: { redirect_uri } })
  assert.deepEqual(errorOf(await redeem(server, app, issued, { redirect_uri: 'http://127.0.0.1/cb' })), [400, 'invalid_grant'])
  assert.equal((await redeem(server, app, issued, { redirect_uri })).status, 200)
})

test('O21-16 (OAuth 2.1 §4.1.2): a code is valid for ten minutes and is used once', async () => {
  const [first, second] = [await obtainCode(server, client), await obtainCode(server, client)]
  now += 599_000
  assert.deepEqual([(await redeem(server, client, first)).status, (await redeem(server, client, first)).status], [200, 400])
  now += 2_000
  assert.deepEqual(errorOf(await redeem(server, client, second)), [400, 'invalid_grant'])
})

test('O21-17 (OAuth 2.1 §4.1.2.1): an error is returned to the client with error, state and iss', async () => {
  const app = await operators()
  const answer = await visit(loginRequest(app, { ...withoutProof, scope: 'openid admin', state: 'a state of mine' }).address)
  assert.deepEqual(
    ['error', 'state', 'iss'].map((name) => parameterOf(answer, name)),
    ['invalid_scope', 'a state of mine', server.issuer],
  )
})

test('O21-18 (OAuth 2.1 §4.1.3): a code_verifier is required exactly if there was a code_challenge; redirect_uri may then be omitted, and must not be wrong', async () => {
  const issued = await obtainCode(server, client)
  assert.deepEqual(errorOf(await redeem(server, client, { ...issued, verifier: '' })), [400, 'invalid_grant'])
  assert.deepEqual(errorOf(await redeem(server, client, issued, { redirect_uri: 'https://app.example/other' })), [400, 'invalid_grant'])
  assert.equal((await redeem(server, client, issued, { redirect_uri: '' })).status, 200)
  const unnamed = await obtainCode(server, client, { parameters: { redirect_uri: '' } })
  assert.deepEqual(errorOf(await redeem(server, client, unnamed, { redirect_uri: 'https://app.example/other' })), [400, 'invalid_grant'])
  assert.equal((await redeem(server, client, unnamed)).status, 200)
  const app = await operators()
  const open = await obtainCode(server, app, { parameters: withoutProof })
  assert.deepEqual(errorOf(await redeem(server, app, open)), [400, 'invalid_grant'])
  assert.deepEqual(errorOf(await redeem(server, app, { ...open, verifier: '' }, { redirect_uri: '' })), [400, 'invalid_grant'])
  assert.equal((await redeem(server, app, { ...open, verifier: '' })).status, 200)
})

test('O21-19 (OAuth 2.1 §4.1.3): a replayed code revokes its tokens only if everything else in the request is right', async () => {
  const issued = await obtainCode(server, client)
  const { json } = await redeem(server, client, issued)
  for (const attempt of [
    redeem(server, client, { ...issued, verifier: '' }),
    redeem(server, client, { ...issued, verifier: makeProofKey().verifier }),
    redeem(server, publicClient, issued),
    redeem(server, { id: client.id, secret: 'wrong' }, issued),
  ])
    assert.notEqual((await attempt).status, 200)
  assert.deepEqual(await areActive(server, json), [true, true])
  assert.deepEqual(errorOf(await redeem(server, client, issued)), [400, 'invalid_grant'])
  assert.deepEqual(await areActive(server, json), [false, false])
})

test('O21-20 (OAuth 2.1 §4.2): client_credentials is for confidential clients and issues no refresh token', async () => {
  const { id } = await created({ ...machine, token_endpoint_auth_method: 'none' })
  assert.deepEqual(errorOf(await token({ form: { grant_type: 'client_credentials', client_id: id } })), [400, 'unauthorized_client'])
  const grants = ['client_credentials', 'authorization_code', 'refresh_token']
  const own = await registered({ ...minimal, grant_types: grants, scope: 'openid offline_access' })
  const { status, json } = await own.askToken({ scope: 'offline_access' })
  assert.deepEqual([status, json.refresh_token], [200, undefined])
})

test('O21-21 (OAuth 2.1 §4.3.1): a refresh requires the same client and no wider scope, and issues a new refresh token', async () => {
  const { refresh_token: old } = await obtainTokens(server, publicClient, { parameters: { scope: 'offline_access' } })
  assert.deepEqual(errorOf(await refresh(server, publicClient, old, { scope: 'openid' })), [400, 'invalid_scope'])
  assert.deepEqual(errorOf(await refresh(server, client, old)), [400, 'invalid_grant'])
  const { status, json } = await refresh(server, publicClient, old)
  assert.equal(status, 200)
  assert.notEqual(json.refresh_token, old)
})

test('O21-22 (OAuth 2.1 §5): an access token in a query is ignored', async () => {
  const { access_token: good } = await obtainTokens(server, client)
  assert.equal((await server.public('/userinfo', { bearer: good })).status, 200)
  for (const method of ['GET', 'POST']) assert.equal((await server.public(`/userinfo?access_token=${good}`, { method })).status, 401)
})

test('O21-23 (OAuth 2.1 §7.5) overridden: PKCE is required for self-registered clients; for an operator’s confidential client oauth2.pkce decides', async () => {
  const app = await operators()
  for (const one of [client, publicClient]) {
    const answer = await visit(loginRequest(one, { ...withoutProof, nonce: 'n-0123456789' }).address)
    assert.equal(parameterOf(answer, 'error'), 'invalid_request')
  }
  assert.equal((await visit(loginRequest(app, withoutProof).address)).status, 302)
  await using strict = await startServer({ settings: { oauth2: { pkce: { enforced: true } } } })
  const { id } = await registrant(strict).created({ redirect_uris: [redirectUri], scope: 'openid' })
  const refused = await new Browser(strict).get(loginRequest({ id, secret: '' }, withoutProof).address)
  assert.equal(parameterOf(refused, 'error'), 'invalid_request')
})

test('O21-24 (OAuth 2.1 §7.12): the consent page shows who asks, for what, and where the response goes; the person can see and withdraw what was granted', async () => {
  const app = await registerLoginClient(server, { client_name: 'Notes', scope: 'openid offline_access read' })
  const { text } = await seeConsentPage(server, app, { subject: 'eve', parameters: { scope: 'openid offline_access read' } })
  for (const words of ['Notes', 'app.example', 'not verified', 'read', 'Keep access']) assert.ok(text.includes(words), words)
  const { refresh_token: good } = await obtainTokens(server, app, { subject: 'eve', consent: { remember: true } })
  const sessions = '/admin/oauth2/auth/sessions/consent?subject=eve'
  const listed = (await server.admin(sessions)).json
  assert.deepEqual([listed.length, listed[0].consent_request.client.client_id], [1, app.id])
  assert.equal((await server.admin(`${sessions}&client=${app.id}`, { method: 'DELETE' })).status, 204)
  assert.deepEqual(errorOf(await refresh(server, app, good)), [400, 'invalid_grant'])
  const browser = new Browser(server)
  const { refresh_token: own } = await obtainTokens(server, app, { browser, subject: 'eve', login: { remember: true } })
  const { text: page } = await browser.get(grants)
  assert.match(page, /app\.example[\s\S]*Notes[\s\S]*not verified[\s\S]*Keep access[\s\S]*Access since/)
  const form = Object.fromEntries(
    [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
  assert.equal(form.client_id, app.id)
  assert.equal((await browser.send(grants, { method: 'POST', form })).status, 200)
  assert.deepEqual(errorOf(await refresh(server, app, own)), [400, 'invalid_grant'])
  assert.doesNotMatch((await browser.get(grants)).text, /Notes/)
})

test('O21-26 (OAuth 2.1 §7.14): no page of a login can be framed', async () => {
  const toLogin = await visit(loginRequest(client).address)
  for (const { headers } of [await visit(String(toLogin.headers.location)), await visit('/oauth2/auth?client_id=nobody')]) {
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['x-frame-options'], 'DENY')
  }
})

test('O21-27 (OAuth 2.1 §8.1, §8.4): a native app may have any of the three kinds of redirect URI, and shares no secret with other copies', async () => {
  for (const uri of ['com.example.app:/cb', 'https://app.example/native', 'http://127.0.0.1/cb']) {
    const [one, other] = [await registered({ ...minimal, redirect_uris: [uri] }), await registered({ ...minimal, redirect_uris: [uri] })]
    assert.notEqual(one.secret, other.secret)
    const withoutChallenge = await visit(
      loginRequest(one, { redirect_uri: uri, scope: 'openid', code_challenge: '', code_challenge_method: '' }).address,
    )
    assert.match(String(withoutChallenge.headers.location), /[?&]error=invalid_request&/)
  }
})

test('O21-28 (OAuth 2.1 §10) overridden: implicit and password are dropped from a registration, not refused; neither is offered', async () => {
  const { json: document } = await server.public('/.well-known/oauth-authorization-server')
  for (const gone of ['implicit', 'password']) assert.ok(!document.grant_types_supported.includes(gone))
  const { json } = await register({ ...minimal, grant_types: ['authorization_code', 'implicit', 'password'] })
  assert.deepEqual(json.grant_types, ['authorization_code'])
  const answer = await visit(loginRequest(client, { response_type: 'token' }).address)
  assert.equal(parameterOf(answer, 'error'), 'unsupported_response_type')
})
