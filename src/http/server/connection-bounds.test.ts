import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openConnection } from '../../../test/support/raw-connection.ts'
import { type AddressBound, boundConnections, connectionLimit } from './connection-bounds.ts'

test('a listener takes as many connections as are wanted, and leaves 128 of the open files, or half where there are few', () => {
  const limits: [max: number, openFiles: number | undefined, connections: number][] = [
    [10_000, undefined, 10_000],
    [10_000, 524_288, 10_000],
    [10_000, 1_024, 896],
    [500, 1_024, 500],
    [10_000, 256, 128],
    [10_000, 64, 32],
  ]
  for (const [max, openFiles, connections] of limits) assert.equal(connectionLimit({ max, openFiles }), connections, `${openFiles}`)
})

interface Bounded extends AsyncDisposable {
  readonly url: string
  readonly closed: [reason: string, address: string][]
}

async function boundedServer(perAddress: AddressBound): Promise<Bounded> {
  const server: Server = createServer((_request, response) => response.end('here'))
  const closed: [string, string][] = []
  boundConnections(server, { max: 100, openFiles: undefined, perAddress }, (reason, address) => closed.push([reason, address]))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Whether a connection from this address is answered; it stays open. */
async function isServed(url: string, from: string): Promise<boolean> {
  const { socket, closed } = await openConnection(url, from)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  return Promise.race([once(socket, 'data').then(() => true), closed.then(() => false)])
}

test('an address that has as many connections as one may have gets no other; the next address does', async () => {
  await using server = await boundedServer({ max: () => 3, isExempt: () => false })
  for (let connection = 1; connection <= 3; connection++) assert.ok(await isServed(server.url, '127.0.0.2'))
  for (let connection = 1; connection <= 2; connection++) assert.equal(await isServed(server.url, '127.0.0.2'), false)
  assert.ok(await isServed(server.url, '127.0.0.3'))
  assert.deepEqual(server.closed, Array(2).fill(['address', '127.0.0.2']))
})

test('a connection that ends makes place for another of its address', async () => {
  await using server = await boundedServer({ max: () => 1, isExempt: () => false })
  for (let round = 1; round <= 3; round++) {
    const { socket, closed } = await openConnection(server.url, '127.0.0.2')
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    assert.match(await closed, /here$/)
  }
  assert.deepEqual(server.closed, [])
})

test('an exempt address has as many connections as it likes', async () => {
  await using server = await boundedServer({ max: () => 1, isExempt: (address) => address === '127.0.0.2' })
  for (let connection = 1; connection <= 5; connection++) assert.ok(await isServed(server.url, '127.0.0.2'))
  assert.ok(await isServed(server.url, '127.0.0.3'))
  assert.equal(await isServed(server.url, '127.0.0.3'), false)
})
