import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordSecrets } from '../support/leaks.ts'
import { askToken, createClient } from '../support/operator.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { spawnServer } from '../support/spawned-server.ts'

const of = (server: TestServer, { headers }: Received) => server.lines.filter(({ request_id: id }) => id === headers['x-request-id'])

test('each request has one log line with the id of its response; the server makes the id, whatever the caller sends', async () => {
  await using server = await startServer()
  const ids = new Set<unknown>()
  for (const [listener, path, status] of [
    ['public', '/health/alive', 200],
    ['public', '/oauth2/register/x?a=b', 401],
    ['public', '/nowhere', 404],
    ['public', '/%zz', 400],
    ['public', `/oauth2/register/${'x'.repeat(1025)}`, 414],
    ['admin', '/admin/clients?page_size=3', 200],
  ] as const) {
    const answer = await server[listener](path, { headers: { 'x-request-id': 'chosen-by-the-caller' } })
    assert.equal(answer.status, status)
    const [line, ...more] = of(server, answer).filter(({ msg }) => msg === 'request')
    assert.deepEqual(more, [])
    const { time, milliseconds, request_id: id, ...rest } = line as Record<string, unknown>
    const logged = path.split('?')[0] ?? ''
    const shown = logged.length > 200 ? `${logged.slice(0, 200)}…` : logged
    assert.deepEqual(rest, { level: 'info', listener, method: 'GET', path: shown, status, remote_address: '127.0.0.1', msg: 'request' })
    assert.ok(Date.parse(String(time)) > 0)
    assert.ok(Number(milliseconds) >= 0)
    assert.notEqual(id, 'chosen-by-the-caller')
    ids.add(id)
  }
  assert.equal(ids.size, 6)
})

test('a refusal is counted and logged with its reason, even if the response does not contain it', async () => {
  await using server = await startServer()
  const { id } = await createClient(server)
  const post = (path: string, sent: object) => server.public(path, { method: 'POST', ...sent })
  const refusals: [Received, unknown][] = [
    [await askToken(server, { id, secret: 'wrong' }), { kind: 'client-secret-wrong', clientId: id }],
    [await askToken(server, { id: 'nobody', secret: 'wrong' }), { kind: 'client-unknown' }],
    [await server.public(`/oauth2/register/${id}`, { bearer: 'wrong' }), { kind: 'registration-token-refused' }],
    [await post('/oauth2/register', { json: { redirect_uris: ['x'] } }), { kind: 'metadata-refused', members: ['redirect_uris[0]'] }],
    [await post('/oauth2/register', { body: '{' }), { kind: 'body-invalid', message: 'the body is not valid JSON' }],
    [await server.admin('/admin/clients/nobody'), { kind: 'client-not-found' }],
    [await server.public('/oauth2/auth'), { kind: 'client-missing' }],
  ]
  for (const [answer, reason] of refusals) {
    const [line] = of(server, answer).filter(({ msg }) => msg === 'request refused')
    assert.deepEqual([line?.reason, line?.status, line?.level], [reason, answer.status, 'info'])
  }
  const counters = (await server.admin('/admin/metrics/prometheus')).text
  for (const reason of [
    'client-secret-wrong',
    'client-unknown',
    'registration-token-refused',
    'metadata-refused',
    'client-not-found',
    'client-missing',
  ])
    assert.match(counters, new RegExp(`^clientele_request_refused_total\\{[^}]*reason="${reason}"[^}]*\\} 1$`, 'm'))
})

test('no secret is logged, wherever a caller puts it', async () => {
  const admin = 'clientele_admin_0123456789-of-the-logging-test'
  await using server = await startServer({
    settings: { oidc: { dynamic_client_registration: { allowed_scope: ['read'] } } },
  })
  const registered = (
    await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'], scope: 'read' } })
  ).json
  const { client_id: id, client_secret: secret, registration_access_token: rat } = registered
  const { access_token: token } = (await askToken(server, { id, secret }, { scope: 'read' })).json
  const chosen = 'a-secret-chosen-by-a-person'
  const secrets = [secret, rat, token, chosen, admin]
  recordSecrets(...secrets)

  for (const value of [rat, token, secret]) {
    await server.public(`/oauth2/register/${id}?access_token=${value}&token=${value}`)
    await server.public('/oauth2/register/x', {
      headers: { cookie: `session=${value}`, referer: `https://x/?t=${value}`, 'user-agent': value },
    })
    await server.public(`/oauth2/auth?client_id=${id}&redirect_uri=https://rp.example/cb?code=${value}&state=${value}`)
    await server.public('/oauth2/token', {
      method: 'POST',
      basic: [id, value],
      form: { grant_type: 'refresh_token', refresh_token: value },
    })
    await server.public('/oauth2/token', {
      method: 'POST',
      form: { grant_type: 'authorization_code', code: value, client_id: id, client_secret: value },
    })
    await server.public('/oauth2/token', {
      method: 'POST',
      form: { grant_type: 'client_credentials', client_id: value, client_assertion: value },
    })
    await server.public('/oauth2/register', {
      method: 'POST',
      json: { client_name: value, client_secret: value, redirect_uris: [`https://x/#${value}`] },
    })
    await server.public('/oauth2/register', { method: 'POST', json: { [`client_name#${value}`]: 1, [value]: value, contacts: value } })
    const named = { client_name: value, client_uri: `https://rp.example/${value}`, redirect_uris: [`https://rp.example/cb?t=${value}`] }
    assert.equal((await server.public('/oauth2/register', { method: 'POST', json: named })).status, 201)
    await server.public('/oauth2/register', { method: 'POST', body: `{"client_secret": "${value}"` })
    await server.public(`/oauth2/register/${id}`, { method: 'PUT', bearer: rat, json: { client_secret: `${value}?`, client_name: value } })
    await server.public(`/oauth2/register/%zz?token=${value}`)
    await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: [value, value] } })
    await server.admin('/admin/clients', { method: 'POST', json: { client_id: id, client_secret: value } })
    await server.admin('/admin/clients', { method: 'POST', json: { client_secret: [value] } })
    await server.admin(`/admin/clients/${id}`, { method: 'PATCH', json: [{ op: 'test', path: '/client_secret', value }] })
    await server.admin(`/admin/clients?page_token=${value}`)
    await server.admin('/admin/clients', { headers: { authorization: `Bearer ${value}`, origin: 'https://page.example' } })
  }
  // Secrets of this server have a prefix, so they are masked even in a path or a form field.
  for (const value of [rat, token, admin]) {
    await server.public(`/${value}`)
    await server.public(`/oauth2/register/${value}`)
    await server.public(`/oauth2/register/${value}/${value}`)
    await server.admin(`/admin/clients/${value}`)
    await server.admin(`/admin/clients?page_size=${value}`)
    await server.public(`/oauth2/auth?client_id=${value}`)
    await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form: { grant_type: value } })
    await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form: { grant_type: 'client_credentials', scope: value } })
    await server.public('/oauth2/token', {
      method: 'POST',
      basic: [id, secret],
      form: { grant_type: 'client_credentials', audience: value },
    })
  }
  await createClient(server, { client_secret: chosen, client_name: chosen })
  assert.ok(server.lines.length > 100)
  const text = server.lines.map((line) => JSON.stringify(line))
  for (const value of secrets) {
    const lines = text.filter((line) => line.includes(value.slice(8, 28)))
    assert.deepEqual(lines, [], 'a secret was logged')
  }
  for (const words of ['Bearer ', 'Basic ', 'session=', 'state='])
    assert.deepEqual(
      text.filter((line) => line.includes(words)),
      [],
      words,
    )
})

test('the program writes JSON log lines by default, and readable ones with dev', async () => {
  await using production = await spawnServer({ serve: { public: { host: '' } } })
  await production.public('/nowhere?token=x')
  const { path, remote_address: address } = await production.next('request')
  assert.deepEqual([path, address], ['/nowhere', '127.0.0.1'])
  for (const line of production.output.trim().split('\n')) assert.equal(typeof JSON.parse(line).msg, 'string')

  await using development = await spawnServer({ dev: true })
  const answer = await development.public('/nowhere?token=x')
  development.process.kill('SIGTERM')
  await development.ended()
  assert.match(development.output, new RegExp(`INFO.*: GET /nowhere 404 in [\\d.]+ ms .*${answer.headers['x-request-id']}`))
  assert.doesNotMatch(development.output, /^\{|token=/m)
})
