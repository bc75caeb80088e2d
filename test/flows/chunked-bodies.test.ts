import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closedConnections } from '../support/metric.ts'
import { openConnection } from '../support/raw-connection.ts'
import { startServer } from '../support/server.ts'

const head = (request: string): string => `${request} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`

/** White space around a registration, one byte a chunk. */
function padded(chunks: number): string {
  const json = '{"grant_types":["client_credentials"]}'
  return `${json.length.toString(16)}\r\n${json}\r\n${'1\r\n \r\n'.repeat(chunks - 1)}0\r\n\r\n`
}

test('a body in 1,024 chunks is read, and the connection goes on', async () => {
  await using server = await startServer()
  using connection = await openConnection(server.publicUrl)
  for (let round = 1; round <= 3; round++) {
    connection.socket.write(`${head('POST /oauth2/register')}${padded(1_024)}`)
    await connection.until((text) => text.split('HTTP/1.1 201').length > round && text.endsWith('}'))
  }
  assert.equal(await closedConnections(server, 'public', 'chunks'), 0)
})

for (const [name, request] of [
  ['is read', 'POST /oauth2/register'],
  ['no route reads', 'POST /unknown'],
  ['comes with a GET', 'GET /health/alive'],
  ['comes with a method that is not offered', 'PUT /oauth2/register'],
] as const) {
  test(`a body that ${name} closes its connection at the 1,025th chunk, counted once, and stores nothing`, async () => {
    await using server = await startServer()
    using connection = await openConnection(server.publicUrl)
    connection.socket.write(`${head(request)}${padded(60_000)}`)
    await connection.closed
    assert.equal(await closedConnections(server, 'public', 'chunks'), 1)
    assert.deepEqual((await server.admin('/admin/clients')).json, [])
  })
}

test('a chunked body that no route reads is dropped, and the next request of the connection is answered', async () => {
  await using server = await startServer()
  using connection = await openConnection(server.publicUrl)
  const large = `8000\r\n${'a'.repeat(32_768)}\r\n`.repeat(8)
  connection.socket.write(`${head('POST /unknown')}${large}0\r\n\r\nGET /health/alive HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  const received = await connection.until((text) => text.endsWith('{"status":"ok"}'))
  assert.match(received, /^HTTP\/1\.1 404 [\s\S]*HTTP\/1\.1 200 /)
})
