import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closedConnections } from '../support/metric.ts'
import { openConnection } from '../support/raw-connection.ts'
import { startServer, type TestServer } from '../support/server.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

const body = '{"grant_types":["client_credentials"]}'
const registration = `POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const handled = (server: TestServer) => server.lines.filter(({ msg }) => msg === 'request').length

test('16 requests written at once are all answered, in their order, and the connection goes on (RFC 9112 9.3.2)', async () => {
  await using server = await startServer()
  using connection = await openConnection(server.publicUrl)
  for (let round = 1; round <= 3; round++) {
    connection.socket.write(Array.from({ length: 16 }, (_, at) => get(`/unknown/${at}`)).join(''))
    await connection.until((text) => text.split('HTTP/1.1 404').length > 16 * round && text.endsWith('}}'))
  }
  const paths = server.lines.filter(({ msg }) => msg === 'request').map(({ path }) => path)
  assert.deepEqual(
    paths,
    Array.from({ length: 48 }, (_, at) => `/unknown/${at % 16}`),
  )
  assert.equal(await closedConnections(server, 'public', 'pipelining'), 0)
})

for (const listener of ['public', 'admin'] as const) {
  test(`the 17th unanswered request on a connection closes it, and none after the 16th is handled (${listener})`, async () => {
    await using server = await startServer()
    using connection = await openConnection(listener === 'public' ? server.publicUrl : server.adminUrl)
    connection.socket.write(get('/health/alive').repeat(400))
    await connection.closed
    assert.equal((await server[listener]('/health/alive')).status, 200)
    // Its own and ours.
    assert.equal(handled(server), 16 + 1)
    assert.equal(await closedConnections(server, listener, 'pipelining'), 1)
    const lines = server.lines.filter(({ msg }) => msg === 'connections closed')
    assert.deepEqual(
      lines.map(({ listener: name, reason, connections, remote_address: address }) => [name, reason, connections, address]),
      [[listener, 'pipelining', 1, '127.0.0.1']],
    )
  })
}

test('of 40 registrations written at once at most 16 are stored', async () => {
  await using server = await startServer()
  using connection = await openConnection(server.publicUrl)
  connection.socket.write(registration.repeat(40))
  await connection.closed
  assert.equal((await server.public('/health/ready')).status, 200)
  assert.ok((await server.admin('/admin/clients?page_size=100')).json.length <= 16)
})

const expecting: [name: string, request: string][] = [
  ['Expect: 100-continue', get('/reference').replace('Host', 'Expect: 100-continue\r\nHost')],
  ['another expectation', get('/reference').replace('Host', 'Expect: more\r\nHost')],
  ['no version', 'GET /reference\r\n\r\n'],
]
for (const [name, request] of expecting) {
  test(`requests with ${name} are counted like others: no more than 16 of 400 are answered`, async () => {
    await using server = await startServer()
    using connection = await openConnection(server.publicUrl)
    connection.socket.write(request.repeat(400))
    const answers = (await connection.closed).match(/HTTP\/1\.1 \d{3}/g) ?? []
    assert.ok(answers.filter((line) => !line.endsWith('100')).length <= 16)
    assert.ok(answers.length <= 32)
    assert.equal((await server.public('/health/alive')).status, 200)
    assert.ok(handled(server) <= 17)
  })
}

test('a connection that asks for pages and reads nothing holds no more than 16 answers, and is closed', async () => {
  await using server = await startServer()
  using connection = await openConnection(server.publicUrl)
  connection.socket.pause()
  // What the kernel takes for a peer that does not read, in pages of 100 KB, is far below this.
  connection.socket.write(get('/reference').repeat(1_800))
  connection.socket.resume()
  await connection.closed
  assert.equal(await closedConnections(server, 'public', 'pipelining'), 1)
  assert.ok(handled(server) <= 17)
})

test('a connection that waits for each answer meets no bound before its 10,000th request, whose answer says that it is the last', async () => {
  await using server = await startServer({ settings: { serve: { public: { request_log: { disable_for_health: true } } } } })
  using connection = await openConnection(server.publicUrl)
  let requests = 0
  const answers = { close: 0, kept: 0 }
  connection.socket.on('data', (bytes: Buffer) => {
    const text = bytes.toString('latin1')
    if (/^connection: close/im.test(text)) answers.close += 1
    else answers.kept += 1
    if (requests < 10_001) connection.socket.write(get(`/health/alive?${++requests}`))
  })
  connection.socket.write(get(`/health/alive?${++requests}`))
  await connection.closed
  assert.deepEqual(answers, { close: 1, kept: 9_999 })
  assert.equal(await closedConnections(server, 'public', 'pipelining'), 0)
})
