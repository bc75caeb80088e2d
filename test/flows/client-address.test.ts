import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings, startServer, systemSecret, type TestServer } from '../support/server.ts'

// The source address of a request: the socket's peer, or the address in X-Forwarded-For from a trusted proxy.

/** The log line of a request with this `X-Forwarded-For`. */
async function loggedAddress(server: TestServer, forwarded?: string | string[]): Promise<unknown> {
  const before = server.lines.length
  await server.public('/health/alive', { headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })
  const isThere = () => server.lines.slice(before).find(({ msg }) => msg === 'request')
  while (!isThere()) await new Promise((resolve) => setImmediate(resolve))
  return isThere()?.remote_address
}

const trusting = (...ranges: string[]) => ({ serve: { public: { trusted_proxies: ranges } } })

test("without trusted proxies it is the socket's peer, and one warning names the key to set", async () => {
  await using server = await startServer()
  assert.equal(await loggedAddress(server), '127.0.0.1')
  for (let count = 0; count < 3; count++) assert.equal(await loggedAddress(server, '203.0.113.9'), '127.0.0.1')
  const warnings = server.lines.filter(({ level, msg }) => level === 'warn' && String(msg).includes('serve.public.trusted_proxies'))
  assert.deepEqual(
    warnings.map(({ peer }) => peer),
    ['127.0.0.1'],
  )
})

test('with trusted proxies it is the rightmost entry that is not trusted', async () => {
  await using server = await startServer({ settings: trusting('127.0.0.0/8', '10.0.0.0/8', 'fd00::/8') })
  for (const [forwarded, expected] of [
    ['203.0.113.9', '203.0.113.9'],
    ['1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['1.2.3.4, 203.0.113.9, 10.1.1.1', '203.0.113.9'],
    ['203.0.113.9,10.1.1.1,fd00::7', '203.0.113.9'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:10.1.1.1', '10.1.1.1'],
    // An entry that is not an address does not come from a correct proxy: the search stops at the proxy that forwarded it.
    ['203.0.113.9, unknown, 10.1.1.1', '10.1.1.1'],
    ['203.0.113.9, 0x7f.1', '127.0.0.1'],
    ['', '127.0.0.1'],
    [['1.2.3.4', '203.0.113.9'], '203.0.113.9'],
  ] as const) {
    assert.equal(await loggedAddress(server, forwarded as string), expected, String(forwarded))
  }
  assert.equal(await loggedAddress(server), '127.0.0.1')
})

test("Hydra's keys list proxies, too, and the list can change while the server runs", async () => {
  for (const settings of [
    { serve: { tls: { allow_termination_from: ['127.0.0.1/32'] } } },
    { serve: { public: { tls: { allow_termination_from: ['127.0.0.1'] } } } },
  ]) {
    await using server = await startServer({ settings })
    assert.equal(await loggedAddress(server, '203.0.113.9'), '203.0.113.9')
  }
  await using server = await startServer()
  assert.equal(await loggedAddress(server, '203.0.113.9'), '127.0.0.1')
  server.reconfigure(trusting('127.0.0.1'))
  assert.equal(await loggedAddress(server, '203.0.113.9'), '203.0.113.9')
})

test('an IPv4 peer of a dual-stack listener is an IPv4 address', async () => {
  await using server = await startServer({ settings: { serve: { public: { trusted_proxies: ['127.0.0.1'] } } }, host: '::' })
  assert.equal(await loggedAddress(server), '127.0.0.1')
  assert.equal(await loggedAddress(server, '203.0.113.9'), '203.0.113.9')
})

test('an invalid range is refused at start-up', () => {
  const load = (range: string) =>
    loadSettings({
      dsn: 'memory',
      secrets: { system: [systemSecret] },
      urls: { self: { issuer: 'https://a.example/' } },
      ...trusting(range),
    })
  for (const good of ['10.0.0.0/8', '192.0.2.1', '::1', '2001:db8::/32', '0.0.0.0/0'])
    assert.deepEqual(load(good).config.serve.public.trusted_proxies, [good])
  for (const bad of ['', 'localhost', '10.0.0.0/33', '10/8', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '0x7f.1', '1.2.3'])
    assert.throws(() => load(bad), /serve\.public\.trusted_proxies/, bad)
})
