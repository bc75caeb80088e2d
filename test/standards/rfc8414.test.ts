import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { machine, minimal, registrant } from '../support/registrant.ts'
import { freePort, loadSettings, startServer, systemSecret } from '../support/server.ts'

// RFC 8414, OAuth 2.0 Authorization Server Metadata: one test for each requirement, by its id in docs/standards.md.

const registration = (enabled: boolean) => ({ oidc: { dynamic_client_registration: { enabled, allowed_scope: ['a', 'b.read'] } } })
const server = await startServer({ settings: registration(true) })
after(() => server[Symbol.asyncDispose]())
const { register, registered } = registrant(server)
const addresses = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
const metadata = async () => (await server.public('/.well-known/oauth-authorization-server')).json
const withIssuer = (issuer: string) => startServer({ settings: { urls: { self: { issuer } } } })

test('R8414-01 (RFC 8414 §2): the issuer is an https URL without query and fragment; otherwise the server does not start', () => {
  const load = (issuer: string) => loadSettings({ dsn: 'memory', secrets: { system: [systemSecret] }, urls: { self: { issuer } } })
  assert.equal(load('https://auth.example/t').config.urls.self.issuer, 'https://auth.example/t')
  for (const bad of ['https://auth.example/?x', 'https://auth.example/#x', 'http://auth.example/', 'auth.example']) {
    assert.throws(() => load(bad), /urls\.self\.issuer/)
  }
})

test('R8414-02 (RFC 8414 §2): authorization_endpoint and token_endpoint are absolute URLs that exist', async () => {
  const { authorization_endpoint: authorization, token_endpoint: token } = await metadata()
  for (const endpoint of [authorization, token]) assert.equal(new URL(endpoint).origin, server.publicUrl)
  assert.notEqual((await server.public(new URL(authorization).pathname)).status, 404)
  assert.notEqual((await server.public(new URL(token).pathname, { method: 'POST', form: {} })).status, 404)
})

test('R8414-03 (RFC 8414 §2): jwks_uri is https if the issuer is, and has public keys only', async () => {
  await using secure = await withIssuer('https://auth.example/')
  const { jwks_uri: uri } = (await secure.public('/.well-known/openid-configuration')).json
  assert.equal(new URL(uri).origin, 'https://auth.example')
  const { keys } = (await secure.public(new URL(uri).pathname)).json
  assert.ok(keys.length > 0)
  for (const key of keys) {
    assert.equal(key.use, 'sig')
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(member in key))
  }
})

test('R8414-04 (RFC 8414 §2): registration_endpoint is listed exactly while registration is enabled', async () => {
  await using switched = await startServer({ settings: registration(true) })
  const look = async () => (await switched.public('/.well-known/oauth-authorization-server')).json.registration_endpoint
  const post = async () => (await switched.public('/oauth2/register', { method: 'POST', json: minimal })).status
  assert.deepEqual([await look(), await post()], [`${switched.publicUrl}/oauth2/register`, 201])
  switched.reconfigure(registration(false))
  assert.deepEqual([await look(), await post()], [undefined, 404])
  switched.reconfigure(registration(true))
  assert.deepEqual([await look(), await post()], [`${switched.publicUrl}/oauth2/register`, 201])
})

test('R8414-05 (RFC 8414 §2): every scope in scopes_supported can be registered and requested', async () => {
  const { scopes_supported: scopes } = await metadata()
  assert.deepEqual([...scopes].sort(), ['a', 'b.read', 'email', 'offline', 'offline_access', 'openid', 'profile'])
  const client = await registered({ ...machine, scope: scopes.join(' ') })
  assert.equal(client.answer.json.scope, scopes.join(' '))
  assert.equal((await client.askToken({ scope: scopes.join(' ') })).json.scope, scopes.join(' '))
})

test('R8414-06 (RFC 8414 §2): response_types_supported lists the types that can be registered', async () => {
  const { response_types_supported: types } = await metadata()
  assert.deepEqual(types, ['code'])
  assert.deepEqual((await registered({ ...minimal, response_types: types })).answer.json.response_types, types)
})

test('R8414-07 (RFC 8414 §2): response_modes_supported is listed, because its default includes fragment', async () => {
  assert.deepEqual((await metadata()).response_modes_supported, ['query', 'fragment', 'form_post'])
})

test('R8414-08 (RFC 8414 §2): grant_types_supported is listed, because its default includes implicit', async () => {
  const { grant_types_supported: grants } = await metadata()
  assert.deepEqual(grants, ['authorization_code', 'refresh_token', 'client_credentials'])
  assert.deepEqual((await registered({ ...minimal, grant_types: grants })).answer.json.grant_types, grants)
})

test('R8414-09 (RFC 8414 §2): token_endpoint_auth_methods_supported is listed and includes none, because public clients can register', async () => {
  const methods = ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none']
  assert.deepEqual((await metadata()).token_endpoint_auth_methods_supported, methods)
  assert.equal((await register({ ...minimal, token_endpoint_auth_method: 'none' })).status, 201)
})

test('R8414-10 (RFC 8414 §2): the signing algorithms are listed with private_key_jwt: RS256 is included, none is not', async () => {
  const document = await metadata()
  assert.ok(document.token_endpoint_auth_methods_supported.includes('private_key_jwt'))
  const algs: string[] = document.token_endpoint_auth_signing_alg_values_supported
  assert.ok(algs.includes('RS256') && !algs.includes('none'))
})

test('R8414-11 (RFC 8414 §2): revocation_endpoint is listed with its auth methods, each of which works; no missing endpoint is listed', async () => {
  const document = await metadata()
  const endpoints = Object.keys(document).filter((member) => member.endsWith('_endpoint'))
  assert.deepEqual(endpoints.sort(), [
    'authorization_endpoint',
    'end_session_endpoint',
    'registration_endpoint',
    'revocation_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
  ])
  assert.equal((await server.public('/oauth2/introspect', { method: 'POST', form: { token: 'x' } })).status, 404)
  const path = new URL(document.revocation_endpoint).pathname
  const [byKey, ...bySecret] = document.revocation_endpoint_auth_methods_supported.toSorted((a: string) =>
    a === 'private_key_jwt' ? -1 : 1,
  )
  assert.equal(byKey, 'private_key_jwt')
  for (const method of bySecret) {
    const { id, secret } = await registered({ ...minimal, token_endpoint_auth_method: method })
    const form = { client_id: id, token: 'x', ...(method === 'client_secret_post' && { client_secret: secret }) }
    const sent = method === 'client_secret_basic' ? { basic: [id, secret] as const, form: { token: 'x' } } : { form }
    assert.equal((await server.public(path, { method: 'POST', ...sent })).status, 200, method)
  }
})

test('R8414-12 (RFC 8414 §2): code_challenge_methods_supported is S256', async () => {
  assert.deepEqual((await metadata()).code_challenge_methods_supported, ['S256'])
})

test('R8414-14 (RFC 8414 §2.1): signed_metadata is not offered', async () => {
  assert.ok(!('signed_metadata' in (await metadata())))
})

test('R8414-15 (RFC 8414 §3): for an issuer with a path, the well-known part comes between host and path', async () => {
  await using tenant = await withIssuer(`http://127.0.0.1:${await freePort()}/t/x`)
  for (const address of addresses) {
    const { status, json } = await tenant.public(`${address}/t/x`)
    assert.deepEqual([status, json?.issuer], [200, tenant.issuer])
  }
})

test('R8414-16 (RFC 8414 §3.1): the trailing slash of an issuer is omitted from the metadata URL', async () => {
  await using tenant = await withIssuer(`http://127.0.0.1:${await freePort()}/t/`)
  assert.equal((await tenant.public('/.well-known/oauth-authorization-server/t')).json.issuer, tenant.issuer)
  assert.ok(server.issuer.endsWith('/'))
  assert.equal((await metadata()).issuer, server.issuer)
})

test('R8414-17 (RFC 8414 §3.2): the document is one JSON object without empty arrays and nulls', async () => {
  for (const address of addresses) {
    const { status, headers, json } = await server.public(address)
    assert.equal(status, 200)
    assert.match(headers['content-type'] ?? '', /^application\/json\b/)
    const empty = Object.entries(json).filter(([, value]) => value === null || value === '' || JSON.stringify(value) === '[]')
    assert.deepEqual(empty, [])
  }
})

test('R8414-18 (RFC 8414 §3.2): a path that is not the issuer’s has no document', async () => {
  await using tenant = await withIssuer(`http://127.0.0.1:${await freePort()}/t`)
  for (const address of addresses) {
    assert.equal((await server.public(`${address}/nope`)).status, 404)
    for (const path of ['nope', 't/nope', 'tt']) assert.equal((await tenant.public(`${address}/${path}`)).status, 404)
  }
})

test('R8414-19 (RFC 8414 §3.3): the issuer in the document equals the configured one, character for character', async () => {
  for (const issuer of ['https://auth.example', 'https://auth.example/', 'https://Auth.example:443/T/']) {
    await using other = await withIssuer(issuer)
    for (const address of addresses) assert.equal((await other.public(address)).json.issuer, issuer)
  }
})

test('R8414-20 (RFC 8414 §5): the document is the same at every metadata URL', async () => {
  await using tenant = await withIssuer(`http://127.0.0.1:${await freePort()}/t`)
  const both = addresses.flatMap((address) => [`${address}/t`, `/t${address}`])
  const texts = await Promise.all(both.map(async (address) => (await tenant.public(address)).text))
  assert.equal(new Set(texts).size, 1)
  assert.equal((await server.public(addresses[0] as string)).text, (await server.public(addresses[1] as string)).text)
})

test('R8414-21 (RFC 8414 §6.2): Host and forwarded headers do not change the document', async () => {
  const plain = await server.public(addresses[0] as string)
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
  for (const address of addresses) assert.equal((await server.public(address, { headers })).text, plain.text)
})

test('R8414-22 (RFC 8414, implied): pages on other origins may read the document, and it may be cached for a short time', async () => {
  for (const address of addresses) {
    const { headers } = await server.public(address, { headers: { origin: 'https://app.example' } })
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.match(headers['cache-control'] ?? '', /max-age=\d+/)
    const etag = headers.etag as string
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await server.public(address, { headers: { 'if-none-match': known } })
      assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', etag], known)
      assert.equal(again.headers['cache-control'], headers['cache-control'])
    }
    assert.equal((await server.public(address, { headers: { 'if-none-match': '"other"' } })).status, 200)
  }
})
