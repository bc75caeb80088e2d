import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { decodeJwt } from 'jose'
import { makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { Unavailable } from '../../src/lib/unavailable.ts'
import { selfSigned } from '../support/certificate.ts'
import { startDns } from '../support/dns.ts'
import { type LoginClient, obtainTokens, registerLoginClient } from '../support/login-client.ts'
import { assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { loadSettings, startServer, systemSecret } from '../support/server.ts'
import { startWebServer } from '../support/web-server.ts'

// Pairwise subjects (OpenID Connect Core §8.1) and their sectors (Registration §5), with a real DNS server and real TLS sockets.
// 127.0.0.1 counts as a public address here.

const certificate = selfSigned(['sector.example', 'inner.example', 'metadata.example'])
const dns = await startDns()
after(() => dns[Symbol.asyncDispose]())
dns.answer('sector.example', ['127.0.0.1'])

/** The response for each path of the sector's host. */
const answers: Record<string, { status?: number; type?: string; body?: string; location?: string }> = {}
const web = await startWebServer('127.0.0.1', certificate, (request, response) => {
  const { status = 200, type = 'application/json', body = '', location } = answers[request.url ?? ''] ?? { status: 404 }
  response.statusCode = status
  if (location !== undefined) response.setHeader('location', location)
  response.setHeader('content-type', type).end(body)
})
after(() => web[Symbol.asyncDispose]())
const at = (path: string) => `https://sector.example:${web.port}${path}`

const salt = 'a-salt-for-tests'
const pairwise = { oidc: { subject_identifiers: { supported_types: ['pairwise', 'public'], pairwise: { salt } } } }
const publicLoopback = () => makeFencedFetch({ servers: dns.servers, ca: certificate.cert, isPublic: (address) => address === '127.0.0.1' })
const server = await startServer({ settings: pairwise, fetch: publicLoopback() })
after(() => server[Symbol.asyncDispose]())
const { register, registered } = registrant(server)

const [a, b] = ['https://a.example/cb', 'https://b.example/cb']
const sectorOf = (path: string, more: object = {}) => ({ ...minimal, subject_type: 'pairwise', sector_identifier_uri: at(path), ...more })
const refusedAs = async (body: object, ...named: string[]) =>
  assertRefused(await register(body), 'invalid_client_metadata', 'sector_identifier_uri', ...named)

test('OREG-19 (OIDC Registration §2): sector_identifier_uri is an https URL with a public address', async () => {
  answers['/one'] = { body: JSON.stringify(minimal.redirect_uris) }
  for (const uri of [
    `http://sector.example:${web.port}/one`,
    'https://127.0.0.1/one',
    'https://169.254.169.254/',
    'sector.example',
    'https://u:p@sector.example/',
  ]) {
    await refusedAs({ ...minimal, sector_identifier_uri: uri })
  }
  assert.equal((await registered(sectorOf('/one'))).answer.json.sector_identifier_uri, at('/one'))
})

test('OREG-20 (OIDC Registration §2): subject_type is one of the supported types', async () => {
  const { subject_types_supported: types } = (await server.public('/.well-known/openid-configuration')).json
  assert.deepEqual(types, ['public', 'pairwise'])
  for (const subject_type of types) assert.equal((await registered({ ...minimal, subject_type })).answer.json.subject_type, subject_type)
  assertRefused(await register({ ...minimal, subject_type: 'ephemeral' }), 'invalid_client_metadata', 'subject_type', 'public, pairwise')
  await using plain = await startServer()
  assert.deepEqual((await plain.public('/.well-known/openid-configuration')).json.subject_types_supported, ['public'])
  const refused = await registrant(plain).register({ ...minimal, subject_type: 'pairwise' })
  assertRefused(refused, 'invalid_client_metadata', 'subject_type', "'pairwise'", 'public')
})

test('OREG-60 (OIDC Registration §5): the sector document is fetched at registration and at update, and must list every redirect URI', async () => {
  answers['/both'] = { body: JSON.stringify([a, b, 'https://c.example/cb']) }
  const client = await registered(sectorOf('/both', { redirect_uris: [a, b] }))
  await refusedAs(sectorOf('/both', { redirect_uris: [a, `${b}2`] }), `${b}2`)
  const bad: typeof answers = {
    '/object': { body: '{}' },
    '/mixed': { body: JSON.stringify([a, b, 5]) },
    '/text': { body: JSON.stringify(a) },
    '/broken': { body: '["https:' },
    '/empty': { body: '' },
    '/html': { body: JSON.stringify([a, b]), type: 'text/html' },
    '/error': { body: JSON.stringify([a, b]), status: 500 },
    '/away': { status: 302, location: 'http://127.0.0.2/' },
    '/large': { body: JSON.stringify([a, b, 'x'.repeat(300_000)]) },
  }
  Object.assign(answers, bad)
  for (const path of [...Object.keys(bad), '/missing']) {
    await refusedAs(sectorOf(path, { redirect_uris: [a, b] }), 'must be an https URL that can be fetched and holds a JSON array of strings')
    assert.equal((await client.put(sectorOf(path, { redirect_uris: [a, b] }))).status, 400, path)
  }
  assert.equal((await client.put(sectorOf('/both', { redirect_uris: [b] }))).status, 200)
  answers['/both'] = { body: JSON.stringify([a]) }
  assertRefused(await client.put(sectorOf('/both', { redirect_uris: [b] })), 'invalid_client_metadata', b)
  assert.deepEqual((await client.read()).json.redirect_uris, [b])
})

test('OREG-61 (OIDC Registration §5): a sector_identifier_uri that resolves to a private address is not connected to', async () => {
  await using trap = await startWebServer('127.0.0.1', certificate, (_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(minimal.redirect_uris)),
  )
  dns.answer('inner.example', ['127.0.0.1'])
  dns.answer('metadata.example', ['169.254.169.254'])
  await using real = await startServer({ settings: pairwise, fetch: makeFencedFetch({ servers: dns.servers, ca: certificate.cert }) })
  for (const host of ['inner.example', 'metadata.example']) {
    const refused = await registrant(real).register({ ...minimal, sector_identifier_uri: `https://${host}:${trap.port}/` })
    assertRefused(refused, 'invalid_client_metadata', 'sector_identifier_uri', 'must be an https URL that can be fetched')
  }
  assert.equal(dns.asked('inner.example'), 1)
  assert.equal(trap.connections(), 0)
})

test('if look-ups are overloaded, a registration with a sector is 503 with Retry-After, and the error does not blame the sector', async () => {
  const full = Object.assign(() => Promise.reject(new Unavailable('too many name look-ups are under way', 2)), {
    async [Symbol.asyncDispose]() {},
  })
  await using busy = await startServer({ settings: pairwise, fetch: full })
  const { status, headers } = await registrant(busy).register(sectorOf('/one'))
  assert.deepEqual([status, headers['retry-after']], [503, '2'])
})

test('OCORE-08 (OIDC Core §8.1): pairwise subjects with redirect URIs on several hosts require a sector_identifier_uri', async () => {
  await refusedAs({ ...minimal, subject_type: 'pairwise', redirect_uris: [a, b] }, 'several hosts')
  await refusedAs({ ...minimal, subject_type: 'pairwise', redirect_uris: [a, 'com.example.app:/cb'] }, 'several hosts')
  answers['/ab'] = { body: JSON.stringify([a, b]) }
  for (const body of [
    sectorOf('/ab', { redirect_uris: [a, b] }),
    { ...minimal, subject_type: 'pairwise', redirect_uris: [a, 'https://a.example/2'] },
    { ...machine, subject_type: 'pairwise' },
    { ...minimal, subject_type: 'public', redirect_uris: [a, b] },
  ]) {
    const client = await registered(body)
    assert.equal(client.answer.json.subject_type, body.subject_type)
  }
  const client = await registered({ ...minimal, subject_type: 'pairwise', redirect_uris: [a] })
  assertRefused(
    await client.put({ ...minimal, subject_type: 'pairwise', redirect_uris: [a, b] }),
    'invalid_client_metadata',
    'sector_identifier_uri',
  )
})

const subjectOf = async (client: LoginClient, redirect_uri: string, subject: string): Promise<unknown> => {
  const { id_token: idToken } = await obtainTokens(server, client, { subject, parameters: { redirect_uri } })
  return decodeJwt(idToken).sub
}

test('OCORE-09 (OIDC Core §8.1): a pairwise subject is the same at each login, differs between sectors, and hides the subject', async () => {
  const [inA, inB] = [
    await registerLoginClient(server, { subject_type: 'pairwise', redirect_uris: [a] }),
    await registerLoginClient(server, { subject_type: 'pairwise', redirect_uris: [b] }),
  ]
  const first = await subjectOf(inA, a, 'ada')
  assert.equal(await subjectOf(inA, a, 'ada'), first)
  assert.notEqual(await subjectOf(inA, a, 'bob'), first)
  assert.notEqual(await subjectOf(inB, b, 'ada'), first)
  assert.match(String(first), /^[0-9a-f]{64}$/)
  const salted = (text: string) => createHash('sha256').update(text).digest('hex')
  assert.notEqual(first, salted('a.exampleada'))
  assert.equal(await subjectOf(await registerLoginClient(server, { redirect_uris: [a] }), a, 'ada'), 'ada')
})

test('OREG-21 (OIDC Registration §2): the sector is the host of sector_identifier_uri, or else the host of the redirect URIs', async () => {
  answers['/shared'] = { body: JSON.stringify([a, b]) }
  const shared = (uri: string) =>
    registerLoginClient(server, { subject_type: 'pairwise', redirect_uris: [uri], sector_identifier_uri: at('/shared') })
  const alone = (uri: string) => registerLoginClient(server, { subject_type: 'pairwise', redirect_uris: [uri] })
  const [ofA, ofB] = [await subjectOf(await shared(a), a, 'ada'), await subjectOf(await shared(b), b, 'ada')]
  assert.equal(ofA, ofB)
  const [aloneA, aloneB] = [await subjectOf(await alone(a), a, 'ada'), await subjectOf(await alone(b), b, 'ada')]
  assert.equal(new Set([ofA, aloneA, aloneB]).size, 3)
})

test('if only pairwise subjects are supported, they are the default and the response shows it', async () => {
  const only = { oidc: { subject_identifiers: { supported_types: ['pairwise'], pairwise: { salt } } } }
  await using strict = await startServer({ settings: only })
  const other = registrant(strict)
  assert.equal((await other.registered(minimal)).answer.json.subject_type, 'pairwise')
  assert.equal((await other.created({})).answer.json.subject_type, 'pairwise')
  assertRefused(await other.register({ ...minimal, subject_type: 'public' }), 'invalid_client_metadata', 'subject_type')
  assertRefused(await other.register({ ...minimal, redirect_uris: [a, b] }), 'invalid_client_metadata', 'sector_identifier_uri')
})

test('if pairwise subjects are no longer supported, a client that has them keeps them', async () => {
  await using instance = await startServer({ settings: pairwise })
  const other = registrant(instance)
  const client = await other.registered({ ...minimal, subject_type: 'pairwise' })
  instance.reconfigure({ oidc: { subject_identifiers: { supported_types: ['public'] } } })
  assertRefused(await other.register({ ...minimal, subject_type: 'pairwise' }), 'invalid_client_metadata', 'subject_type')
  assert.equal((await client.put((await client.read()).json)).json.subject_type, 'pairwise')
})

test("an operator's client has its sector fetched when it is created, replaced, or patched in a related member", async () => {
  answers['/admin'] = { body: JSON.stringify([a, b]) }
  const json = { client_id: 'op', redirect_uris: [a, b], subject_type: 'pairwise', sector_identifier_uri: at('/admin') }
  const write = (method: string, path: string, body: unknown) => server.admin(path, { method, json: body })
  assert.equal((await write('POST', '/admin/clients', json)).status, 201)
  for (const [method, path, body] of [
    ['POST', '/admin/clients', { ...json, client_id: 'other', redirect_uris: ['https://c.example/cb'] }],
    ['PUT', '/admin/clients/op', { ...json, sector_identifier_uri: at('/missing') }],
    ['PATCH', '/admin/clients/op', [{ op: 'add', path: '/redirect_uris/-', value: 'https://c.example/cb' }]],
  ] as const) {
    const refused = await write(method, path, body)
    assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_client_metadata'], method)
    assert.match(refused.json.error_description, /sector_identifier_uri/)
  }
  answers['/admin'] = { status: 503 }
  assert.equal((await write('PATCH', '/admin/clients/op', [{ op: 'replace', path: '/client_name', value: 'x' }])).status, 200)
  assert.equal((await write('PUT', '/admin/clients/op/lifespans', {})).status, 200)
  assert.equal((await write('POST', '/admin/clients/op/secrets/rotate', undefined)).status, 200)
  assert.equal((await write('PUT', '/admin/clients/op', json)).status, 400)
})

test('without a salt of at least 8 characters for pairwise subjects the server does not start', () => {
  const load = (subject_identifiers: object) =>
    loadSettings({
      dsn: 'memory',
      secrets: { system: [systemSecret] },
      urls: { self: { issuer: 'https://a.example/' } },
      oidc: { subject_identifiers },
    })
  const supported_types = ['pairwise']
  assert.throws(() => load({ supported_types }), /oidc\.subject_identifiers\.pairwise\.salt: is not set/)
  assert.throws(
    () => load({ supported_types, pairwise: { salt: 'short12' } }),
    /oidc\.subject_identifiers\.pairwise\.salt: (?!.*short12).*8 characters/,
  )
  assert.deepEqual(load({ supported_types, pairwise: { salt } }).config.oidc.subject_identifiers.supported_types, supported_types)
})
