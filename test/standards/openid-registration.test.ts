import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { askTokenWith, type ClientKey, clientKey } from '../support/assertions.ts'
import { Browser, parameterOf } from '../support/browser.ts'
import { freshKey } from '../support/client-keys.ts'
import { startFallbackPages } from '../support/fallback-pages.ts'
import { loginRequest, obtainTokens, registerLoginClient } from '../support/login-client.ts'
import { assertNotOwner, assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// OpenID Connect Dynamic Client Registration 1.0: one test for each requirement, by its id in docs/standards.md.

const server = await startServer({ settings: { oidc: { dynamic_client_registration: { allowed_scope: ['a'] } } } })
after(() => server[Symbol.asyncDispose]())
const { register, registered, countNamed } = registrant(server)
const authorize = (client_id: string, redirect_uri: string) =>
  server.public(`/oauth2/auth?${new URLSearchParams({ client_id, response_type: 'code', redirect_uri })}`)

/** Asserts that the browser is not redirected to a URI that the client has not registered. */
async function assertNotSent(client_id: string, redirect_uri: string): Promise<void> {
  const page = await authorize(client_id, redirect_uri)
  assert.deepEqual([page.status, page.headers.location], [400, undefined], redirect_uri)
}

test('OREG-01 (OIDC Registration §2): redirect_uris is required for a client with a redirect grant', async () => {
  assertRefused(await register({ application_type: 'web' }), 'invalid_redirect_uri', 'redirect_uris')
})

test('OREG-02 (OIDC Registration §2): a redirect_uri is compared character by character, without normalisation', async () => {
  const { id } = await registered({ redirect_uris: ['https://a.example/cb'] })
  assert.notEqual((await authorize(id, 'https://a.example/cb')).status, 400)
  for (const like of ['/', '?x=1', '#', '%20'].map((end) => `https://a.example/cb${end}`)) await assertNotSent(id, like)
  for (const like of [
    'https://A.example/cb',
    'HTTPS://a.example/cb',
    'https://a.example:443/cb',
    'https://a.example/%63b',
    'https://a.example/x/../cb',
  ]) {
    await assertNotSent(id, like)
  }
})

test('OREG-03 (OIDC Registration §2) overridden: response types that are not offered are dropped, and grant_types decides', async () => {
  const { answer } = await registered({ ...minimal, response_types: ['code id_token', 'code'], grant_types: ['authorization_code'] })
  assert.deepEqual([answer.json.response_types, answer.json.grant_types], [['code'], ['authorization_code']])
  assertRefused(await register({ ...minimal, response_types: ['code id_token'] }), 'invalid_client_metadata', 'response_types')
})

test('OREG-05 (OIDC Registration §2): the defaults are response type code and grant type authorization_code', async () => {
  const { json } = (await registered(minimal)).answer
  assert.deepEqual([json.response_types, json.grant_types], [['code'], ['authorization_code']])
})

test('OREG-06 (OIDC Registration §2): an omitted application_type is web, and only web and native are known', async () => {
  assert.equal((await registered(minimal)).answer.json.application_type, 'web')
  for (const redirect_uris of [minimal.redirect_uris, ['http://localhost/cb']]) {
    assertRefused(await register({ redirect_uris, application_type: 'spa' }), 'invalid_client_metadata', 'application_type', 'web, native')
  }
})

test('OREG-07 (OIDC Registration §2): a web client with the implicit grant cannot have an http redirect URI: the grant is not offered', async () => {
  const implicit = {
    application_type: 'web',
    redirect_uris: ['http://a.example/cb'],
    grant_types: ['implicit'],
    response_types: ['id_token'],
  }
  assertRefused(await register(implicit), 'invalid_redirect_uri', 'redirect_uris[0]')
  assertRefused(
    await register({ ...implicit, grant_types: ['implicit', 'authorization_code'] }),
    'invalid_redirect_uri',
    'redirect_uris[0]',
  )
})

test('OREG-08 (OIDC Registration §2): a web client with the implicit grant cannot use localhost: the grant is not offered', async () => {
  const implicit = {
    application_type: 'web',
    redirect_uris: ['https://localhost/cb'],
    grant_types: ['implicit'],
    response_types: ['id_token'],
  }
  assertRefused(await register(implicit), 'invalid_client_metadata', 'grant_types')
})

test('OREG-09 (OIDC Registration §2): a native client’s redirect URIs have a private-use scheme or are http on loopback', async () => {
  for (const good of ['com.ex.app:/cb', 'http://127.0.0.1/cb', 'http://[::1]:9/cb', 'http://localhost/cb']) {
    assert.deepEqual((await registered({ application_type: 'native', redirect_uris: [good] })).answer.json.redirect_uris, [good])
  }
  for (const bad of [
    'http://10.0.0.1/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://localhost.evil.example/cb',
    'http://127.0.0.1@evil.example/',
  ]) {
    assertRefused(await register({ application_type: 'native', redirect_uris: [bad] }), 'invalid_redirect_uri', 'redirect_uris[0]')
  }
})

test('OREG-10 (OIDC Registration §2): a native client may have a claimed https redirect URI', async () => {
  const { answer } = await registered({ ...minimal, application_type: 'native' })
  assert.equal(answer.json.application_type, 'native')
})

test('OREG-11 (OIDC Registration §2): http on a host other than loopback is refused for every client', async () => {
  for (const application_type of ['web', 'native', undefined]) {
    assertRefused(await register({ application_type, redirect_uris: ['http://a.example/cb'] }), 'invalid_redirect_uri', 'https')
  }
})

test('OREG-12 (OIDC Registration §2): every redirect URI is checked, not only the first', async () => {
  const client_name = 'one good, one bad'
  const refused = await register({ client_name, redirect_uris: ['https://a.example/cb', 'https://b.example/cb', 'http://c.example/cb'] })
  assertRefused(refused, 'invalid_redirect_uri', 'redirect_uris[2]')
  assert.equal(await countNamed(client_name), 0)
})

test('OREG-13 (OIDC Registration §2) overridden: the consent page shows the client’s links and not its logo', async () => {
  const [policyUri, tosUri, clientUri] = ['https://app.example/privacy', 'https://app.example/terms', 'https://app.example/home']
  await using pages = await startFallbackPages({ consent: { policyUri, tosUri, clientUri } })
  const { status, text } = await pages.ask('/oauth2/fallbacks/consent?consent_challenge=known')
  assert.equal(status, 200)
  for (const uri of [policyUri, tosUri, clientUri]) assert.ok(text.includes(`<a href="${uri}"`), uri)
  assert.doesNotMatch(text, /<img/)
})

test('OREG-14 (OIDC Registration §2): jwks_uri is an https URL', async () => {
  assertRefused(await register({ ...minimal, jwks_uri: 'http://a.example/jwks.json' }), 'invalid_client_metadata', 'jwks_uri', 'https')
})

test('OREG-17 (OIDC Registration §2): a private or symmetric key in jwks is refused, and the error does not repeat it', async () => {
  const { publicJwk, privateJwk } = freshKey()
  const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ'
  for (const bad of [privateJwk, { kty: 'oct', k: secret }, { ...publicJwk, k: secret }, { kty: 'RSA', n: 'AQAB', e: 'AQAB', p: secret }]) {
    const refused = await register({ ...minimal, jwks: { keys: [publicJwk, bad] } })
    assertRefused(refused, 'invalid_client_metadata', 'jwks', 'keys[1]')
    assert.ok(!refused.text.includes(secret) && !refused.text.includes(String(privateJwk.d)))
  }
})

test('OREG-18 (OIDC Registration §2): jwks and jwks_uri together are refused, also on update', async () => {
  const [jwks, jwks_uri] = [{ keys: [freshKey().publicJwk] }, 'https://app.example/jwks.json']
  assertRefused(await register({ ...minimal, jwks, jwks_uri }), 'invalid_client_metadata', 'jwks')
  const client = await registered({ ...minimal, jwks })
  assertRefused(await client.put({ ...minimal, jwks, jwks_uri }), 'invalid_client_metadata', 'jwks')
  const { json } = await client.put({ ...minimal, jwks_uri })
  assert.deepEqual([json.jwks_uri, 'jwks' in json], [jwks_uri, false])
})

test('OREG-22 (OIDC Registration §2) overridden: id_token_signed_response_alg is one of the supported algorithms, and is shown only if the client set it', async () => {
  assert.ok(!('id_token_signed_response_alg' in (await registered(minimal)).answer.json))
  const { answer } = await registered({ ...minimal, id_token_signed_response_alg: 'RS256' })
  assert.equal(answer.json.id_token_signed_response_alg, 'RS256')
  const refused = await register({ ...minimal, id_token_signed_response_alg: 'HS999' })
  assertRefused(refused, 'invalid_client_metadata', 'id_token_signed_response_alg', "'HS999'", 'RS256')
})

test('OREG-23 (OIDC Registration §2): the algorithm none is refused for ID tokens', async () => {
  assertRefused(
    await register({ ...minimal, id_token_signed_response_alg: 'none' }),
    'invalid_client_metadata',
    'id_token_signed_response_alg',
  )
})

test('OREG-27 (OIDC Registration §2): encryption is not offered: its members are dropped and never echoed', async () => {
  const encryption = {
    userinfo_encrypted_response_alg: 'RSA-OAEP',
    id_token_encrypted_response_alg: 'RSA-OAEP-256',
    id_token_encrypted_response_enc: 'A128GCM',
    request_object_encryption_alg: 'dir',
  }
  const client = await registered({ ...minimal, ...encryption })
  for (const { json } of [client.answer, await client.read()]) {
    assert.ok(!Object.keys(encryption).some((member) => member in json))
  }
})

test('OREG-28 (OIDC Registration §2): userinfo is JSON, or a JWT with iss and aud for a client that registered a signing algorithm', async () => {
  const typeOf = async (members: object) => {
    const client = await registerLoginClient(server, { ...members })
    const { access_token: bearer } = await obtainTokens(server, client)
    const { status, headers, text } = await server.public('/userinfo', { bearer })
    assert.equal(status, 200, text)
    return { id: client.id, type: String(headers['content-type']), text }
  }
  const plain = await typeOf({})
  assert.match(plain.type, /^application\/json; charset=utf-8$/i)
  assert.equal(JSON.parse(plain.text).sub, 'person-1')
  const signed = await typeOf({ userinfo_signed_response_alg: 'RS256' })
  assert.match(signed.type, /^application\/jwt\b/)
  const { keys } = (await server.public('/.well-known/jwks.json')).json
  const verified = await jwtVerify(signed.text, createLocalJWKSet({ keys }), { issuer: server.issuer, audience: signed.id })
  assert.deepEqual([verified.payload.sub, verified.protectedHeader.alg], ['person-1', 'RS256'])
})

/** The status of a request with an object signed by this key: 302 to log in, or 400 with a page. */
async function requestWith(members: object, signer: ClientKey): Promise<number> {
  const client = await registerLoginClient(server, { jwks: { keys: [signer.publicJwk] }, ...members })
  const request = await signer.sign(client.id, server.issuer, { sub: undefined })
  const { status } = await new Browser(server).get(loginRequest(client, { request }).address)
  return status
}

test('OREG-29 (OIDC Registration §2): a request object must use the algorithm that the client registered for it', async () => {
  const [es, rs] = [await clientKey('ES256'), await clientKey('RS256')]
  assert.deepEqual(
    [
      await requestWith({ request_object_signing_alg: 'ES256' }, es),
      await requestWith({ request_object_signing_alg: 'ES256' }, rs),
      await requestWith({ request_object_signing_alg: 'RS256' }, es),
    ],
    [302, 400, 400],
  )
})

test('OREG-30 (OIDC Registration §2): RS256 is accepted for request objects', async () => {
  assert.equal(await requestWith({}, await clientKey('RS256')), 302)
  const { request_object_signing_alg_values_supported: algs } = (await server.public('/.well-known/openid-configuration')).json
  assert.ok(algs.includes('RS256'))
})

test('OREG-32 (OIDC Registration §2): each advertised auth method can be registered and used', async () => {
  const { token_endpoint_auth_methods_supported: methods } = (await server.public('/.well-known/openid-configuration')).json
  assert.deepEqual(methods, ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none'])
  for (const token_endpoint_auth_method of methods.filter((method: string) => method !== 'private_key_jwt')) {
    const body =
      token_endpoint_auth_method === 'none' ? { ...minimal, token_endpoint_auth_method } : { ...machine, token_endpoint_auth_method }
    const { answer, id, secret } = await registered(body)
    assert.equal(answer.json.token_endpoint_auth_method, token_endpoint_auth_method)
    const form = {
      grant_type: 'client_credentials',
      client_id: id,
      ...(token_endpoint_auth_method === 'client_secret_post' && { client_secret: secret }),
    }
    const basic = token_endpoint_auth_method === 'client_secret_basic' && { basic: [id, secret] as const }
    const { status } = await server.public('/oauth2/token', { method: 'POST', form, ...basic })
    // A public client is identified, but has no grant to use here: 400, not 401.
    assert.equal(status, token_endpoint_auth_method === 'none' ? 400 : 200)
  }
  const key = await clientKey()
  const keyed = await registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } })
  assert.equal((await askTokenWith(server, await key.sign(keyed.id, server.issuer))).status, 200)
})

test('OREG-33 (OIDC Registration §2): token_endpoint_auth_signing_alg is an asymmetric algorithm, never none', async () => {
  const keyed = { ...minimal, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [freshKey().publicJwk] } }
  const alg = 'token_endpoint_auth_signing_alg'
  for (const bad of ['none', 'HS256', 'RS1'])
    assertRefused(await register({ ...keyed, [alg]: bad }), 'invalid_client_metadata', alg, `'${bad}'`)
  assertRefused(await register({ ...minimal, [alg]: 'none' }), 'invalid_client_metadata', alg)
  for (const good of ['RS256', 'PS256', 'ES256']) assert.equal((await registered({ ...keyed, [alg]: good })).answer.json[alg], good)
})

test('OREG-34 (OIDC Registration §2): default_max_age applies if the request has no max_age', async () => {
  let now = Date.now()
  await using timed = await startServer({ clock: () => now })
  const client = await registerLoginClient(timed, { default_max_age: 60 })
  const browser = new Browser(timed)
  await obtainTokens(timed, client, { browser, login: { remember: true } })
  const skips = async (parameters: Record<string, string> = {}) => {
    const toLogin = await browser.get(loginRequest(client, parameters).address)
    const challenge = parameterOf(toLogin, 'login_challenge')
    return (await timed.admin(`/admin/oauth2/auth/requests/login?login_challenge=${challenge}`)).json.skip
  }
  assert.equal(await skips(), true)
  now += 120_000
  assert.deepEqual([await skips(), await skips({ max_age: '600' }), await skips({ max_age: '' })], [false, true, false])
})

test('OREG-35 (OIDC Registration §2): auth_time is in every ID token, whether or not a client requires it', async () => {
  for (const require_auth_time of [true, false]) {
    const client = await registerLoginClient(server, { require_auth_time })
    const { auth_time: at, iat = 0 } = decodeJwt((await obtainTokens(server, client)).id_token)
    assert.ok(Number.isInteger(at) && Math.abs(Number(at) - iat) < 60)
  }
})

test('OREG-36 (OIDC Registration §2): default_acr_values apply if the request has no acr_values; acr is what the login application returned', async () => {
  const client = await registerLoginClient(server, { default_acr_values: ['urn:strange', 'urn:other'] })
  const asked = async (parameters: Record<string, string> = {}) => {
    const challenge = parameterOf(await new Browser(server).get(loginRequest(client, parameters).address), 'login_challenge')
    return (await server.admin(`/admin/oauth2/auth/requests/login?login_challenge=${challenge}`)).json.oidc_context.acr_values
  }
  assert.deepEqual([await asked(), await asked({ acr_values: 'urn:mine' })], [['urn:strange', 'urn:other'], ['urn:mine']])
  const acr = async (login: object) => decodeJwt((await obtainTokens(server, client, { login: { ...login } })).id_token).acr
  assert.deepEqual([await acr({}), await acr({ acr: 'urn:password' })], [undefined, 'urn:password'])
})

test('OREG-37 (OIDC Registration §2): initiate_login_uri is an https URL', async () => {
  for (const bad of ['http://app.example/login', 'javascript:x', '/login']) {
    assertRefused(await register({ ...minimal, initiate_login_uri: bad }), 'invalid_client_metadata', 'initiate_login_uri')
  }
  assert.equal((await register({ ...minimal, initiate_login_uri: 'https://app.example/login' })).status, 201)
})

test('OREG-39 (OIDC Registration §2): the metadata says that request URIs must be registered, and no other is fetched', async () => {
  const { json } = await server.public('/.well-known/openid-configuration')
  assert.equal(json.require_request_uri_registration, true)
  const key = await clientKey()
  const client = await registerLoginClient(server, { jwks: { keys: [key.publicJwk] } })
  const { status, text } = await new Browser(server).get(loginRequest(client, { request_uri: 'https://app.example/r.jwt' }).address)
  assert.equal(status, 400)
  assert.match(text, /request_uri/)
})

test('OREG-40 (OIDC Registration §2): members of the logout specifications are accepted and shown', async () => {
  const logout = {
    post_logout_redirect_uris: ['https://app.example/bye'],
    frontchannel_logout_uri: 'https://app.example/front',
    frontchannel_logout_session_required: true,
    backchannel_logout_uri: 'https://app.example/back',
    backchannel_logout_session_required: false,
  }
  const client = await registered({ ...minimal, ...logout })
  for (const { json } of [client.answer, await client.read()]) {
    for (const [member, value] of Object.entries(logout)) assert.deepEqual(json[member], value, member)
  }
})

test('OREG-41 (OIDC Registration §2.1): language-tagged members are stored', async () => {
  assert.equal((await registered({ ...minimal, 'client_name#de': 'x' })).answer.json['client_name#de'], 'x')
})

test('OREG-43 (OIDC Registration §3): pages on other origins may register: preflight, success and error alike', async () => {
  const origin = 'https://app.example'
  const preflight = await server.public('/oauth2/register', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type, authorization' },
  })
  assert.equal(preflight.status, 204)
  assert.match(String(preflight.headers['access-control-allow-methods']), /\bPOST\b/)
  const headers = String(preflight.headers['access-control-allow-headers']).toLowerCase()
  for (const header of ['content-type', 'authorization']) assert.ok(headers.includes(header))
  const sent = { headers: { origin, 'content-type': 'application/json' } }
  for (const answer of [preflight, await register(minimal, sent), await register({}, sent)]) {
    assert.equal(answer.headers['access-control-allow-origin'], '*')
  }
})

test('OREG-44 (OIDC Registration §3): open registration needs no token', async () => {
  assert.equal((await register(minimal)).status, 201)
})

test('OREG-45 (OIDC Registration §3.2): redirect URIs are stored byte for byte as they were sent, or refused', async () => {
  const uris = [
    'https://A.example/cb?x=%7e',
    'https://a.example/cb?x=~',
    'https://a.example:443/',
    'https://a.example',
    'HTTP://LOCALHOST:80/cb',
  ]
  const twice = [...uris, uris[0]]
  const client = await registered({ redirect_uris: twice })
  for (const { json } of [client.answer, await client.read()]) assert.deepEqual(json.redirect_uris, twice)
})

test('OREG-46 (OIDC Registration §3.2): the response shows a replaced value and omits an unknown member', async () => {
  const { json } = (await registered({ ...minimal, scope: 'a zzz', q: 1 })).answer
  assert.deepEqual([json.scope, 'q' in json], ['a', false])
})

test('OREG-47 (OIDC Registration §3.2): a successful registration is 201 with application/json', async () => {
  const { status, headers } = await register(minimal)
  assert.equal(status, 201)
  assert.match(headers['content-type'] ?? '', /^application\/json\b/)
})

test('OREG-48 (OIDC Registration §3.2): no two clients have the same id or the same secret', async () => {
  const [one, other] = [await registered(minimal), await registered(minimal)]
  assert.notEqual(one.id, other.id)
  assert.notEqual(one.secret, other.secret)
})

test('OREG-49 (OIDC Registration §3.2): a client with private_key_jwt gets no secret', async () => {
  const keyed = { ...minimal, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [freshKey().publicJwk] } }
  const { json } = (await registered(keyed)).answer
  assert.ok(!('client_secret' in json) && !('client_secret_expires_at' in json))
})

test('OREG-50 (OIDC Registration §3.2): registration_client_uri and registration_access_token come together', async () => {
  const { json } = (await registered(minimal)).answer
  assert.ok(json.registration_client_uri && json.registration_access_token)
})

test('OREG-51 (OIDC Registration §3.2): client_secret_expires_at is present whenever client_secret is', async () => {
  const client = await registered({ ...minimal, token_endpoint_auth_method: 'none' })
  assert.equal(client.answer.json.client_secret_expires_at, undefined)
  assert.equal((await client.put(minimal)).json.client_secret_expires_at, 0)
})

test('OREG-52 (OIDC Registration §3.3): an error is 400 with error and error_description', async () => {
  assertRefused(await register({ redirect_uris: ['http://evil.example/cb'] }), 'invalid_redirect_uri')
  assertRefused(await register({ ...minimal, subject_type: 'odd' }), 'invalid_client_metadata')
})

test('OREG-53 (OIDC Registration §4): pages on other origins may manage their client', async () => {
  const { path, token } = await registered()
  const headers = { origin: 'https://app.example', 'access-control-request-headers': 'authorization, content-type' }
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const preflight = await server.public(path, { method: 'OPTIONS', headers: { ...headers, 'access-control-request-method': method } })
    assert.equal(preflight.headers['access-control-allow-origin'], '*')
    assert.ok(String(preflight.headers['access-control-allow-methods']).includes(method))
  }
  for (const sent of [{ bearer: token }, { bearer: 'junk' }]) {
    const answer = await server.public(path, { ...sent, headers: { origin: headers.origin } })
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.match(String(answer.headers['access-control-expose-headers']), /WWW-Authenticate/i)
  }
})

test('OREG-54 (OIDC Registration §4.1): the configuration endpoint checks that the token belongs to the client', async () => {
  const [one, other] = [await registered(), await registered()]
  assertNotOwner(await server.public(other.path, { bearer: one.token }))
})

test('OREG-55 (OIDC Registration §4.2–4.3): GET is idempotent', async () => {
  const client = await registered()
  const bodies = await Promise.all(Array.from({ length: 10 }, async () => (await client.read()).text))
  assert.equal(new Set(bodies).size, 1)
})

test('OREG-56 (OIDC Registration §4.3): GET is 200 with all metadata', async () => {
  const { status, json } = await (await registered({ ...minimal, contacts: ['x@example.org'] })).read()
  assert.deepEqual([status, json.client_name, json.contacts], [200, 'T', ['x@example.org']])
})

test('OREG-57 (OIDC Registration §4.4): an unknown client, or a token of another client, is 401', async () => {
  const client = await registered()
  assertNotOwner(await client.read('junk'))
  assertNotOwner(await server.public('/oauth2/register/nosuch', { bearer: client.token }))
  await client.remove()
  assertNotOwner(await client.read())
})

test('OREG-59 (OIDC Registration §4.4): the configuration endpoint never answers 404', async () => {
  const { token } = await registered()
  for (const id of ['nosuch', '%2e%2e', 'a%2Fb', 'x'.repeat(1_000), '%00', '%F0%9F%98%80', "'--", '__proto__']) {
    for (const bearer of [token, 'junk']) assertNotOwner(await server.public(`/oauth2/register/${id}`, { bearer }))
  }
})

test('OREG-62 (OIDC Registration §6): strings are compared by code point, without Unicode normalisation', async () => {
  const [composed, decomposed] = ['https://a.example/\u00e9', 'https://a.example/e\u0301']
  const { id } = await registered({ redirect_uris: [composed] })
  assert.notEqual((await authorize(id, composed)).status, 400)
  await assertNotSent(id, decomposed)
})

test('OREG-63 (OIDC Registration §7): a value that fails its check is not used', async () => {
  const client_name = 'bad keys'
  assertRefused(await register({ ...minimal, client_name, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }), 'invalid_client_metadata')
  assert.equal(await countNamed(client_name), 0)
})
