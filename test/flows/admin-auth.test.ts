import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { recordSecrets } from '../support/leaks.ts'
import { startServer, type TestServer } from '../support/server.ts'

const tokens = { ada: 'clientele_admin_ada-of-the-tests', grace: 'clientele_admin_grace-of-the-tests' }
recordSecrets(...Object.values(tokens))
const bearer = Object.entries(tokens).map(([name, token]) => ({ name, sha256: createHash('sha256').update(token).digest('hex') }))
const withTokens = { serve: { admin: { auth: { bearer } } } }

const lines = (server: TestServer, msg: string) => server.lines.filter((line) => line.msg === msg)

describe('serve.admin.auth with bearer tokens', () => {
  test('accepts each listed token and no other; the error is 401 with a challenge, and nothing is changed', async () => {
    await using server = await startServer({ settings: withTokens })
    for (const token of Object.values(tokens)) assert.equal((await server.admin('/admin/clients', { bearer: token })).status, 200)
    const digest = bearer[0]?.sha256 ?? ''
    const refused: Record<string, string>[] = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Bearer ${tokens.ada}x` },
      { authorization: `Bearer ${digest}` },
      { authorization: `Basic ${Buffer.from(`ada:${tokens.ada}`).toString('base64')}` },
      { authorization: tokens.ada },
      { authorization: `Bearer ${tokens.ada} ${tokens.grace}` },
      { authorization: 'Bearer ' },
      { cookie: `token=${tokens.ada}` },
    ]
    for (const headers of refused) {
      const answer = await server.admin('/admin/clients', { method: 'POST', json: { client_name: 'Nobody' }, headers })
      assert.equal(answer.status, 401, JSON.stringify(headers))
      assert.equal(answer.headers['www-authenticate'], 'Bearer')
      assert.deepEqual(answer.json, {
        error: 'The request could not be authorized',
        error_description: 'A bearer token of serve.admin.auth is needed.',
      })
    }
    assert.deepEqual((await server.admin('/admin/clients', { bearer: tokens.ada })).json, [])
    const refusals = lines(server, 'request refused')
    assert.equal(refusals.length, refused.length)
    for (const line of refusals) assert.deepEqual(line.reason, { kind: 'admin-unauthorized' })
  })

  test('a token in the query is ignored (RFC 6750 §2.3)', async () => {
    await using server = await startServer({ settings: withTokens })
    assert.equal((await server.admin(`/admin/clients?access_token=${tokens.ada}`)).status, 401)
  })

  test('protects every path, known or unknown, except the health checks', async () => {
    await using server = await startServer({ settings: withTokens })
    for (const path of [
      '/',
      '/nowhere',
      '/version',
      '/admin/version',
      '/clients',
      '/admin/clients/x',
      '/healthy',
      '/health',
      '/admin/health/alive',
    ])
      assert.equal((await server.admin(path)).status, 401, path)
    assert.equal((await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: 'x' } })).status, 401)
    for (const path of ['/health/alive', '/health/ready']) assert.equal((await server.admin(path)).status, 200)
    assert.equal((await server.admin('/health/../admin/clients')).status, 404)
  })

  test('the log shows the name of the token as the actor', async () => {
    await using server = await startServer({ settings: withTokens })
    const made = await server.admin('/admin/clients', { method: 'POST', bearer: tokens.grace, json: {} })
    await server.admin(`/admin/clients/${made.json.client_id}`, { method: 'DELETE', bearer: tokens.ada })
    assert.equal(lines(server, 'client.created')[0]?.actor, 'admin:grace')
    assert.equal(lines(server, 'client.deleted')[0]?.actor, 'admin:ada')
  })

  test('headers of a browser have no effect: only the token decides', async () => {
    await using server = await startServer({ settings: withTokens })
    const headers = { origin: 'https://console.example', 'sec-fetch-site': 'cross-site', host: 'admin.example' }
    assert.equal((await server.admin('/admin/clients', { headers })).status, 401)
    const answer = await server.admin('/admin/clients', { headers, bearer: tokens.ada })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
  })

  test('a change of the configuration adds and removes tokens while the server runs', async () => {
    await using server = await startServer()
    assert.equal((await server.admin('/admin/clients')).status, 200)
    server.reconfigure(withTokens)
    assert.equal((await server.admin('/admin/clients')).status, 401)
    assert.equal((await server.admin('/admin/clients', { bearer: tokens.ada })).status, 200)
    server.reconfigure({ serve: { admin: { auth: { bearer: bearer.slice(1) } } } })
    assert.equal((await server.admin('/admin/clients', { bearer: tokens.ada })).status, 401)
    assert.equal((await server.admin('/admin/clients', { bearer: tokens.grace })).status, 200)
  })
})

describe('serve.admin.auth: none, with the protection against browsers', () => {
  const allowed: Record<string, string>[] = [
    {},
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin' },
    { host: 'localhost' },
    { host: 'localhost:4445' },
    { host: 'LocalHost:1' },
    { host: '127.0.0.1' },
    { host: '127.8.9.10:65535' },
    { host: '[::1]' },
    { host: '[::1]:4445' },
    { referer: 'https://page.example/' },
  ]
  const fenced: [headers: Record<string, string>, reason: RegExp][] = [
    [{ origin: 'https://page.example' }, /Origin/],
    [{ origin: 'null' }, /Origin/],
    [{ origin: 'http://127.0.0.1:4445' }, /Origin/],
    [{ origin: '' }, /Origin/],
    [{ 'sec-fetch-site': 'cross-site' }, /Sec-Fetch-Site/],
    [{ 'sec-fetch-site': 'same-site' }, /Sec-Fetch-Site/],
    [{ 'sec-fetch-site': 'none, cross-site' }, /Sec-Fetch-Site/],
    [{ 'sec-fetch-site': 'something-new' }, /Sec-Fetch-Site/],
    [{ host: 'rebind.test' }, /Host/],
    [{ host: 'rebind.test:4445' }, /Host/],
    [{ host: 'localhost.evil.test' }, /Host/],
    [{ host: '127.0.0.1.evil.test:4445' }, /Host/],
    [{ host: '0.0.0.0:4445' }, /Host/],
    [{ host: '10.0.0.1:4445' }, /Host/],
    [{ host: '[::2]:4445' }, /Host/],
    [{ host: 'admin.example' }, /Host/],
  ]

  test('programs on this machine are accepted, and a browser whose user opened the URL', async () => {
    await using server = await startServer()
    for (const headers of allowed) assert.equal((await server.admin('/admin/clients', { headers })).status, 200, JSON.stringify(headers))
  })

  test('a request that a browser sends for a page is 403, changes nothing, and is logged with the reason', async () => {
    await using server = await startServer()
    for (const [headers, reason] of fenced) {
      const answer = await server.admin('/admin/clients', { method: 'POST', json: {}, headers })
      assert.equal(answer.status, 403, JSON.stringify(headers))
      assert.equal(answer.json.error, 'The requested action was forbidden')
      assert.match(answer.json.error_description, reason)
      const line = server.lines.find(({ msg, request_id: id }) => msg === 'request refused' && id === answer.headers['x-request-id'])
      assert.match(JSON.stringify(line), /"kind":"admin-fenced"/)
    }
    assert.deepEqual((await server.admin('/admin/clients')).json, [])
  })

  test('a Host that is no host is 400 before the fence looks at it (RFC 9112 3.2)', async () => {
    await using server = await startServer()
    const headers = { host: 'evil.test:80@localhost' }
    assert.equal((await server.admin('/admin/clients', { headers })).status, 400)
  })

  test('every path and method is protected, including reads', async () => {
    await using server = await startServer()
    const headers = { origin: 'https://page.example' }
    for (const path of ['/admin/clients', '/clients', '/health/ready', '/version', '/nowhere'])
      for (const method of ['GET', 'OPTIONS', 'DELETE'])
        assert.equal((await server.admin(path, { method, headers })).status, 403, `${method} ${path}`)
  })

  test('the host of urls.self.admin is accepted, too, with its port if it has one', async () => {
    await using named = await startServer({ settings: { urls: { self: { admin: 'https://admin.example/' } } } })
    for (const host of ['admin.example', 'Admin.Example', 'admin.example:8443', 'localhost'])
      assert.equal((await named.admin('/admin/clients', { headers: { host } })).status, 200, host)
    for (const host of ['example', 'x.admin.example', 'admin.example.evil.test'])
      assert.equal((await named.admin('/admin/clients', { headers: { host } })).status, 403, host)
    await using withPort = await startServer({ settings: { urls: { self: { admin: 'http://admin.example:4445/' } } } })
    assert.equal((await withPort.admin('/admin/clients', { headers: { host: 'admin.example:4445' } })).status, 200)
    assert.equal((await withPort.admin('/admin/clients', { headers: { host: 'admin.example:4446' } })).status, 403)
  })

  test('without a token the actor is logged as local', async () => {
    await using server = await startServer()
    await server.admin('/admin/clients', { method: 'POST', json: {}, bearer: 'nobody-asked-for-this-one' })
    assert.equal(lines(server, 'client.created')[0]?.actor, 'admin:local')
  })
})
