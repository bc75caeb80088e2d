import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { assertWellFormed, type FuzzedServer, fuzzFactor, startFuzzedServer } from './fuzzed-server.ts'
import { sendRaw } from './raw-request.ts'

const body = '{"grant_types":["client_credentials"]}'
const requests = [
  `POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  `POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  'GET /oauth2/register/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ory_rat_x\r\n\r\n',
  'POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials',
  'GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n\r\n',
  'GET /admin/clients?page_size=2 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'PATCH /admin/clients/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n[]',
]

const oddBytes = () =>
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        '\r\n', '\n', '\r', '\0', ':', ' ', '\t', '\x7f', '\xff', '\r\n\r\n', 'Content-Length: 5\r\n', 'Content-Length: -1\r\n', 'Content-Length: 0x10\r\n',
        'Content-Length: 99999999999999999999\r\n', 'Content-Length: 1,2\r\n', 'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip\r\n',
        'Transfer-Encoding: chunked, identity\r\n', 'Transfer-Encoding : chunked\r\n', 'Expect: 100-continue\r\n', 'Host: evil\r\n', 'Connection: upgrade\r\nUpgrade: h2c\r\n',
        'Connection: close\r\n', 'X: y\r\n continued\r\n', 'X\r\n', ': y\r\n', 'HTTP/9.9', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', `X: ${'y'.repeat(17_000)}\r\n`, 'FFFFFFFFFFFFFFFF\r\n', '5;ext=1\r\n',
      ) // biome-ignore format: a list of words reads best as one
      .map((text) => Buffer.from(text, 'latin1')),
  )

/** A valid request with bytes removed, inserted or cut off. */
const brokenRequest = () =>
  fc
    .tuple(
      fc.constantFrom(...requests),
      fc.array(fc.record({ at: fc.nat(300), drop: fc.nat(12), bytes: oddBytes() }), { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat(300), { freq: 3 }),
    )
    .map(([request, changes, end]) => {
      let bytes = Buffer.from(request, 'latin1')
      for (const { at, drop, bytes: put } of changes) bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)])
      return bytes.subarray(0, end ?? bytes.length)
    })

describe('hostile bytes on a connection', () => {
  let server: FuzzedServer
  before(async () => {
    server = await startFuzzedServer()
  })
  after(() => server[Symbol.asyncDispose]())

  /** Line ends alone are not a request (RFC 9112 §2.2). */
  const isRequest = (bytes: Buffer): boolean => !/^[\r\n]*$/.test(bytes.toString('latin1'))

  for (const listener of ['public', 'admin'] as const) {
    const base = () => (listener === 'public' ? server.publicUrl : server.adminUrl)

    test(`arbitrary bytes get a response (${listener})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
          fc.pre(isRequest(Buffer.from(bytes)))
          const answer = await sendRaw(base(), Buffer.from(bytes), { stayOpen: false })
          assertWellFormed(answer, '')
          assert.equal(answer.status, 400)
        }),
        { numRuns: 200 * fuzzFactor },
      )
    })

    test(`corrupted requests get a response (${listener})`, async () => {
      await fc.assert(
        fc.asyncProperty(brokenRequest(), async (bytes) => {
          fc.pre(isRequest(bytes))
          const count = await server.clients()
          const answer = await sendRaw(base(), bytes, { stayOpen: false })
          assertWellFormed(answer, '')
          // The corruption may come after a complete request, which then succeeds.
          assert.ok((await server.clients()) <= count + Number(bytes.includes('POST /oauth2/register')))
        }),
        { numRuns: 1_000 * fuzzFactor },
      )
    })
  }

  test('CONNECT gets an error response (RFC 9110 §9.3.6), and a client that closes the connection at once does no harm', async () => {
    const connect = Buffer.from('CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n')
    assert.equal((await sendRaw(server.publicUrl, connect)).status, 405)
    assert.equal((await sendRaw(server.publicUrl, connect, { stayOpen: false })).status, 405)
  })

  test('a body shorter than its Content-Length is refused and nothing is stored', async () => {
    const count = await server.clients()
    const short = Buffer.from(`POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n${body}`)
    assert.equal((await sendRaw(server.publicUrl, short, { stayOpen: false })).status, 400)
    assert.equal(await server.clients(), count)
  })

  test('a body longer than its Content-Length is read to that length and never creates two clients', async () => {
    const count = await server.clients()
    const long = Buffer.from(`POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}${body}`)
    await sendRaw(server.publicUrl, long, { stayOpen: false })
    assert.equal(await server.clients(), count + 1)
    const cut = Buffer.from(`POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n${body}`)
    assert.equal((await sendRaw(server.publicUrl, cut, { stayOpen: false })).status, 400)
    assert.equal(await server.clients(), count + 1)
  })

  test('afterwards the server is healthy, and its log has no internal error', async () => {
    assert.equal((await server.public('/health/ready')).status, 200)
    assert.deepEqual(
      server.lines.filter(({ level }) => level === 'error'),
      [],
    )
  })
})
