import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

const origin = 'https://page.example'
const cors = (settings: Record<string, unknown>) => ({ serve: { public: { cors: settings } } })
const preflight = (
  server: TestServer,
  path: string,
  from = origin,
  method = 'POST',
  headers = 'authorization,content-type,mcp-protocol-version',
) =>
  server.public(path, {
    method: 'OPTIONS',
    headers: { origin: from, 'access-control-request-method': method, 'access-control-request-headers': headers },
  })
/** The CORS headers of a response. */
const shared = ({ headers }: Received) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))
const discovery = '/.well-known/openid-configuration'
const sharedPaths = [
  discovery,
  '/.well-known/oauth-authorization-server',
  '/.well-known/jwks.json',
  '/oauth2/register',
  '/oauth2/register/x',
  '/oauth2/token',
]

test('by default every origin may read every CORS route, without credentials, including errors and challenges', async () => {
  await using server = await startServer()
  const answers: [Received, number][] = [
    [await server.public(discovery, { headers: { origin } }), 200],
    [await server.public('/.well-known/jwks.json', { headers: { origin } }), 200],
    [await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] }, headers: { origin } }), 201],
    [await server.public('/oauth2/register', { method: 'POST', json: { redirect_uris: 'x' }, headers: { origin } }), 400],
    [await server.public('/oauth2/register', { method: 'POST', body: 'x'.repeat(70_000), headers: { origin } }), 413],
    [await server.public('/oauth2/register', { method: 'PATCH', json: {}, headers: { origin } }), 405],
    [await server.public('/oauth2/register/x', { headers: { origin } }), 401],
    [
      await server.public('/oauth2/token', {
        method: 'POST',
        form: { grant_type: 'client_credentials', client_id: 'x' },
        headers: { origin },
      }),
      401,
    ],
    [await server.public('/oauth2/token', { method: 'POST', headers: { origin } }), 400],
  ]
  for (const [answer, status] of answers) {
    assert.equal(answer.status, status)
    assert.deepEqual(shared(answer), {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'WWW-Authenticate, Location, Retry-After',
    })
  }
})

test('a preflight needs no authentication, for every CORS route and for the headers that MCP clients send', async () => {
  await using server = await startServer()
  for (const path of sharedPaths) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const answer = await preflight(server, path, origin, method)
      assert.equal(answer.status, 204, path)
      const headers = shared(answer)
      assert.equal(headers['access-control-allow-origin'], '*')
      assert.equal(headers['access-control-allow-credentials'], undefined)
      assert.ok(String(headers['access-control-allow-methods']).split(', ').includes(method))
      const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(', ')
      for (const name of ['authorization', 'content-type', 'mcp-protocol-version', 'dpop']) assert.ok(allowed.includes(name), name)
    }
  }
})

test('the authorization endpoint, health checks, unknown paths and the admin listener have no CORS headers', async () => {
  await using server = await startServer()
  for (const path of ['/oauth2/auth', '/oauth2/auth?client_id=x', '/health/alive', '/health/ready', '/nowhere']) {
    assert.deepEqual(shared(await server.public(path, { headers: { origin } })), {}, path)
    assert.deepEqual(shared(await preflight(server, path)), {}, path)
  }
  for (const path of ['/admin/clients', '/clients', '/admin/oauth2/introspect', '/health/alive', '/version', '/nowhere'])
    for (const method of ['GET', 'POST', 'OPTIONS'])
      assert.deepEqual(shared(await server.admin(path, { method, headers: { origin, 'access-control-request-method': 'POST' } })), {}, path)
})

test('with configured origins, exact or patterns, only those get CORS headers, and Vary has Origin', async () => {
  await using server = await startServer({
    settings: cors({
      allowed_origins: ['https://one.example', 'https://*.example.com', 'http://localhost:*'],
      allow_credentials: true,
      max_age: 600,
    }),
  })
  const allowed = [
    'https://one.example',
    'https://a.example.com',
    'https://a.b.example.com',
    'http://localhost:3000',
    'http://localhost:80',
  ]
  const others = [
    'https://two.example',
    'http://one.example',
    'https://one.example:8443',
    'https://one.example.evil.test',
    'https://example.com',
    'https://evilexample.com',
    'https://a.example.com.evil.test',
    'https://evil.test/.example.com',
    'https://evil.test#.example.com',
    'https://user@evil.test?.example.com',
    'http://a.example.com',
    'http://localhost',
    'http://localhost:3000.evil.test',
    'null',
    '*',
  ]
  for (const from of allowed) {
    const answer = await server.public(discovery, { headers: { origin: from } })
    assert.equal(answer.headers['access-control-allow-origin'], from)
    assert.equal(answer.headers['access-control-allow-credentials'], 'true')
    const before = await preflight(server, '/oauth2/register', from)
    assert.equal(before.headers['access-control-allow-origin'], from)
    assert.equal(before.headers['access-control-max-age'], '600')
  }
  for (const from of others) {
    const answer = await server.public(discovery, { headers: { origin: from } })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['access-control-allow-origin'], undefined, from)
    assert.equal((await preflight(server, '/oauth2/register', from)).headers['access-control-allow-origin'], undefined, from)
  }
  // Discovery may be cached: a response without CORS headers must not be reused for another origin.
  for (const headers of [{}, { origin: allowed[0] }, { origin: others[0] }] as Record<string, string>[])
    assert.match(String((await server.public(discovery, { headers })).headers.vary), /\borigin\b/i)
})

test('methods and headers are those that are configured', async () => {
  await using server = await startServer({
    settings: cors({ allowed_methods: ['POST'], allowed_headers: ['X-Own'], exposed_headers: ['X-Request-Id'] }),
  })
  const headers = shared(await preflight(server, '/oauth2/register'))
  assert.equal(headers['access-control-allow-methods'], 'POST')
  assert.equal(headers['access-control-allow-headers'], 'X-Own')
  assert.equal(headers['access-control-expose-headers'], 'X-Request-Id')
})

test('with CORS disabled there are no CORS headers, and a preflight is an ordinary OPTIONS; the setting can change while the server runs', async () => {
  await using server = await startServer({ settings: cors({ enabled: false }) })
  const plain = await preflight(server, '/oauth2/token')
  assert.deepEqual([plain.status, plain.headers.allow, shared(plain)], [204, 'POST, OPTIONS', {}])
  assert.deepEqual(shared(await server.public(discovery, { headers: { origin } })), {})
  server.reconfigure(cors({ enabled: true, allowed_origins: [origin] }))
  assert.equal((await server.public(discovery, { headers: { origin } })).headers['access-control-allow-origin'], origin)
  assert.equal((await preflight(server, '/oauth2/token')).headers['access-control-allow-origin'], origin)
  server.reconfigure(cors({ enabled: false }))
  assert.deepEqual(shared(await server.public(discovery, { headers: { origin } })), {})
})

test('disabled registration is 404 for every method, including a preflight, and the log has the reason', async () => {
  await using server = await startServer({ settings: { oidc: { dynamic_client_registration: { enabled: false } } } })
  for (const path of ['/oauth2/register', '/oauth2/register/x']) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const answer = await server.public(path, { method })
      assert.equal(answer.status, 404, `${method} ${path}`)
      assert.equal(answer.headers.allow, undefined)
    }
    assert.equal((await preflight(server, path)).status, 404)
  }
  const refusals = server.lines.filter(({ msg }) => msg === 'request refused')
  assert.equal(refusals.length, 20)
  for (const { reason } of refusals) assert.deepEqual(reason, { kind: 'registration-off' })
})

test('a page of an origin that a client registered may request that client’s tokens, and no other’s', async () => {
  await using server = await startServer({ settings: cors({ allowed_origins: ['https://operator.example'] }) })
  const own = 'https://spa.example'
  const metadata = { redirect_uris: [`${own}/cb`], token_endpoint_auth_method: 'none', allowed_cors_origins: [own] }
  const { json: client } = await server.public('/oauth2/register', { method: 'POST', json: metadata })
  const { json: other } = await server.public('/oauth2/register', { method: 'POST', json: { ...metadata, allowed_cors_origins: [] } })
  const ask = async (path: string, clientId: string, from: string) => {
    const form = { client_id: clientId, grant_type: 'authorization_code', code: 'x', token: 'x' }
    const answer = await server.public(path, { method: 'POST', form, headers: { origin: from } })
    return answer.headers['access-control-allow-origin']
  }
  for (const path of ['/oauth2/token', '/oauth2/revoke']) {
    assert.equal((await preflight(server, path, own)).headers['access-control-allow-origin'], own)
    assert.equal(await ask(path, client.client_id, own), own, 'an error, too, is readable')
    assert.equal(await ask(path, client.client_id, 'https://operator.example'), 'https://operator.example')
    assert.equal(await ask(path, client.client_id, 'https://evil.example'), undefined)
    assert.equal(await ask(path, other.client_id, own), undefined)
  }
  assert.equal((await preflight(server, '/oauth2/auth', own)).headers['access-control-allow-origin'], undefined)
})
