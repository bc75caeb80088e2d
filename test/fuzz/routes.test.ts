import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { adminTable, publicTable } from '../support/route-tables.ts'
import { assertWellFormed, type FuzzedServer, fuzzFactor, startFuzzedServer } from './fuzzed-server.ts'
import { formText, headerLines, jsonPatchText, jsonText, pathSegment, queryText } from './hostile-input.ts'
import { KnownClients } from './known-clients.ts'
import { sendRaw } from './raw-request.ts'

const listeners = {
  public: publicTable(),
  admin: adminTable(),
}

describe('hostile requests to each route', () => {
  let server: FuzzedServer
  let known: KnownClients
  const statuses = new Map<number, number>()
  before(async () => {
    server = await startFuzzedServer()
    known = new KnownClients(server)
    await known.make()
  })
  after(() => server[Symbol.asyncDispose]())

  for (const [listener, routes] of Object.entries(listeners)) {
    const paths = [...new Set(routes.map((route) => route.path))]
    for (const path of paths) {
      const methods = routes.filter((route) => route.path === path).map((route) => route.method as string)
      test(`${methods.join(', ')} ${path} (${listener}): the response is well formed, and a refused request stores nothing`, async () => {
        const base = listener === 'public' ? server.publicUrl : server.adminUrl
        const request = fc.record({
          method: fc.oneof(
            { weight: 6, arbitrary: fc.constantFrom(...methods) },
            {
              weight: 1,
              arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'),
            },
          ),
          target: fc
            .tuple(pathSegment(KnownClients.ids), queryText(), fc.constantFrom(...Array(12).fill(''), '/', '//', '/..', '/x'))
            .map(([id, query, tail]) => path.replace(':id', id) + tail + query),
          headers: headerLines(KnownClients.authorizations),
          body: fc.oneof(
            { weight: 3, arbitrary: jsonText() },
            { weight: path.includes(':id') ? 3 : 1, arbitrary: jsonPatchText() },
            { weight: /token|introspect|auth/.test(path) ? 5 : 1, arbitrary: formText() },
            { weight: 1, arbitrary: fc.constantFrom('', '{"grant_types":["client_credentials"]}', '[]') },
          ),
          bytes: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) }),
        })
        await fc.assert(
          fc.asyncProperty(request, async ({ method, target, headers, body, bytes }) => {
            const count = await server.clients()
            const content = bytes ? Buffer.from(bytes) : Buffer.from(body)
            const form = /token|introspect/.test(path) && headers.length < 3 ? ['Content-Type: application/x-www-form-urlencoded'] : []
            const head = [
              `${method} ${target.replace(/[^\x21-\x7e]/g, '') || '/'} HTTP/1.1`,
              'Host: localhost',
              ...form,
              ...headers.map((line) => known.filled(line)),
              `Content-Length: ${content.length}`,
            ].join('\r\n')
            const answer = await sendRaw(base, Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), content]))
            assertWellFormed(answer, target)
            const [made, gone] = [Number(answer.status === 201), Number(answer.status === 204 && method === 'DELETE')]
            const now = await server.clients()
            assert.ok(now === count + made || now === count - gone, `${answer.status}, and ${now - count} clients more`)
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
            await known.follow(method, target, answer)
          }),
          { numRuns: (methods.some((method) => ['POST', 'PUT', 'PATCH'].includes(method)) ? 300 : 60) * fuzzFactor },
        )
      })
    }
  }

  test('afterwards the server is healthy, and its log has no internal error', async (t) => {
    t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries(statuses))}`)
    for (const status of [200, 201, 204, 400, 401, 404, 405]) assert.ok(statuses.has(status), `some of it got as far as a ${status}`)
    assert.equal((await server.public('/health/ready')).status, 200)
    const made = await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })
    assert.equal(made.status, 201)
    assert.deepEqual(
      server.lines.filter(({ level }) => level === 'error'),
      [],
    )
    assert.equal(({} as Record<string, unknown>).admin, undefined, 'no prototype was touched')
  })
})
