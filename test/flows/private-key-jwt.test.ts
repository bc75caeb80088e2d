import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FencedFetch, makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { askTokenWith, type ClientKey, clientKey } from '../support/assertions.ts'
import { selfSigned } from '../support/certificate.ts'
import { startDns } from '../support/dns.ts'
import { machine, registrant } from '../support/registrant.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startWebServer } from '../support/web-server.ts'

// A client that authenticates with a key (RFC 7523 §2.2), with its keys in jwks_uri.

const uri = 'https://app.example/jwks.json'

/** The server of `jwks_uri`, without a network, which `fenced-fetch.test.ts` tests. */
function keyServer() {
  const state = { keys: [] as object[], cacheControl: undefined as string | undefined, isDown: false, fetches: 0, gate: Promise.resolve() }
  const get: FencedFetch = async () => {
    state.fetches++
    await state.gate
    if (state.isDown) throw new Error('down')
    return { status: 200, headers: { 'cache-control': state.cacheControl }, body: JSON.stringify({ keys: state.keys }) }
  }
  return { state, fetch: Object.assign(get, { async [Symbol.asyncDispose]() {} }) }
}

async function setting() {
  const remote = keyServer()
  let now = 1_800_000_000_000
  const server = await startServer({ fetch: remote.fetch, clock: () => now })
  const seconds = () => Math.floor(now / 1000)
  const client = await registrant(server).registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri })
  return {
    server,
    remote: remote.state,
    key: (kid?: string) => clientKey('ES256', { kid, now: seconds }),
    status: async (key: ClientKey) => (await askTokenWith(server, await key.sign(client.id, server.issuer))).status,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    clientId: client.id,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

test('keys at jwks_uri are fetched once and cached as long as Cache-Control says, within bounds', async () => {
  await using it = await setting()
  const key = await it.key('a')
  it.remote.keys = [key.publicJwk]
  for (let count = 0; count < 5; count++) assert.equal(await it.status(key), 200)
  assert.equal(it.remote.fetches, 1)
  it.pass(599_000)
  assert.equal(await it.status(key), 200)
  assert.equal(it.remote.fetches, 1)
  it.pass(2_000)
  it.remote.cacheControl = 'public, max-age=99999999'
  assert.equal(await it.status(key), 200)
  it.pass(3_599_000)
  assert.equal(await it.status(key), 200)
  assert.equal(it.remote.fetches, 2)
  it.pass(2_000)
  it.remote.cacheControl = 'max-age=0'
  assert.equal(await it.status(key), 200)
  it.pass(59_000)
  assert.equal(await it.status(key), 200)
  assert.equal(it.remote.fetches, 3)
  it.pass(2_000)
  assert.equal(await it.status(key), 200)
  assert.equal(it.remote.fetches, 4)
})

test('a rotated key is found at once, and the old one is removed; unknown key ids cause one fetch in ten seconds', async () => {
  await using it = await setting()
  const [old, next, madeUp] = [await it.key('old'), await it.key('next'), await it.key('made-up')]
  it.remote.keys = [old.publicJwk]
  assert.equal(await it.status(old), 200)
  it.pass(20_000)
  it.remote.keys = [next.publicJwk]
  assert.equal(await it.status(next), 200)
  assert.equal(it.remote.fetches, 2)
  assert.equal(await it.status(old), 401)
  for (let count = 0; count < 20; count++) assert.equal(await it.status(madeUp), 401)
  assert.equal(it.remote.fetches, 2)
  it.pass(10_000)
  for (let count = 0; count < 20; count++) assert.equal(await it.status(madeUp), 401)
  assert.equal(it.remote.fetches, 3)
  assert.equal(await it.status(next), 200)
})

test('a key without a kid, or with the kid of its predecessor, is found, too', async () => {
  await using it = await setting()
  for (const kid of [undefined, 'same']) {
    it.pass(3_700_000)
    const [old, next] = [await it.key(kid), await it.key(kid)]
    it.remote.keys = [old.publicJwk]
    assert.equal(await it.status(old), 200)
    it.pass(20_000)
    it.remote.keys = [next.publicJwk]
    assert.equal(await it.status(next), 200)
  }
})

test('concurrent requests share one fetch', async () => {
  await using it = await setting()
  const key = await it.key('a')
  it.remote.keys = [key.publicJwk]
  let open = () => {}
  it.remote.gate = new Promise((resolve) => {
    open = resolve
  })
  const all = Promise.all(Array.from({ length: 20 }, () => it.status(key)))
  while (it.remote.fetches === 0) await new Promise((resolve) => setImmediate(resolve))
  open()
  assert.deepEqual(new Set(await all), new Set([200]))
  assert.equal(it.remote.fetches, 1)
})

test('after a failed fetch the keys are not fetched again for ten seconds, and the client gets one error', async () => {
  await using it = await setting()
  const key = await it.key('a')
  it.remote.isDown = true
  const answer = await askTokenWith(it.server, await key.sign(it.clientId, it.server.issuer))
  assert.deepEqual([answer.status, answer.json.error], [401, 'invalid_client'])
  assert.match(answer.json.error_description, /Unable to retrieve the JSON Web Keys/)
  assert.equal(await it.status(key), 401)
  assert.equal(it.remote.fetches, 1)
  it.remote.isDown = false
  it.remote.keys = [key.publicJwk]
  assert.equal(await it.status(key), 401)
  it.pass(10_000)
  assert.equal(await it.status(key), 200)
  // A failed fetch for a newer key keeps the cached keys.
  it.remote.isDown = true
  it.pass(20_000)
  assert.equal(await it.status(await it.key('other')), 401)
  assert.equal(await it.status(key), 200)
  it.pass(600_000)
  assert.equal(await it.status(key), 401)
})

test('unusable keys are skipped; an invalid key set has no keys', async () => {
  await using it = await setting()
  const key = await it.key('a')
  it.remote.keys = [
    { kty: 'oct', k: 'AAAA' },
    null as never,
    { kty: 'EC' },
    { ...key.publicJwk, use: 'enc' },
    { ...key.publicJwk, alg: 'ES384' },
    key.publicJwk,
  ]
  assert.equal(await it.status(key), 200)
})

const keyed = (key: ClientKey, more: object = {}) => ({
  ...machine,
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [key.publicJwk] },
  ...more,
})

async function keyedClient(server: TestServer) {
  const key = await clientKey()
  return { key, ...(await registrant(server).registered(keyed(key))) }
}

test('R7591-23 (RFC 7591 §2): a client with private_key_jwt needs no secret: none is issued and none is accepted', async () => {
  await using server = await startServer()
  const { key, answer, id } = await keyedClient(server)
  assert.equal('client_secret' in answer.json, false)
  const issued = await askTokenWith(server, await key.sign(id, server.issuer))
  const active = await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: issued.json.access_token } })
  assert.deepEqual([active.json.active, active.json.client_id], [true, id])
})

test('a refusal after authentication spends the assertion, too', async () => {
  await using server = await startServer()
  const { key, id } = await keyedClient(server)
  for (const form of [
    { scope: 'never.mine' },
    { grant_type: 'password' },
    { grant_type: 'refresh_token' },
    { audience: 'https://x.example' },
  ] as Record<string, string>[]) {
    const assertion = await key.sign(id, server.issuer)
    const refused = await askTokenWith(server, assertion, form)
    assert.equal(refused.status, 400, refused.text)
    assert.notEqual(refused.json.error, 'jti_known')
    assert.equal((await askTokenWith(server, assertion)).json.error, 'jti_known')
    assert.equal((await askTokenWith(server, assertion, form)).json.error, 'jti_known')
  }
})

test('an assertion that is refused before its verification is not spent', async () => {
  await using server = await startServer()
  const { key, id } = await keyedClient(server)
  const assertion = await key.sign(id, server.issuer)
  for (const form of [{ grant_type: '' }, { client_secret: 'x' }, { client_id: 'somebody' }, { client_assertion_type: 'x' }])
    assert.notEqual((await askTokenWith(server, assertion, form)).status, 200)
  const [head, body] = assertion.split('.')
  assert.equal((await askTokenWith(server, `${head}.${body}.AAAA`)).status, 401)
  assert.equal((await askTokenWith(server, assertion)).status, 200)
})

test('an assertion together with a secret or an Authorization header is refused', async () => {
  await using server = await startServer()
  const { key, id } = await keyedClient(server)
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await key.sign(id, server.issuer),
  }
  const both = await server.public('/oauth2/token', { method: 'POST', basic: [id, 'x'], form })
  assert.deepEqual([both.status, both.json.error], [400, 'invalid_request'])
  const { client_assertion: _, ...without } = form
  assert.equal((await server.public('/oauth2/token', { method: 'POST', form: without })).status, 400)
})

test('an assertion stays spent until it expires', async () => {
  let now = 1_800_000_000_000
  await using server = await startServer({ clock: () => now })
  const key = await clientKey('ES256', { now: () => now / 1000 })
  const { id } = await registrant(server).registered(keyed(key))
  const assertion = await key.sign(id, server.issuer)
  assert.equal((await askTokenWith(server, assertion)).status, 200)
  now += 59_000
  assert.equal((await askTokenWith(server, assertion)).json.error, 'jti_known')
  now += 1_000
  assert.equal((await askTokenWith(server, assertion)).json.error, 'invalid_client')
})

test('keys are fetched over a real network with DNS, TLS and a rotation', async () => {
  const certificate = selfSigned(['keys.example'])
  await using dns = await startDns()
  dns.answer('keys.example', ['127.0.0.1'])
  let keys: object[] = []
  await using web = await startWebServer('127.0.0.1', certificate, (_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys }))
  })
  let now = 1_800_000_000_000
  const fetch = makeFencedFetch({ servers: dns.servers, ca: certificate.cert, isPublic: (address) => address === '127.0.0.1' })
  await using server = await startServer({ fetch, clock: () => now })
  const jwks_uri = `https://keys.example:${web.port}/jwks.json`
  const { id } = await registrant(server).registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
  for (const kid of ['first', 'second']) {
    const key = await clientKey('RS256', { kid, now: () => now / 1000 })
    keys = [key.publicJwk]
    assert.equal((await askTokenWith(server, await key.sign(id, server.issuer))).status, 200)
    now += 15_000
  }
})

test('a key set of more than 64 KiB is refused, also if it is chunked, and one of exactly 64 KiB is accepted', async () => {
  const certificate = selfSigned(['keys.example'])
  await using dns = await startDns()
  dns.answer('keys.example', ['127.0.0.1'])
  let sent = ''
  await using web = await startWebServer('127.0.0.1', certificate, (request, response) => {
    response.setHeader('content-type', 'application/json')
    // Without Content-Length the response is chunked.
    if (request.url === '/chunked') response.write(sent.slice(0, 10))
    response.end(request.url === '/chunked' ? sent.slice(10) : sent)
  })
  const fetch = makeFencedFetch({ servers: dns.servers, ca: certificate.cert, isPublic: (address) => address === '127.0.0.1' })
  await using server = await startServer({ fetch })
  for (const [path, size, status] of [
    ['/whole', 65_536, 200],
    ['/large', 65_537, 401],
    ['/chunked', 65_537, 401],
  ] as const) {
    const jwks_uri = `https://keys.example:${web.port}${path}`
    const { id } = await registrant(server).registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
    const key = await clientKey('RS256')
    sent = JSON.stringify({ keys: [key.publicJwk] }).padEnd(size)
    assert.equal((await askTokenWith(server, await key.sign(id, server.issuer))).status, status, path)
  }
})

test('no assertion causes a 5xx, and none with an invalid claim or header is accepted', async () => {
  await using server = await startServer()
  const { key, id } = await keyedClient(server)
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.array(fc.string(), { maxLength: 2 }),
    fc.object({ maxDepth: 1 }),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
  )
  const claim = fc.constantFrom('iss', 'sub', 'aud', 'exp', 'jti', 'nbf', 'iat')
  await fc.assert(
    fc.asyncProperty(claim, value, async (name, strange) => {
      const { status } = await askTokenWith(server, await key.sign(id, server.issuer, { [name]: strange }))
      const isHarmless =
        name === 'jti'
          ? typeof strange === 'string' && strange !== ''
          : name === 'nbf' || name === 'iat'
            ? typeof strange === 'number'
            : false
      assert.ok(isHarmless ? status < 500 : status === 400 || status === 401, `${name}: ${status}`)
    }),
    { numRuns: 150 },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.record({ alg: value, kid: value, crit: value, b64: value, jwk: value }, { requiredKeys: [] }),
      fc.string(),
      async (header, rest) => {
        const [, body, signature] = (await key.sign(id, server.issuer)).split('.')
        const { status } = await askTokenWith(
          server,
          `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}.${signature}${rest}`,
        )
        assert.ok(status === 400 || status === 401, String(status))
      },
    ),
    { numRuns: 100, examples: [[{ alg: { toString: [] } }, '']] },
  )
})
