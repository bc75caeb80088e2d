import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { freshKey } from '../support/client-keys.ts'
import { assertRefused, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// Product decisions about the registration endpoint: URLs that this server fetches are checked at registration without a DNS query.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { register, registered } = registrant(server)
type Register = typeof register

const isTaken = async (to: Register, url: string): Promise<boolean> => (await to({ ...minimal, jwks_uri: url })).status === 201

const publicUrls = [
  'https://app.example/jwks.json', 'https://app.example:8443/a?x=1', 'https://8.8.8.8/', 'https://[2606:4700::1111]/', 'https://localhost.example/', 'https://app.example./',
  'https://10.example/', 'https://no-such-name.invalid/', 'https://my.locals/',
] // biome-ignore format: a table

const privateUrls = [
  // IPv4, in every notation that a URL parser accepts.
  'https://127.0.0.1/', 'https://127.8.9.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f000001/', 'https://0x7f.0.0.1/', 'https://0177.0.0.1/', 'https://017700000001/',
  'https://10.0.0.1/', 'https://0xa000001/', 'https://012.0.0.1/', 'https://172.16.0.1/', 'https://172.31.255.255/', 'https://192.168.1.1/', 'https://3232235777/', 'https://１２７.0.0.1/',
  'https://127.0.0.1./',
  // Cloud metadata services: one with a public address (168.63.129.16), and those in private ranges.
  'https://168.63.129.16/metadata', 'https://0xa83f8110/', 'https://2822734096/', 'https://[::ffff:168.63.129.16]/', 'https://[64:ff9b::a83f:8110]/', 'https://100.100.100.200/',
  'https://192.0.0.192/', 'https://[fd00:ec2::254]/', 'https://[fd20:ce::254]/',
  // Shared, link-local, unspecified, reserved, multicast.
  'https://100.64.0.1/', 'https://100.127.255.255/', 'https://169.254.169.254/latest/meta-data/', 'https://0.0.0.0/', 'https://0/', 'https://198.18.0.1/', 'https://192.0.0.8/',
  'https://240.0.0.1/', 'https://255.255.255.255/', 'https://224.0.0.1/',
  // IPv6: loopback, unspecified, unique local, link-local, site-local, multicast, and IPv4 embedded in IPv6.
  'https://[::1]/', 'https://[::]/', 'https://[0:0:0:0:0:0:0:1]/', 'https://[fd00::1]/', 'https://[fc00::1]/', 'https://[fe80::1]/', 'https://[fec0::1]/', 'https://[ff02::1]/',
  'https://[::ffff:127.0.0.1]/', 'https://[::ffff:a00:1]/', 'https://[::127.0.0.1]/', 'https://[::7f00:1]/', 'https://[64:ff9b::127.0.0.1]/', 'https://[64:ff9b::a00:1]/',
  'https://[64:ff9b:1::a00:1]/', 'https://[2002:7f00:1::]/', 'https://[2001::1]/', 'https://[100::1]/', 'https://[::ffff:0:127.0.0.1]/',
  // Names of this machine and of private networks.
  'https://localhost/', 'https://LOCALHOST:8443/', 'https://localhost./', 'https://a.localhost/', 'https://printer.local/', 'https://metadata.google.internal/', 'https://intranet/',
] // biome-ignore format: a table

const noUrls = ['jwks.json', '/jwks.json', '//app.example/', 'https://', 'https://u:p@app.example/', 'https://app.example\\@evil.example/', 'https://app.example/ x', 'file:///etc/passwd', 'data:,x', 'ftp://app.example/'] // biome-ignore format: a table

test('https URLs of public hosts are accepted, without resolving the name', async () => {
  for (const url of publicUrls) assert.ok(await isTaken(register, url), url)
})

test('private addresses and loopback names are refused in every notation', async () => {
  for (const url of privateUrls)
    assertRefused(await register({ ...minimal, jwks_uri: url }), 'invalid_client_metadata', 'jwks_uri', 'private')
})

test('a port below 1024 other than 443 is refused, and the error names the member, the value and the allowed ports', async () => {
  for (const port of [0, 1, 22, 25, 53, 80, 389, 444, 993, 1023]) {
    const url = `https://app.example:${port}/jwks.json`
    assertRefused(
      await register({ ...minimal, jwks_uri: url }),
      'invalid_client_metadata',
      'jwks_uri',
      url,
      'port 443 or a port above 1023',
    )
  }
  for (const port of [443, 1024, 8443, 65535]) assert.ok(await isTaken(register, `https://app.example:${port}/jwks.json`), String(port))
  const created = await server.admin('/admin/clients', { method: 'POST', json: { ...minimal, jwks_uri: 'https://app.example:22/' } })
  assert.deepEqual([created.status, created.json.error], [400, 'invalid_client_metadata'])
  assert.match(created.json.error_description, /jwks_uri.*app\.example:22.*port 443 or a port above 1023/)
})

test('plain http URLs and values that are not URLs are refused', async () => {
  for (const url of ['http://app.example/jwks.json', ...noUrls]) {
    assertRefused(await register({ ...minimal, jwks_uri: url }), 'invalid_client_metadata', 'jwks_uri')
  }
})

test('the rule applies to every fetched URL, also on an update', async () => {
  const client = await registered({ ...minimal, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [freshKey().publicJwk] } })
  for (const url of ['https://169.254.169.254/', 'http://app.example/', 'https://localhost/', 'https://app.example:22/']) {
    for (const [body, member] of [
      [{ jwks_uri: url }, 'jwks_uri'],
      [{ backchannel_logout_uri: url }, 'backchannel_logout_uri'],
      [{ request_uris: ['https://app.example/request', url] }, 'request_uris[1]'],
    ] as const) {
      assertRefused(await register({ ...minimal, ...body }), 'invalid_client_metadata', member)
      assertRefused(await client.put({ ...minimal, ...body }), 'invalid_client_metadata', member)
    }
  }
})

test('dev disables the rule and allows http, unless disallow_private_ip_ranges is true', async () => {
  await using dev = await startServer({ settings: { dev: true } })
  const there = registrant(dev).register
  for (const url of [
    'http://app.example/',
    'http://127.0.0.1:3000/jwks.json',
    'https://10.0.0.1/',
    'http://localhost/',
    'http://127.0.0.1:81/',
  ])
    assert.ok(await isTaken(there, url), url)
  for (const url of noUrls) assert.ok(!(await isTaken(there, url)), url)
  await using strict = await startServer({ settings: { dev: true, clients: { http: { disallow_private_ip_ranges: true } } } })
  for (const url of ['http://app.example/', 'https://10.0.0.1/']) assert.ok(!(await isTaken(registrant(strict).register, url)), url)
  await using lifted = await startServer({ settings: { clients: { http: { disallow_private_ip_ranges: false } } } })
  assert.ok(await isTaken(registrant(lifted).register, 'https://10.0.0.1/'))
})

test('private_ip_exception_urls exempts the URLs it matches, and no lookalike', async () => {
  const private_ip_exception_urls = [
    'https://10.0.0.5/**',
    'https://keys.example:444/*',
    'http://127.0.0.1:*/jwks.json',
    'https://*.corp.internal/*',
  ]
  await using instance = await startServer({ settings: { clients: { http: { private_ip_exception_urls } } } })
  const there = registrant(instance).register
  for (const url of [
    'https://10.0.0.5/',
    'https://10.0.0.5/a/b?c',
    'https://keys.example:444/jwks.json',
    'http://127.0.0.1:3000/jwks.json',
    'https://a.corp.internal/jwks.json',
  ]) {
    assert.ok(await isTaken(there, url), url)
  }
  for (const url of [
    'https://10.0.0.6/',
    'http://10.0.0.5/',
    'http://127.0.0.1:3000/other.json',
    'https://a.corp.internal/a/b',
    'https://10.0.0.1?.corp.internal/jwks.json',
    'https://10.0.0.1#.corp.internal/jwks.json',
    'https://10.0.0.1\\.corp.internal/jwks.json',
    'https://10.0.0.1@x.corp.internal/jwks.json',
    'https://10.0.0.5@evil.internal/',
  ]) {
    assert.ok(!(await isTaken(there, url)), url)
  }
})

test('the rule does not apply to URLs that only a browser visits', async () => {
  for (const member of ['initiate_login_uri', 'frontchannel_logout_uri', 'client_uri', 'logo_uri']) {
    assert.equal((await register({ ...minimal, [member]: 'https://localhost:3000/x' })).status, 201, member)
    assertRefused(await register({ ...minimal, [member]: 'javascript:x' }), 'invalid_client_metadata', member)
  }
})
