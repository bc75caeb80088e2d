import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { FetchFailed } from '../../src/lib/fenced-fetch.ts'
import { makeOutboundFetch } from '../../src/lib/outbound-fetch.ts'
import type { Trace } from '../../src/lib/telemetry.ts'

const order = { types: ['application/json'], maxBytes: 1_000, timeout: 60_000 }

test('a fetch adds a span with only the host to the trace, and sends no trace header', async () => {
  const heard: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    heard.push(request.headers)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const traced: unknown[] = []
  const trace: Trace = (part, work, facts) => {
    traced.push([part, facts])
    return work()
  }
  {
    await using fetch = makeOutboundFetch({ trace })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a-secret-in-a-path?and=a-query`
    assert.equal((await fetch(url, order, { allowPrivate: true, exceptions: [] })).body, '{}')
    await assert.rejects(fetch(url, order, { allowPrivate: false, exceptions: [] }), FetchFailed)
    await assert.rejects(fetch('no URL', order, { allowPrivate: true, exceptions: [] }), FetchFailed)
  }
  await once(server.close(), 'close')
  assert.deepEqual(traced, [
    ['fetch', { 'server.address': '127.0.0.1' }],
    ['fetch', { 'server.address': '127.0.0.1' }],
    ['fetch', { 'server.address': '' }],
  ])
  assert.equal(heard.length, 1)
  assert.ok(!Object.keys(heard[0] ?? {}).some((name) => name.startsWith('trace')))
})
