import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Sent } from '../support/request.ts'
import { adminTable, publicTable } from '../support/route-tables.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** The methods of each path. `x` is an unknown id. */
const publicPaths: Record<string, string> = {
  '/oauth2/register': 'POST',
  '/oauth2/register/x': 'GET HEAD PUT DELETE',
  '/oauth2/token': 'POST',
  '/oauth2/revoke': 'POST',
  '/oauth2/auth': 'GET HEAD POST',
  '/oauth2/sessions/logout': 'GET HEAD POST',
  '/userinfo': 'GET HEAD POST',
  '/oauth2/fallbacks/login': 'GET HEAD POST',
  '/oauth2/fallbacks/consent': 'GET HEAD POST',
  '/oauth2/fallbacks/logout': 'GET HEAD POST',
  '/oauth2/fallbacks/logout/callback': 'GET HEAD',
  '/oauth2/fallbacks/grants': 'GET HEAD POST',
  '/oauth2/fallbacks/error': 'GET HEAD',
  '/.well-known/jwks.json': 'GET HEAD',
  '/.well-known/openid-configuration': 'GET HEAD',
  '/.well-known/oauth-authorization-server': 'GET HEAD',
  '/health/alive': 'GET HEAD',
  '/health/ready': 'GET HEAD',
  '/openapi.json': 'GET HEAD',
  '/reference': 'GET HEAD',
}
const adminPaths: Record<string, string> = {
  '/admin/clients': 'GET HEAD POST',
  '/admin/clients/x': 'GET HEAD PUT PATCH DELETE',
  '/admin/clients/x/lifespans': 'PUT',
  '/admin/clients/x/secrets/rotate': 'POST DELETE',
  '/admin/clients/x/registration-access-token': 'POST',
  '/admin/oauth2/introspect': 'POST',
  '/admin/oauth2/tokens': 'DELETE',
  '/admin/oauth2/auth/requests/login': 'GET HEAD',
  '/admin/oauth2/auth/requests/login/accept': 'PUT',
  '/admin/oauth2/auth/requests/login/reject': 'PUT',
  '/admin/oauth2/auth/requests/consent': 'GET HEAD',
  '/admin/oauth2/auth/requests/consent/accept': 'PUT',
  '/admin/oauth2/auth/requests/consent/reject': 'PUT',
  '/admin/oauth2/auth/requests/logout': 'GET HEAD',
  '/admin/oauth2/auth/requests/logout/accept': 'PUT',
  '/admin/oauth2/auth/requests/logout/reject': 'PUT',
  '/admin/oauth2/auth/sessions/consent': 'GET HEAD DELETE',
  '/admin/oauth2/auth/sessions/login': 'DELETE',
  '/admin/keys/x': 'GET HEAD POST PUT DELETE',
  '/admin/keys/x/k': 'GET HEAD PUT DELETE',
  '/admin/metrics/prometheus': 'GET HEAD',
  '/admin/version': 'GET HEAD',
  '/version': 'GET HEAD',
  '/health/alive': 'GET HEAD',
  '/health/ready': 'GET HEAD',
  '/admin/openapi.json': 'GET HEAD',
  '/admin/reference': 'GET HEAD',
}

const notFound = {
  error: {
    code: 404,
    message: 'Not Found',
    reason: 'The requested route does not exist. Make sure you are using the right path, domain, and port.',
  },
}

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server[Symbol.asyncDispose]())

const tables = [
  ['public', publicPaths, (path: string, sent?: Sent) => server.public(path, sent)],
  ['admin', adminPaths, (path: string, sent?: Sent) => server.admin(path, sent)],
] as const

test('the two tables match the routes of the listeners', () => {
  const tableOf = (routes: readonly { method: string; path: string }[]) => {
    const table: Record<string, string> = {}
    for (const { method, path } of routes) {
      const known = table[path.replace(':id', 'x').replace(':set', 'x').replace(':kid', 'k')]
      table[path.replace(':id', 'x').replace(':set', 'x').replace(':kid', 'k')] =
        `${known ? `${known} ` : ''}${method === 'GET' ? 'GET HEAD' : method}`
    }
    return table
  }
  assert.deepEqual(tableOf(publicTable()), publicPaths)
  assert.deepEqual(tableOf(adminTable()), adminPaths)
})

for (const [listener, table, call] of tables) {
  describe(`the ${listener} listener`, () => {
    for (const [path, offered] of Object.entries(table)) {
      const allow = [...offered.split(' '), 'OPTIONS'].join(', ')

      test(`${path}: OPTIONS lists its methods`, async () => {
        const answer = await call(path, { method: 'OPTIONS' })
        assert.equal(answer.status, 204)
        assert.equal(answer.headers.allow, allow)
        assert.equal(answer.text, '')
      })

      test(`${path}: every other method is 405 with Allow (RFC 9110 §15.5.6)`, async () => {
        // CONNECT is not received as a request; wire.test.ts tests it.
        const others = METHODS.filter((method) => method !== 'CONNECT' && !allow.split(', ').includes(method))
        assert.ok(others.length > 25)
        for (const method of others) {
          const answer = await call(path, { method, ...(['POST', 'PUT', 'PATCH'].includes(method) && { json: {} }) })
          assert.equal(answer.status, 405, method)
          assert.equal(answer.headers.allow, allow, method)
          assert.ok(answer.headers['x-request-id'], method)
          if (method !== 'HEAD') assert.equal(answer.json.error, 'invalid_request')
        }
      })

      if (offered.includes('HEAD'))
        test(`${path}: HEAD is GET without the body (RFC 9110 §9.3.2)`, async () => {
          const [get, head] = [await call(path), await call(path, { method: 'HEAD' })]
          assert.equal(head.status, get.status)
          assert.equal(head.text, '')
          // Each request changes the metrics.
          const measures = path === '/admin/metrics/prometheus'
          const comparable = ({ 'x-request-id': _id, date: _date, ...headers }: Record<string, unknown>) => ({
            ...headers,
            // A page token is encrypted differently each time.
            ...(measures && { 'content-length': undefined }),
            link: typeof headers.link === 'string' ? headers.link.replace(/page_token=[^>&]*/, '') : undefined,
          })
          assert.deepEqual(comparable(head.headers), comparable(get.headers))
          if (!measures) assert.equal(Number(head.headers['content-length']), Buffer.byteLength(get.text))
        })

      test(`${path}: a trailing slash and a query make no difference`, async () => {
        for (const method of offered.split(' ')) {
          const sent: Sent = { method, ...(['POST', 'PUT', 'PATCH'].includes(method) && { body: 'not json' }) }
          const { status } = await call(path, sent)
          assert.equal((await call(`${path}/`, sent)).status, status, method)
          if (path !== '/oauth2/auth') assert.equal((await call(`${path}?nothing=to+say`, sent)).status, status, method)
        }
      })
    }

    test('an unknown path is 404 in Hydra’s format for every method', async () => {
      for (const path of [
        '/',
        '/nowhere',
        '/oauth2',
        '/oauth2/register/x/y',
        '/admin',
        '/admin/',
        '/health',
        '/.well-known',
        '/%00',
        '/a//b',
      ]) {
        for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND']) {
          const answer = await call(path, { method })
          assert.equal(answer.status, 404, `${method} ${path}`)
          assert.deepEqual(answer.json, notFound)
          assert.ok(answer.headers['x-request-id'])
        }
        const preflight = await call(path, { method: 'OPTIONS', headers: preflightHeaders })
        assert.equal(preflight.status, listener === 'admin' ? 403 : 404, `preflight for ${path}`)
      }
    })
  })
}

const preflightHeaders = { origin: 'https://page.example', 'access-control-request-method': 'POST' }

test('admin paths work without their prefix, as in Hydra', async () => {
  const made = await server.admin('/clients', { method: 'POST', json: { client_name: 'Short', grant_types: ['client_credentials'] } })
  assert.equal(made.status, 201)
  const { client_id: id, client_secret: secret } = made.json
  const short = `/clients/${id}`
  assert.equal((await server.admin('/clients?client_name=Short')).json[0].client_id, id)
  assert.equal((await server.admin(short)).json.client_name, 'Short')
  assert.equal(
    (await server.admin(short, { method: 'PUT', json: { client_name: 'Put', grant_types: ['client_credentials'] } })).status,
    200,
  )
  const patch = [{ op: 'replace', path: '/client_name', value: 'Patched' }]
  assert.equal((await server.admin(short, { method: 'PATCH', json: patch })).json.client_name, 'Patched')
  assert.equal((await server.admin(`${short}/lifespans`, { method: 'PUT', json: {} })).status, 200)
  assert.equal((await server.admin(`${short}/secrets/rotate`, { method: 'POST' })).status, 200)
  const token = await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form: { grant_type: 'client_credentials' } })
  assert.equal((await server.admin(`${short}/secrets/rotate`, { method: 'DELETE' })).status, 200)
  assert.equal((await server.admin(`${short}/registration-access-token`, { method: 'POST' })).status, 200)
  const introspected = await server.admin('/oauth2/introspect', { method: 'POST', form: { token: token.json.access_token } })
  assert.equal(introspected.json.client_id, id)
  assert.equal((await server.admin(short, { method: 'DELETE' })).status, 204)
  assert.equal((await server.admin(`/admin${short}`)).status, 404)
})

test('the public listener has no admin route, with or without the prefix', async () => {
  for (const path of Object.keys(adminPaths).filter((known) => !known.startsWith('/health'))) {
    for (const tried of [path, path.replace('/admin', '')].filter((one) => !(one in publicPaths))) {
      const answer = await server.public(tried, { method: 'POST', json: {} })
      assert.deepEqual([answer.status, answer.json], [404, notFound], tried)
    }
  }
})
