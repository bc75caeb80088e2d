import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchFailed, type FetchOptions, makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { stoppableFetch } from '../../src/lib/stoppable-fetch.ts'
import { startPlainWebServer } from '../support/web-server.ts'

const options: FetchOptions = { types: [], maxBytes: 1_000, timeout: 60_000 }
const open = { allowPrivate: true, exceptions: [] }
const stopping = { name: 'Unavailable', message: 'the server is stopping' }

test('at shutdown a running fetch has a limited time before it is aborted, and no other begins', async () => {
  const asked = Promise.withResolvers<void>()
  await using web = await startPlainWebServer((request, response) => (request.url === '/silent' ? asked.resolve() : response.end('yes')))
  await using fetch = stoppableFetch(makeFencedFetch())
  const hanging = assert.rejects(fetch(`${web.url}/silent`, options, open), stopping)
  await asked.promise
  fetch.stop(100)
  assert.equal((await fetch(web.url, options, open)).body, 'yes')
  await hanging
  const before = web.connections()
  await assert.rejects(fetch(web.url, options, open), stopping)
  assert.equal(web.connections(), before)
})

test('at shutdown reading a response body is aborted, too', async () => {
  const begun = Promise.withResolvers<void>()
  await using web = await startPlainWebServer((_request, response) => {
    response.write('[')
    begun.resolve()
  })
  await using fetch = stoppableFetch(makeFencedFetch())
  const hanging = assert.rejects(fetch(web.url, options, 'operator'), stopping)
  await begun.promise
  fetch.stop(0)
  await hanging
})

test('a signal of the caller aborts a fetch', async () => {
  await using web = await startPlainWebServer(() => {})
  await using fetch = stoppableFetch(makeFencedFetch())
  await assert.rejects(fetch(web.url, { ...options, signal: AbortSignal.abort() }, open), FetchFailed)
})
