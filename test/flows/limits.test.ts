import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { counted } from '../support/metric.ts'
import { startServer, type TestServer } from '../support/server.ts'

const registration = { grant_types: ['client_credentials'] }
/** A JSON object of exactly this many bytes. */
const json = (bytes: number, members: Record<string, unknown> = registration): string => {
  const bare = JSON.stringify({ ...members, padding: '' })
  return JSON.stringify({ ...members, padding: 'x'.repeat(bytes - bare.length) })
}

test('a body may have 64 KiB on the public and 1 MiB on the admin listener; one byte more is 413 and stores nothing', async () => {
  await using server = await startServer()
  const faces = [
    ['/oauth2/register', (body: string) => server.public('/oauth2/register', { method: 'POST', body }), 64 * 1024],
    ['/admin/clients', (body: string) => server.admin('/admin/clients', { method: 'POST', body }), 1024 * 1024],
  ] as const
  for (const [path, post, limit] of faces) {
    assert.equal((await post(json(limit))).status, 201, path)
    for (const bytes of [limit + 1, limit * 4]) {
      const refused = await post(json(bytes))
      assert.equal(refused.status, 413, path)
      assert.match(refused.json.error_description, /larger than this server accepts/)
      assert.ok(refused.headers['x-request-id'])
    }
  }
  assert.equal((await server.admin('/admin/clients')).json.length, 2)
})

test('the limit applies to a chunked body and to the token endpoint, too', async () => {
  await using server = await startServer()
  const body = json(64 * 1024 + 1)
  const head = 'POST /oauth2/register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  const chunked = await raw(server, `${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
  assert.match(chunked, /^HTTP\/1\.1 413 /)
  const form = await server.public('/oauth2/token', { method: 'POST', form: { grant_type: 'x'.repeat(64 * 1024) } })
  assert.equal(form.status, 413)
  assert.equal(form.json.error, 'invalid_request')
})

test('a form may have 1,024 fields; one more is 400 at each route that reads a form, and what is in it is not looked at', async () => {
  await using server = await startServer()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const form = (fields: number) => ({ method: 'POST', headers: type, body: `grant_type=nonsense${'&x'.repeat(fields - 1)}` })
  assert.doesNotMatch((await server.public('/oauth2/token', form(1_024))).text, /fields/)
  for (const path of ['/oauth2/token', '/oauth2/revoke', '/oauth2/auth', '/userinfo', '/oauth2/sessions/logout']) {
    const { status, text: answer } = await server.public(path, form(1_025))
    assert.equal(status, 400, path)
    assert.match(answer, /the form has more than 1024 fields/, path)
  }
})

test('a JSON body is accepted with any Content-Type and without one (RFC 7591 §3.1 in practice)', async () => {
  await using server = await startServer()
  const types = [
    undefined,
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'nonsense',
    ';;;',
    'a/b; charset=klingon',
    '/',
    '',
  ]
  for (const type of types) {
    const sent = { method: 'POST', body: JSON.stringify(registration), headers: type === undefined ? {} : { 'content-type': type } }
    assert.equal((await server.public('/oauth2/register', sent)).status, 201, String(type))
    assert.equal((await server.admin('/admin/clients', sent)).status, 201, String(type))
  }
})

test('a form is accepted only with the form Content-Type (RFC 6749 §3.2), in any case and with parameters', async () => {
  await using server = await startServer()
  const error = async (type: string | undefined) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    return (await server.public('/oauth2/token', { method: 'POST', body: 'grant_type=client_credentials&client_id=x', headers })).json.error
  }
  for (const type of [
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-Urlencoded; charset=UTF-8',
    'application/x-www-form-urlencoded;',
  ])
    assert.equal(await error(type), 'invalid_client', String(type))
  for (const type of [undefined, 'application/json', 'text/plain', 'multipart/form-data; boundary=x', ''])
    assert.equal(await error(type), 'invalid_request', String(type))
})

test('an id in a path may have 1024 characters; a longer one gets an error that says so', async () => {
  await using server = await startServer()
  for (const [listener, path] of [
    ['public', '/oauth2/register/'],
    ['admin', '/admin/clients/'],
  ] as const) {
    const status = async (id: string) => (await server[listener](path + id)).status
    const missing = listener === 'public' ? 401 : 404
    assert.equal(await status('a'.repeat(1024)), missing)
    assert.equal(await status('%C3%A4'.repeat(170)), missing)
    const tooLong = await server[listener](path + 'a'.repeat(1025))
    assert.equal(tooLong.status, 414)
    assert.match(tooLong.json.error_description, /too long/)
    assert.equal(await status('%zz'), 400)
  }
})

test('an id with special characters is the same client in the path, in Location and in the list', async () => {
  await using server = await startServer()
  for (const id of ['a/b', 'a b', '100%', 'ä€', 'a?b#c', 'x'.repeat(255), '-._~!$&']) {
    const made = await server.admin('/admin/clients', { method: 'POST', json: { client_id: id } })
    assert.equal(made.status, 201, id)
    const location = String(made.headers.location)
    assert.equal((await server.admin(location)).json.client_id, id)
    const own = new URL(made.json.registration_client_uri).pathname
    assert.equal((await server.public(own, { bearer: made.json.registration_access_token })).json.client_id, id)
    assert.equal((await server.admin(location, { method: 'DELETE' })).status, 204)
  }
})

const unreadable: [name: string, head: string, status: number][] = [
  ['a line that is no header', 'GET / HTTP/1.1\r\nno header\r\n\r\n', 400],
  ['a header of 17 KB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
  [
    'both a length and chunks',
    'POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['something that is not HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  [
    'a chunk with an extension of 17 KB',
    `POST /oauth2/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(17_000)}\r\nx\r\n`,
    413,
  ],
  ['two Host fields (RFC 9112 3.2)', 'GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n', 400],
  ['two Host fields in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n', 400],
  ['no Host field in HTTP/1.1 (RFC 9112 3.2)', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['an invalid Host field (RFC 9112 3.2)', 'GET / HTTP/1.1\r\nHost: http://x/\r\n\r\n', 400],
  ['HTTP/2.0 in a request line', 'GET / HTTP/2.0\r\nHost: x\r\n\r\n', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['HTTP/3.0 in a request line', 'GET / HTTP/3.0\r\nHost: x\r\n\r\n', 400],
  ['a request line without a version', 'GET /health/alive\r\n\r\n', 400],
  ['an expectation that is not 100-continue (RFC 9110 10.1.1)', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n', 417],
  ['CONNECT, which is for proxies', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n', 405],
]
for (const [name, head, status] of unreadable) {
  test(`${name}: ${status} with a request id that is in the log`, async () => {
    await using server = await startServer()
    const answer = await raw(server, head)
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    const id = /^x-request-id: (\S+)/im.exec(answer)?.[1]
    const line = server.lines.find(({ request_id: logged }) => logged === id)
    assert.deepEqual([line?.msg, line?.status], ['request refused', status])
    assert.equal(typeof JSON.parse(answer.slice(answer.indexOf('{'))).error_description, 'string')
    assert.match(answer, /^connection: close\r$/im)
    assert.equal(await counted(server, 'clientele_request_refused_total', { face: 'plain', reason: 'unreadable' }), 1)
  })
}

test('behind a request that is refused by its head no other of the connection is handled (RFC 9112 9.6)', async () => {
  await using server = await startServer()
  const body = JSON.stringify(registration)
  const next = `POST /oauth2/register HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  for (const head of ['GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n']) {
    const answer = await raw(server, head + next + next)
    assert.equal(answer.match(/^HTTP\/1\.1 /gm)?.length, 1)
  }
  assert.equal((await server.admin('/admin/clients')).json.length, 0)
})

test('what is sent behind a refused request is not read for ever: the connection is closed', async () => {
  await using server = await startServer()
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.publicUrl).port), allowHalfOpen: true })
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write('no header\r\n\r\n')
  await once(socket, 'data')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const more = setInterval(() => socket.write('more'), 50)
  await closed
  clearInterval(more)
})

test('a request of HTTP/1.0 needs no Host field, and 100-continue is met (RFC 9110 10.1.1)', async () => {
  await using server = await startServer()
  assert.match(await raw(server, 'GET /health/alive HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
  const body = JSON.stringify(registration)
  const head = `POST /oauth2/register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`
  assert.match(await raw(server, head + body), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
})

/** Sends raw bytes and returns everything until the server closes the connection. */
async function raw(server: TestServer, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(server.publicUrl).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(Buffer.from(bytes, 'latin1'))
  return text(socket)
}

test('requests whose client closes the connection at once do no harm, and are logged and counted like others', async () => {
  await using server = await startServer()
  const asked = ['/%zz', `/${'a'.repeat(2_000)}`, '/health/alive', `/oauth2/register/${'a'.repeat(1_100)}`, '/gone']
  for (const listener of [server.publicUrl, server.adminUrl]) {
    for (const path of Array.from({ length: 5 }, () => asked).flat()) {
      const socket = connect(Number(new URL(listener).port), '127.0.0.1')
      await once(socket, 'connect')
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      socket.resetAndDestroy()
      await once(socket, 'close')
    }
  }
  for (const ask of [server.public, server.admin]) assert.equal((await ask('/%zz')).status, 400)
  const logged = server.lines.filter(({ msg, path }) => msg === 'request' && String(path).endsWith('/gone'))
  assert.ok(logged.length > 0 && logged.every(({ remote_address: address }) => address === '' || address === '127.0.0.1'))
})
