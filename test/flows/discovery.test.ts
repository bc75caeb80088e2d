import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'

const openid = '/.well-known/openid-configuration'
const oauth = '/.well-known/oauth-authorization-server'
const registration = (enabled: boolean, more: Record<string, unknown> = {}) => ({
  oidc: { dynamic_client_registration: { enabled, ...more } },
})
const document = async (server: TestServer, path = openid) => (await server.public(path)).json

const authMethods = ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none']
const signingAlgs = ['RS', 'PS', 'ES'].flatMap((kind) => [256, 384, 512].map((bits) => `${kind}${bits}`)).concat('EdDSA', 'Ed25519')

test('both documents are equal and list exactly the enabled features (RFC 8414 §2, OpenID Connect Discovery §3)', async () => {
  await using server = await startServer()
  const base = server.publicUrl
  const found = await server.public(openid)
  assert.equal(found.status, 200)
  assert.match(String(found.headers['content-type']), /^application\/json/)
  assert.deepEqual(found.json, {
    issuer: `${base}/`,
    authorization_endpoint: `${base}/oauth2/auth`,
    token_endpoint: `${base}/oauth2/token`,
    revocation_endpoint: `${base}/oauth2/revoke`,
    userinfo_endpoint: `${base}/userinfo`,
    end_session_endpoint: `${base}/oauth2/sessions/logout`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    registration_endpoint: `${base}/oauth2/register`,
    scopes_supported: ['openid', 'profile', 'email', 'offline', 'offline_access'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_methods_supported: authMethods,
    token_endpoint_auth_signing_alg_values_supported: signingAlgs,
    revocation_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: signingAlgs,
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    userinfo_signing_alg_values_supported: ['none', 'RS256'],
    claims_supported: ['sub'],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    claims_parameter_supported: false,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    request_object_signing_alg_values_supported: signingAlgs,
  })
  assert.equal((await server.public(oauth)).text, found.text)
})

test('every URL in the document exists', async () => {
  await using server = await startServer()
  const found = await document(server)
  const statuses: Record<string, number> = { authorization_endpoint: 400, token_endpoint: 400, jwks_uri: 200, registration_endpoint: 400 }
  for (const [name, status] of Object.entries(statuses)) {
    const method = name === 'jwks_uri' || name === 'authorization_endpoint' ? 'GET' : 'POST'
    assert.equal((await server.public(new URL(found[name]).pathname, { method })).status, status, name)
  }
})

test('registration_endpoint and scopes_supported follow the settings while the server runs', async () => {
  await using server = await startServer({ settings: registration(false) })
  assert.equal('registration_endpoint' in (await document(server)), false)
  const tag = (await server.public(openid)).headers.etag
  server.reconfigure(registration(true, { allowed_scope: ['notes.read'], default_scope: ['openid', 'notes.list'] }))
  const changed = await server.public(openid, { headers: { 'if-none-match': tag } })
  assert.equal(changed.status, 200)
  assert.equal(changed.json.registration_endpoint, `${server.publicUrl}/oauth2/register`)
  assert.deepEqual(changed.json.scopes_supported.slice(-2), ['notes.list', 'notes.read'])
  server.reconfigure(registration(false))
  assert.equal('registration_endpoint' in (await document(server)), false)
})

test('values of webfinger.oidc_discovery replace the computed ones; registration_endpoint is shown only while registration is enabled', async () => {
  const oidc_discovery = {
    client_registration_url: 'https://front.example/register',
    token_url: 'https://front.example/token',
    auth_url: 'https://front.example/auth',
    jwks_url: 'https://front.example/jwks',
    supported_scope: ['extra'],
    supported_claims: ['email'],
  }
  await using server = await startServer({ settings: { webfinger: { oidc_discovery } } })
  const found = await document(server)
  assert.equal(found.registration_endpoint, 'https://front.example/register')
  assert.equal(found.token_endpoint, 'https://front.example/token')
  assert.equal(found.authorization_endpoint, 'https://front.example/auth')
  assert.equal(found.jwks_uri, 'https://front.example/jwks')
  assert.ok(found.scopes_supported.includes('extra'))
  assert.deepEqual(found.claims_supported, ['sub', 'email'])
  server.reconfigure(registration(false))
  assert.equal('registration_endpoint' in (await document(server)), false)
})

test('a current copy gets 304: If-None-Match with the tag, a list, a weak tag or * (RFC 9110 §13.1.2)', async () => {
  await using server = await startServer()
  const { headers } = await server.public(openid)
  const tag = String(headers.etag)
  for (const sent of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await server.public(openid, { method, headers: { 'if-none-match': sent } })
      assert.deepEqual([answer.status, answer.text], [304, ''], sent)
      for (const name of ['etag', 'cache-control', 'vary']) assert.equal(answer.headers[name], headers[name], name)
    }
  }
  for (const sent of ['"other"', '', 'nonsense', tag.slice(1, -1)])
    assert.equal((await server.public(openid, { headers: { 'if-none-match': sent } })).status, 200, sent)
  assert.equal((await server.public(oauth)).headers.etag, tag)
})

test('for an issuer with a path the document is at every URL that clients try (RFC 8414 §3.1, OpenID Connect Discovery §4)', async () => {
  for (const issuer of ['https://auth.example.com/tenant/one', 'https://auth.example.com/tenant/one/']) {
    await using server = await startServer({ settings: { urls: { self: { issuer } } } })
    const [first, ...others] = await Promise.all(
      [openid, oauth, `${openid}/tenant/one`, `${oauth}/tenant/one`, `/tenant/one${openid}`, `/tenant/one${oauth}`].map((path) =>
        server.public(path),
      ),
    )
    assert.equal(first?.json.issuer, issuer)
    assert.equal(first?.json.token_endpoint, 'https://auth.example.com/tenant/one/oauth2/token')
    for (const other of others) assert.deepEqual([other.status, other.text], [200, first?.text])
    for (const path of [`${openid}/tenant/two`, `${oauth}/tenant`, `/tenant/two${openid}`, `/tenant${oauth}`, `${openid}/tenant/one/x`])
      assert.equal((await server.public(path)).status, 404, path)
  }
})

test('for an issuer without a path there is no document below other paths', async () => {
  await using server = await startServer()
  for (const path of [`${openid}/tenant`, `${oauth}/tenant`, `/tenant${openid}`, `/oauth2${oauth}`])
    assert.equal((await server.public(path)).status, 404, path)
})

test('urls.self.public changes the endpoint URLs but not the issuer', async () => {
  const self = { issuer: 'https://issuer.example/', public: 'https://public.example/base/' }
  await using server = await startServer({ settings: { urls: { self } } })
  const found = await document(server)
  assert.equal(found.issuer, 'https://issuer.example/')
  assert.equal(found.registration_endpoint, 'https://public.example/base/oauth2/register')
  const made = await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })
  assert.equal(made.json.registration_client_uri, `https://public.example/base/oauth2/register/${made.json.client_id}`)
})

test('the Host header of a request changes nothing (RFC 8414 §6.2)', async () => {
  await using server = await startServer()
  const { text } = await server.public(openid)
  for (const headers of [
    { host: 'evil.test' },
    { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' },
    { forwarded: 'host=evil.test' },
  ] as Record<string, string>[])
    assert.equal((await server.public(openid, { headers })).text, text)
})
