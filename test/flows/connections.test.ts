import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { answerError } from '../../src/http/errors/answer-error.ts'
import { makeListener } from '../../src/http/server/listener.ts'
import { json } from '../../src/http/server/response.ts'
import { closedConnections } from '../support/metric.ts'
import { openConnection } from '../support/raw-connection.ts'
import { freePort, startServer } from '../support/server.ts'

const request = 'GET /health/alive HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A connection that has had an answer, and stays open. */
async function served(url: string) {
  const connection = await openConnection(url)
  connection.socket.write(request)
  await connection.until((text) => text.endsWith('}'))
  return connection
}

test('a connection above max_connections is closed, logged and counted; the admin listener answers, and what is open goes on', async () => {
  await using server = await startServer({ settings: { serve: { public: { max_connections: 3 } } } })
  const within = [await served(server.publicUrl), await served(server.publicUrl), await served(server.publicUrl)]
  for (let above = 1; above <= 20; above++) {
    const { socket, closed } = await openConnection(server.publicUrl)
    socket.write(request)
    assert.equal(await closed, '')
  }
  assert.equal((await server.admin('/health/ready')).status, 200)
  assert.equal(await closedConnections(server, 'public', 'full'), 20)
  const lines = server.lines.filter(({ msg }) => msg === 'connections closed')
  assert.ok(lines.length >= 1 && lines.length <= 3)
  const [{ level, listener, reason, connections, remote_address: address } = {}] = lines
  assert.deepEqual([level, listener, reason, connections, address], ['warn', 'public', 'full', 1, '127.0.0.1'])
  for (const { socket, until } of within) {
    socket.write(request)
    await until((text) => text.split('"ok"').length === 3)
  }
})

test('the loopback address has more connections than an address of the internet may have', async () => {
  await using server = await startServer({ settings: { serve: { public: { max_connections_per_address: 1 } } } })
  for (let connection = 1; connection <= 3; connection++) await served(server.publicUrl)
  assert.equal(await closedConnections(server, 'public', 'address'), 0)
})

test('a listener on localhost answers at both addresses of that name, and closes both', async () => {
  const server = await startServer({ host: 'localhost', settings: { serve: { public: { host: 'localhost' } } } })
  const urls = [server.publicUrl, server.publicUrl.replace('127.0.0.1', '[::1]')]
  try {
    for (const url of urls) assert.match((await eventually(() => served(url))).received(), /"ok"/)
  } finally {
    await server[Symbol.asyncDispose]()
  }
  for (const url of urls) await assert.rejects(served(url), { code: 'ECONNREFUSED' })
})

/** The second address is listened on a moment after the first. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
      await delay(20)
    }
  }
}

test('a listener waits 10 s for a head and 30 s for a whole request, and looks every second', async () => {
  const { server } = listenerOf()
  assert.deepEqual(
    [server.headersTimeout, server.requestTimeout, server.timeout, server.keepAliveTimeout],
    [10_000, 30_000, 30_000, 65_000],
  )
  assert.equal((server as { connectionsCheckingInterval?: number }).connectionsCheckingInterval, 1_000)
})

const slowest = { head: 60_000, request: 60_000, check: 20, stalled: 60_000, idle: 60_000 }
const quick = { ...slowest, head: 200, request: 400 }

const slow: [what: string, bytes: string][] = [
  ['nothing at all', ''],
  ['only half a head', 'GET /page HTTP/1.1\r\nHost: localh'],
  ['only half a body', 'POST /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf'],
]
for (const [what, bytes] of slow) {
  test(`a connection that sends ${what} in time gets 408 with a request id, is logged and counted, and closed`, async () => {
    await using listener = await startListener(quick)
    const { socket, closed } = await openConnection(listener.url)
    socket.write(bytes)
    const answer = await closed
    assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/)
    const id = /^x-request-id: (\S+)/im.exec(answer)?.[1]
    // The half request behind it may have been told of by now, too.
    assert.deepEqual(listener.refused[0], { request_id: id, reason: 'ERR_HTTP_REQUEST_TIMEOUT', status: 408 })
    assert.deepEqual(listener.counted[0], ['request_refused', { face: 'plain', reason: 'unreadable' }])
  })
}

test('a connection that does not read its answer is closed after a while, and counted', async () => {
  await using listener = await startListener({ ...slowest, stalled: 200 })
  const { socket, closed } = await openConnection(listener.url)
  socket.pause()
  socket.write('GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(4))
  await listener.counts
  socket.resume()
  await closed
  assert.deepEqual(listener.counted, [['connection_closed', { listener: 'public', reason: 'stalled' }]])
})

type Timeouts = Parameters<typeof makeListener>[0]['timeouts']
type Telemetry = Parameters<typeof makeListener>[0]['telemetry']

/** With one page, of 8 MB. */
function listenerOf(timeouts?: Timeouts, telemetry: Partial<Telemetry> = {}) {
  const page = json(200, 'x'.repeat(8_000_000))
  const route = {
    path: '/page',
    face: 'plain',
    guard() {},
    cors: 'none',
    operation: { id: 'x', tag: 'x', summary: '', responses: {} },
  } as const
  return makeListener({
    name: 'public',
    face: 'plain',
    routes: (['GET', 'POST'] as const).map((method) => ({ ...route, method, handler: () => page })),
    describe() {},
    answerError,
    telemetry: { log() {}, count() {}, trace: (_part, work) => work(), ...telemetry },
    host: '127.0.0.1',
    bounds: { max: 100, openFiles: undefined },
    ...(timeouts && { timeouts }),
    bodyLimit: 1_000,
    cors: () => ({ origin: false }),
    addressOf: () => '',
    fence() {},
    logsHealth: false,
    answered() {},
    begun: undefined,
  })
}

async function startListener(timeouts: Timeouts) {
  const refused: unknown[] = []
  const counted: unknown[] = []
  const first = Promise.withResolvers<void>()
  const listener = listenerOf(timeouts, {
    log: (_level, message, facts) => message === 'request refused' && refused.push(facts),
    count: (event, labels) => {
      counted.push([event, labels])
      first.resolve()
    },
  })
  const port = await freePort()
  await listener.listen({ host: '127.0.0.1', port })
  return {
    url: `http://127.0.0.1:${port}`,
    refused,
    counted,
    /** Resolves when something is counted. */
    counts: first.promise,
    async [Symbol.asyncDispose]() {
      listener.server.closeAllConnections()
      await listener.close()
    },
  }
}
