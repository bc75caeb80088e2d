import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Fence } from '../../src/lib/fence.ts'
import { FetchFailed, type FetchOptions, makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { isPublicAddress } from '../../src/lib/public-address.ts'
import { selfSigned } from '../support/certificate.ts'
import { startDns } from '../support/dns.ts'
import { startWebServer } from '../support/web-server.ts'

// The fenced fetch with a real DNS server and real TLS sockets. 127.0.0.1 counts as a public address here, 127.0.0.2 as a private one.

const names = ['good.example', 'both.example', 'inner.example', 'changing.example', 'v6.example', 'localhost']
const certificate = selfSigned(names, ['127.0.0.1', '127.0.0.2'])
const dns = await startDns()
after(() => dns[Symbol.asyncDispose]())

const isPublic = (address: string) => address === '127.0.0.1'
const fetchIt = makeFencedFetch({ servers: dns.servers, isPublic, ca: certificate.cert })
after(() => fetchIt[Symbol.asyncDispose]())

const closed: Fence = { allowPrivate: false, exceptions: [] }
const options: FetchOptions = { types: ['application/json'], maxBytes: 1_000, timeout: 60_000 }

const serve = (host: string, listener: RequestListener) => startWebServer(host, certificate, listener)

const json = (response: ServerResponse, body: string | Buffer = '["yes"]', type = 'application/json') =>
  response.setHeader('content-type', type).end(body)
const always: RequestListener = (_request, response) => json(response)

/** Every refusal is the same error for the caller. */
async function assertFails(
  url: string,
  cause?: RegExp,
  { fence = closed, how = options }: { fence?: Fence; how?: FetchOptions } = {},
): Promise<void> {
  await assert.rejects(fetchIt(url, how, fence), (error: Error) => {
    assert.ok(error instanceof FetchFailed)
    assert.equal(error.message, 'the URL could not be fetched')
    if (cause) assert.match(String((error.cause as Error).message), cause, url)
    return true
  })
}

test('a public name is fetched over TLS, and its certificate is checked', async () => {
  await using web = await serve('127.0.0.1', always)
  dns.answer('good.example', ['127.0.0.1'])
  dns.answer('other.example', ['127.0.0.1'])
  const fetched = await fetchIt(`https://good.example:${web.port}/a?b=c`, options, closed)
  assert.deepEqual([fetched.status, fetched.body], [200, '["yes"]'])
  await assertFails(`https://other.example:${web.port}/`, /altnames|certificate/i)
})

test('if one of several addresses is private, none is connected to, in any order', async () => {
  await using web = await serve('127.0.0.1', always)
  for (const addresses of [
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.2', '127.0.0.1'],
    ['127.0.0.1', '::1'],
  ]) {
    dns.answer('both.example', addresses)
    await assertFails(`https://both.example:${web.port}/`, /resolves to/)
  }
  dns.answer('both.example', [])
  await assertFails(`https://both.example:${web.port}/`, /resolves to nothing/)
  assert.equal(web.connections(), 0)
})

test('a name that resolves to a private address is not connected to', async () => {
  await using trap = await serve('127.0.0.2', always)
  dns.answer('inner.example', ['127.0.0.2'])
  await assertFails(`https://inner.example:${trap.port}/`, /resolves to 127\.0\.0\.2/)
  assert.equal(trap.connections(), 0)
})

test('a DNS answer that changes between check and connection has no effect: the name is looked up once, and the checked address is used', async () => {
  await using web = await serve('127.0.0.1', always)
  await using trap = await serve('127.0.0.2', always)
  dns.answer('changing.example', ['127.0.0.1'], ['127.0.0.2'])
  assert.equal((await fetchIt(`https://changing.example:${web.port}/`, options, closed)).status, 200)
  assert.equal(dns.asked('changing.example'), 1)
  await assertFails(`https://changing.example:${trap.port}/`, /resolves to 127\.0\.0\.2/)
  assert.deepEqual([web.connections(), trap.connections()], [1, 0])
})

test('public addresses are distinguished from every kind of private address, in each notation', () => {
  const inner = [
    '10.0.0.1', '172.16.0.1', '192.168.0.1', '127.0.0.1', '0.0.0.0', '169.254.169.254', '100.64.0.1', '198.18.0.1', '192.0.0.8', '224.0.0.1', '240.0.0.1', '255.255.255.255',
    '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '127.1',
    '::1', '::', 'fd00::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b:1::1', '2002:a00:1::', '2001::1', '2001:db8::1', '3fff::1', '100::1', '5f00::1',
    '', 'localhost', '1.2.3.4.5',
  ] // biome-ignore format: a table
  for (const address of inner) assert.equal(isPublicAddress(address), false, address)
  for (const address of ['8.8.8.8', '100.63.255.255', '2606:4700::1111']) assert.equal(isPublicAddress(address), true, address)
})

test('the address of a cloud metadata service is private, in each notation', () => {
  const azure = [
    '168.63.129.16',
    '0xa83f8110',
    '2822734096',
    '0250.077.0201.020',
    '::ffff:168.63.129.16',
    '64:ff9b::a83f:8110',
    '2002:a83f:8110::',
  ]
  const others = ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254', 'fe80::a9fe:a9fe']
  for (const address of [...azure, ...others]) assert.equal(isPublicAddress(address), false, address)
  for (const address of ['168.63.129.15', '168.63.129.17']) assert.equal(isPublicAddress(address), true, address)
})

test('a port that is neither 443 nor above 1023 is not connected to; an exempt URL may have any port', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  const before = dns.asked('good.example')
  for (const port of [0, 1, 22, 25, 80, 444, 1023])
    await assertFails(`https://good.example:${port}/`, new RegExp(`the port ${port} is neither 443 nor above 1023`))
  assert.equal(dns.asked('good.example'), before)
  // Nothing listens there: ECONNREFUSED shows that the connection was allowed.
  await assertFails('https://127.0.0.1:1/', /ECONNREFUSED/, { fence: { allowPrivate: false, exceptions: ['https://127.0.0.1:1/*'] } })
  await assert.rejects(fetchIt('https://127.0.0.1:1/', options, 'operator'), (error: Error) =>
    /ECONNREFUSED/.test((error.cause as Error).message),
  )
})

test('literal addresses are checked in every notation, without a DNS query', async () => {
  const real = makeFencedFetch({ ca: certificate.cert })
  await using trap = await serve('127.0.0.1', always)
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '[64:ff9b::7f00:1]',
    '100.64.0.1',
    '169.254.169.254',
    '[fe80::1]',
  ]) {
    await assert.rejects(real(`https://${host}:${trap.port}/`, options, closed), /the URL could not be fetched/, host)
  }
  assert.equal(trap.connections(), 0)
  await real[Symbol.asyncDispose]()
  await using web = await serve('127.0.0.1', always)
  assert.equal((await fetchIt(`https://127.0.0.1:${web.port}/`, options, closed)).status, 200)
})

test('plain http, other schemes and credentials are refused', async () => {
  for (const url of ['http://good.example/', 'ftp://good.example/', 'file:///etc/passwd', 'https://u:p@good.example/', 'not a url', ''])
    await assertFails(url)
  await assertFails('file:///etc/passwd', undefined, { fence: { allowPrivate: true, exceptions: [] } })
})

test('a redirect is an error and is not followed', async () => {
  await using trap = await serve('127.0.0.2', always)
  for (const status of [301, 302, 303, 307, 308]) {
    await using web = await serve('127.0.0.1', (_request, response) => {
      response.statusCode = status
      json(response.setHeader('location', `https://127.0.0.2:${trap.port}/`))
    })
    dns.answer('good.example', ['127.0.0.1'])
    await assertFails(`https://good.example:${web.port}/`, /a redirect/)
  }
  assert.equal(trap.connections(), 0)
})

test('a response over the size limit is aborted, with and without Content-Length', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  await using announced = await serve('127.0.0.1', (_request, response) => json(response, `["${'x'.repeat(2_000)}"]`))
  await assertFails(`https://good.example:${announced.port}/`, /larger than 1000 bytes/)
  let sent = 0
  await using endless = await serve('127.0.0.1', (_request, response) => {
    response.setHeader('content-type', 'application/json')
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(500))) sent += 500
    }
    response.on('drain', more)
    more()
  })
  await assertFails(`https://good.example:${endless.port}/`, /larger than 1000 bytes/)
  assert.ok(sent < 50_000_000)
  await using exact = await serve('127.0.0.1', (_request, response) => json(response, 'y'.repeat(1_000)))
  assert.equal((await fetchIt(`https://good.example:${exact.port}/`, options, closed)).body.length, 1_000)
})

test('a compressed response is not requested and is refused, because it could become large', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  const asked: unknown[] = []
  const small = gzipSync(`["${'x'.repeat(100_000)}"]`)
  await using web = await serve('127.0.0.1', (request, response) => {
    asked.push(request.headers['accept-encoding'])
    json(response.setHeader('content-encoding', (request.url ?? '').slice(1)), small)
  })
  for (const encoding of ['gzip', 'br', 'GZIP, identity']) {
    const url = `https://good.example:${web.port}/${encoding}`
    await assertFails(url, /has the encoding/)
  }
  assert.deepEqual(asked, ['identity', 'identity', 'identity'])
})

test('an unexpected content type is refused; a +json type counts as JSON', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  await using web = await serve('127.0.0.1', (request, response) => json(response, '[]', decodeURIComponent((request.url ?? '').slice(1))))
  const get = (type: string) => `https://good.example:${web.port}/${encodeURIComponent(type)}`
  for (const type of ['application/json', 'application/json; charset=utf-8', 'application/jwk-set+json', 'Application/JSON'])
    assert.equal((await fetchIt(get(type), options, closed)).status, 200, type)
  for (const type of ['text/html', 'application/jsonp', 'text/json+x']) await assertFails(get(type), /of type/)
  assert.equal((await fetchIt(get('text/html'), { ...options, types: [] }, closed)).status, 200)
})

test('a body that is not UTF-8 is refused', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  await using web = await serve('127.0.0.1', (_request, response) =>
    response.setHeader('content-type', 'application/json').end(Buffer.from([0x22, 0xff, 0x22])),
  )
  await assertFails(`https://good.example:${web.port}/`)
})

const impatient = { how: { ...options, timeout: 150 } }

test('a slow handshake, head or body times out', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  const silent = createTcpServer((_socket: Socket) => {})
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  await assertFails(`https://good.example:${(silent.address() as AddressInfo).port}/`, undefined, impatient)
  silent.close()
  await using noHead = await serve('127.0.0.1', () => {})
  await assertFails(`https://good.example:${noHead.port}/`, undefined, impatient)
  await using drip = await serve('127.0.0.1', (_request, response) => {
    response.setHeader('content-type', 'application/json').write('[')
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  })
  await assertFails(`https://good.example:${drip.port}/`, undefined, impatient)
})

test('a look-up at a silent name server times out, too', async () => {
  for (const type of ['A', 'AAAA'] as const) dns.fail('silent.example', type, 'silent')
  await assertFails('https://silent.example/', undefined, { how: { ...options, timeout: 100 } })
})

test('a signal aborts a fetch, also before it begins', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  const stopping = new AbortController()
  await using silent = await serve('127.0.0.1', () => stopping.abort())
  const how = { ...options, timeout: 60_000, signal: stopping.signal }
  await assertFails(`https://good.example:${silent.port}/`, /aborted/, { how })
  const before = silent.connections()
  await assertFails(`https://good.example:${silent.port}/`, /aborted/, { how })
  assert.equal(silent.connections(), before)
})

test('an endless response head is refused', async () => {
  dns.answer('good.example', ['127.0.0.1'])
  await using web = await serve('127.0.0.1', (_request, response) => {
    for (let at = 0; at < 40; at++) response.setHeader(`x-${at}`, 'y'.repeat(1_000))
    json(response)
  })
  await assertFails(`https://good.example:${web.port}/`)
})

test('exceptions of the operator are compared with the normalised URL, not with its notation', async () => {
  // An exempt name is looked up by the system; the name server is used only for names that are checked.
  dns.answer('localhost', ['127.0.0.2'])
  await using trap = await serve('127.0.0.1', always)
  const url = `https://localhost:${trap.port}/keys.json`
  const gate: Fence = { allowPrivate: false, exceptions: [`https://localhost:${trap.port}/*`] }
  assert.equal((await fetchIt(url, options, gate)).status, 200)
  assert.equal((await fetchIt(url, options, { allowPrivate: true, exceptions: [] })).status, 200)
  assert.equal((await fetchIt(url, options, 'operator')).status, 200)
  assert.equal(dns.asked('localhost'), 0)
  const before = trap.connections()
  const wild: Fence = { allowPrivate: false, exceptions: ['https://*.corp.example/*'] }
  for (const twisted of [`https://127.0.0.2:${trap.port}\\.corp.example/x`, `https://127.0.0.2:${trap.port}/.corp.example/x`])
    await assertFails(twisted, /not public/, { fence: wild })
  await assertFails(`https://localhost:${trap.port}/a/../other/keys.json`, /resolves to/, { fence: gate })
  assert.equal(trap.connections(), before)
})
