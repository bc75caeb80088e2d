import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import type { FencedFetch } from '../../src/lib/fenced-fetch.ts'
import { askTokenWith, clientKey } from '../support/assertions.ts'
import { Browser, parameterOf } from '../support/browser.ts'
import { type LoginClient, loginRequest, obtainTokens, redirectUri, registerLoginClient, type Tokens } from '../support/login-client.ts'
import { assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer } from '../support/server.ts'

// OpenID Connect Core 1.0 and Discovery 1.0: one test for each requirement, by its id in docs/standards.md.

let now = Date.now()
const server = await startServer({ clock: () => now })
after(() => server[Symbol.asyncDispose]())
const { register, registered } = registrant(server)
const client = await registerLoginClient(server)
const metadata = async () => (await server.public('/.well-known/openid-configuration')).json
const remembered = { login: { remember: true }, consent: { remember: true } }

const loginRequestOf = async (answer: Received): Promise<Received['json']> => {
  const challenge = parameterOf(answer, 'login_challenge')
  return (await server.admin(`/admin/oauth2/auth/requests/login?login_challenge=${challenge}`)).json
}

/** The browser returns from the login application, which accepts every login. */
async function afterLogin(browser: Browser, toLogin: Received, subject = 'person-1'): Promise<Received> {
  const path = `/admin/oauth2/auth/requests/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
  return browser.get((await server.admin(path, { method: 'PUT', json: { subject } })).json.redirect_to)
}

/** Verifies an ID token as a client does, with the published keys. */
async function verified({ id_token: token }: Tokens, audience = client.id): Promise<JWTPayload> {
  const keys = createLocalJWKSet((await server.public('/.well-known/jwks.json')).json)
  const { payload } = await jwtVerify(token, keys, { issuer: server.issuer, audience, algorithms: ['RS256'], currentDate: new Date(now) })
  return payload
}

test('OCORE-01 (OIDC Core §3.1.2.1): an authorization request by GET equals one by POST; the scope openid adds an ID token', async () => {
  const { address } = loginRequest(client, { nonce: 'n-12345678' })
  const url = new URL(address, server.publicUrl)
  const asked = async (answer: Received) => {
    assert.equal(answer.status, 302, answer.text)
    const { challenge: _, session_id: __, ...rest } = await loginRequestOf(answer)
    return rest
  }
  const byGet = await asked(await new Browser(server).get(address))
  const form = Object.fromEntries(url.searchParams)
  const byPost = await asked(await new Browser(server).send(url.pathname, { method: 'POST', form }))
  assert.deepEqual(byPost.requested_scope, ['openid', 'offline_access'])
  assert.deepEqual(Object.fromEntries(new URL(byPost.request_url).searchParams), form)
  assert.deepEqual({ ...byPost, request_url: byGet.request_url }, byGet)
  assert.equal((await obtainTokens(server, client, { parameters: { scope: 'offline_access' } })).id_token, undefined)
  assert.notEqual((await obtainTokens(server, client)).id_token, undefined)
})

test('OCORE-02 (OIDC Core §3.1.2.1): prompt=none shows no page: login_required or consent_required is returned to the client', async () => {
  const browser = new Browser(server)
  const none = async (more: Record<string, string> = {}) => browser.get(loginRequest(client, { prompt: 'none', ...more }).address)
  const assertRefusal = (answer: Received, error: string) => {
    assert.equal(answer.status, 303)
    assert.ok(answer.headers.location?.startsWith(`${redirectUri}?`))
    assert.deepEqual(
      ['error', 'state', 'iss'].map((name) => parameterOf(answer, name)),
      [error, 'state-12345678', server.issuer],
    )
  }
  assertRefusal(await none(), 'login_required')
  await obtainTokens(server, client, { browser, login: { remember: true } })
  assertRefusal(await afterLogin(browser, await none()), 'consent_required')
  await obtainTokens(server, client, { browser, ...remembered })
  for (const prompt of ['none login', 'login none']) assertRefusal(await none({ prompt }), 'login_required')
  const toLogin = await none()
  assert.equal((await loginRequestOf(toLogin)).skip, true)
  const toConsent = await afterLogin(browser, toLogin)
  const asked = await server.admin(`/admin/oauth2/auth/requests/consent?consent_challenge=${parameterOf(toConsent, 'consent_challenge')}`)
  assert.equal(asked.json.skip, true, asked.text)
})

test('OCORE-03 (OIDC Core §3.1.2.1): a login older than max_age is repeated, and auth_time is the time of the login', async () => {
  const browser = new Browser(server)
  const first = await verified(await obtainTokens(server, client, { browser, ...remembered }))
  assert.equal(first.auth_time, Math.floor(now / 1000))
  now += 60_000
  const skips = async (max_age: string) => {
    const answer = await browser.get(loginRequest(client, { max_age }).address)
    assert.equal(answer.status, 302, answer.text)
    return (await loginRequestOf(answer)).skip
  }
  assert.deepEqual([await skips('61'), await skips('60'), await skips('0')], [true, false, false])
  const silent = await browser.get(loginRequest(client, { max_age: '59', prompt: 'none' }).address)
  assert.equal(parameterOf(silent, 'error'), 'login_required')
  const kept = await verified(await obtainTokens(server, client, { browser, parameters: { max_age: '61' } }))
  assert.equal(kept.auth_time, first.auth_time)
  const again = await verified(await obtainTokens(server, client, { browser, parameters: { max_age: '0' } }))
  assert.equal(again.auth_time, Math.floor(now / 1000))
})

test('OCORE-04 (OIDC Core §2, §3.1.3.7): an ID token has iss, sub, aud, exp, iat and the nonce, and is signed by a published key', async () => {
  const claims = await verified(await obtainTokens(server, client, { subject: 'ada', parameters: { nonce: 'n-0123456789' } }))
  const { iss, sub, aud, exp = 0, iat = 0, nonce } = claims
  assert.deepEqual({ iss, sub, aud, nonce }, { iss: server.issuer, sub: 'ada', aud: [client.id], nonce: 'n-0123456789' })
  assert.deepEqual([iat, exp - iat], [Math.floor(now / 1000), 3600])
  assert.ok(!('nonce' in (await verified(await obtainTokens(server, client)))))
})

test('OCORE-06 (OIDC Core §5.3): userinfo answers GET and POST with a bearer token whose grant has openid; its sub is that of the ID token', async () => {
  const tokens = await obtainTokens(server, client, { subject: 'ada', consent: { session: { id_token: { email: 'ada@x.example' } } } })
  const bearer = tokens.access_token
  const answers = [
    await server.public('/userinfo', { bearer }),
    await server.public('/userinfo', { method: 'POST', bearer }),
    await server.public('/userinfo', { method: 'POST', form: { access_token: bearer } }),
  ]
  for (const { status, headers, json } of answers) {
    assert.equal(status, 200)
    assert.match(String(headers['content-type']), /^application\/json\b/)
    assert.match(String(headers['cache-control']), /no-store/)
    assert.deepEqual([json.sub, json.email], [decodeJwt(tokens.id_token).sub, 'ada@x.example'])
  }
  const plain = await obtainTokens(server, client, { parameters: { scope: 'offline_access' } })
  const refused = await server.public('/userinfo', { bearer: plain.access_token })
  assert.equal(refused.status, 403)
  assert.match(String(refused.headers['www-authenticate']), /^Bearer error="insufficient_scope"/)
  for (const sent of [{}, { bearer: 'ory_at_x' }]) {
    const { status, headers } = await server.public('/userinfo', sent)
    assert.equal(status, 401)
    assert.match(String(headers['www-authenticate']), /^Bearer /)
  }
})

test('OCORE-07 (OIDC Core §6.1–6.3): a request object is accepted by value or at a registered request_uri, and its parameters win', async () => {
  const key = await clientKey('RS256', { now: () => Math.floor(now / 1000) })
  const uri = 'https://app.example/request.jwt'
  const held = { object: '', fetches: 0 }
  const remote: FencedFetch = async () => {
    held.fetches++
    return { status: 200, headers: {}, body: held.object }
  }
  await using keyed = await startServer({ clock: () => now, fetch: Object.assign(remote, { async [Symbol.asyncDispose]() {} }) })
  const { id, secret } = await registerLoginClient(keyed, { jwks: { keys: [key.publicJwk] }, request_uris: [uri] })
  held.object = await key.sign(id, keyed.issuer, { sub: undefined, scope: 'openid', state: 'the state inside' })
  const scopeBy = async (more: Record<string, string>): Promise<unknown> => {
    const toLogin = await new Browser(keyed).get(loginRequest({ id, secret }, more).address)
    assert.equal(toLogin.status, 302, toLogin.text)
    const challenge = parameterOf(toLogin, 'login_challenge')
    return (await keyed.admin(`/admin/oauth2/auth/requests/login?login_challenge=${challenge}`)).json.requested_scope
  }
  for (const more of [{ request: held.object }, { request_uri: uri }]) assert.deepEqual(await scopeBy(more), ['openid'])
  assert.deepEqual([await scopeBy({}), held.fetches], [['openid', 'offline_access'], 1])
  const elsewhere = await new Browser(keyed).get(loginRequest({ id, secret }, { request_uri: 'https://app.example/other.jwt' }).address)
  assert.deepEqual([elsewhere.status, held.fetches], [400, 1])
})

test('OCORE-10 (OIDC Core §9) overridden: the claims of an assertion are checked; a replayed one is 400 jti_known, as in Hydra', async () => {
  const key = await clientKey('ES256', { now: () => Math.floor(now / 1000) })
  const { id } = await registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } })
  for (const name of ['iss', 'sub', 'aud', 'jti', 'exp']) {
    const { status, json } = await askTokenWith(server, await key.sign(id, server.issuer, { [name]: undefined }))
    assert.deepEqual([status, json.error], [401, 'invalid_client'], name)
  }
  const assertion = await key.sign(id, server.issuer)
  const [first, second] = [await askTokenWith(server, assertion), await askTokenWith(server, assertion)]
  assert.deepEqual([first.status, second.status, second.json.error], [200, 400, 'jti_known'])
})

test('OCORE-11 (OIDC Core §9, errata 3 draft) overridden: the audience of an assertion is the issuer or the token endpoint, and no other', async () => {
  const key = await clientKey('ES256', { now: () => Math.floor(now / 1000) })
  const { id } = await registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } })
  const tokenEndpoint = `${server.publicUrl}/oauth2/token`
  const ask = async (aud: unknown) => (await askTokenWith(server, await key.sign(id, '', { aud }))).status
  for (const aud of [server.issuer, tokenEndpoint, [server.issuer]]) assert.equal(await ask(aud), 200, String(aud))
  for (const aud of [[server.issuer, 'https://other.example'], [server.issuer, tokenEndpoint], 'https://other.example', []])
    assert.equal(await ask(aud), 401, String(aud))
})

test('OCORE-12 (OIDC Core §10.1): a key is selected by kid; for an unknown kid the keys are fetched again, at a limited rate', async () => {
  const rotated = await clientKey('ES256', { kid: 'rotated', now: () => Math.floor(now / 1000) })
  const keys = { list: [(await clientKey('ES256', { kid: 'first' })).publicJwk], fetches: 0 }
  const remote: FencedFetch = async () => {
    keys.fetches++
    return { status: 200, headers: {}, body: JSON.stringify({ keys: keys.list }) }
  }
  await using keyed = await startServer({ clock: () => now, fetch: Object.assign(remote, { async [Symbol.asyncDispose]() {} }) })
  const { id } = await registrant(keyed).registered({
    ...machine,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: 'https://app.example/jwks.json',
  })
  const ask = async () => (await askTokenWith(keyed, await rotated.sign(id, keyed.issuer))).status
  for (let count = 0; count < 20; count++) assert.ok([401, 429].includes(await ask()))
  assert.ok(keys.fetches >= 1 && keys.fetches <= 3, String(keys.fetches))
  keys.list = [...keys.list, rotated.publicJwk]
  now += 120_000
  assert.equal(await ask(), 200)
})

test('OCORE-15 (OIDC Core §11): offline_access adds a refresh token only if the person grants it and the client has the grant type', async () => {
  assert.match((await obtainTokens(server, client)).refresh_token, /^ory_rt_/)
  assert.equal((await obtainTokens(server, client, { consent: { grant_scope: ['openid'] } })).refresh_token, undefined)
  assert.equal((await obtainTokens(server, client, { parameters: { scope: 'openid' } })).refresh_token, undefined)
  const without: LoginClient = await registerLoginClient(server, { grant_types: ['authorization_code'] })
  assert.equal((await obtainTokens(server, without)).refresh_token, undefined)
})

test('OCORE-18 (OIDC Discovery §3): discovery names the registration endpoint exactly while registration is enabled', async () => {
  await using switched = await startServer({
    settings: { urls: { self: { issuer: 'https://auth.example/', public: 'https://auth.example/' } } },
  })
  const look = async () => (await switched.public('/.well-known/openid-configuration')).json.registration_endpoint
  assert.equal(await look(), 'https://auth.example/oauth2/register')
  switched.reconfigure({ oidc: { dynamic_client_registration: { enabled: false } } })
  assert.equal(await look(), undefined)
})

test('OCORE-19 (OIDC Discovery §3): discovery has every required member, and RS256 is among the algorithms', async () => {
  const document = await metadata()
  assert.equal(document.issuer, server.issuer)
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'])
    assert.ok(URL.canParse(document[name]), name)
  assert.deepEqual(document.response_types_supported, ['code'])
  assert.deepEqual(document.subject_types_supported, ['public'])
  assert.deepEqual(document.id_token_signing_alg_values_supported, ['RS256'])
})

test('OCORE-20 (OIDC Discovery §3): pages on other origins may read discovery and the keys', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/jwks.json']) {
    const { status, headers } = await server.public(path, { headers: { origin: 'https://page.example' } })
    assert.deepEqual([status, headers['access-control-allow-origin']], [200, '*'], path)
  }
})

test('OCORE-21 (OIDC Discovery §4): if the issuer has a path, discovery is found under that path', async () => {
  const issuer = 'https://auth.example/t'
  await using tenant = await startServer({ settings: { urls: { self: { issuer } } } })
  const { status, json } = await tenant.public('/t/.well-known/openid-configuration')
  assert.deepEqual([status, json.issuer], [200, issuer])
})

test('OCORE-22 (OIDC Discovery, implied): registration accepts exactly what discovery lists', async () => {
  const document = await metadata()
  const key = (await clientKey('RS256')).publicJwk
  const members: Record<string, [member: string, more?: object]> = {
    subject_types_supported: ['subject_type'],
    id_token_signing_alg_values_supported: ['id_token_signed_response_alg'],
    token_endpoint_auth_methods_supported: ['token_endpoint_auth_method', { jwks: { keys: [key] } }],
    token_endpoint_auth_signing_alg_values_supported: [
      'token_endpoint_auth_signing_alg',
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] } },
    ],
  }
  for (const [name, [member, more = {}]] of Object.entries(members)) {
    for (const value of document[name]) {
      const answer = await register({ ...minimal, ...more, [member]: value })
      assert.deepEqual([answer.status, answer.json[member]], [201, value], answer.text)
    }
    assertRefused(await register({ ...minimal, ...more, [member]: 'strange' }), 'invalid_client_metadata', member)
  }
  const { grant_types_supported: grants, response_types_supported: types } = document
  const { json } = await register({ ...minimal, grant_types: [...grants, 'strange'], response_types: [...types, 'strange'] })
  assert.deepEqual([json.grant_types, json.response_types], [grants, types])
})
