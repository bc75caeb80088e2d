import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { freshKey } from '../support/client-keys.ts'
import { assertRefused, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// Size limits of a registration, and its error messages: the details of R7591-95 and R7591-96, and the product decisions about errors.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { register, registered, created, countNamed } = registrant(server)
const post = (body: string | Buffer, headers = {}) => server.public('/oauth2/register', { method: 'POST', body, headers })
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
const code = (member: string) => (member.startsWith('redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata')

/** A body of exactly this many bytes. */
function bodyOf(bytes: number): string {
  const start = JSON.stringify({ ...minimal, client_name: 'of an exact size', x: '' }).slice(0, -2)
  return `${start}${'x'.repeat(bytes - start.length - 2)}"}`
}

test('a body of 64 KiB is accepted, one byte more is 413', async () => {
  assert.equal((await post(bodyOf(64 * 1024))).status, 201)
  assert.equal(await countNamed('of an exact size'), 1)
  const { status, json, headers } = await post(bodyOf(64 * 1024 + 1))
  assert.deepEqual([status, json.error, headers['cache-control']], [413, 'invalid_client_metadata', 'no-store'])
  assert.match(json.error_description, /body/)
  const client = await registered()
  assert.equal((await server.public(client.path, { method: 'PUT', bearer: client.token, body: bodyOf(64 * 1024 + 1) })).status, 413)
  assert.equal((await client.read()).json.client_name, 'T')
  assert.equal(await countNamed('of an exact size'), 1)
})

test('a chunked body over the limit is 413, too', async () => {
  const body = new Blob([bodyOf(100_000)]).stream()
  const answer = await fetch(`${server.publicUrl}/oauth2/register`, { method: 'POST', body, duplex: 'half' })
  const { error } = (await answer.json()) as { error: string }
  assert.deepEqual([answer.status, error], [413, 'invalid_client_metadata'])
})

test('JSON may nest 16 deep, and an object or array may have 256 entries', async () => {
  const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  assert.equal((await register({ ...minimal, x: nested(15) })).status, 201)
  assertRefused(await register({ ...minimal, x: nested(16) }), 'invalid_client_metadata', 'body', '16')
  assert.equal((await register({ ...minimal, x: times(256, () => 1) })).status, 201)
  assertRefused(await register({ ...minimal, x: times(257, () => 1) }), 'invalid_client_metadata', 'body', '256')
  const wide = (count: number) => Object.fromEntries(times(count, (at) => [`x${at}`, at]))
  assert.equal((await register({ ...minimal, x: wide(256) })).status, 201)
  assertRefused(await register({ ...minimal, x: wide(257) }), 'invalid_client_metadata', 'body', '256')
  assertRefused(await post(`{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`), 'invalid_client_metadata', '16')
})

test('a list of 64 entries is accepted, one more is refused by name', async () => {
  const lists: Record<string, (at: number) => string> = {
    grant_types: (at) => (at === 0 ? 'authorization_code' : `x${at}`),
    response_types: (at) => (at === 0 ? 'code' : `x${at}`),
    request_uris: (at) => `https://app.example/${at}`,
    post_logout_redirect_uris: (at) => `https://app.example/${at}`,
    allowed_cors_origins: () => 'https://app.example',
    default_acr_values: (at) => `${at}`,
    audience: (at) => `https://api.example/${at}`,
  }
  for (const [member, entry] of Object.entries(lists)) {
    const { status, text } = await register({ ...minimal, [member]: times(64, entry) })
    assert.equal(status, 201, text)
    assertRefused(await register({ ...minimal, [member]: times(65, entry) }), code(member), member, '64')
  }
})

test('50 redirect URIs and 16 contacts are accepted, one more is refused; an update that does not grow is accepted', async () => {
  const lists = [
    ['redirect_uris', 50, (at: number) => `https://app.example/${at}`],
    ['contacts', 16, (at: number) => `a${at}@example.org`],
  ] as const
  for (const [member, most, entry] of lists) {
    const body = (count: number) => ({ ...minimal, [member]: times(count, entry) })
    assert.equal((await register(body(most))).status, 201)
    assertRefused(await register(body(most + 1)), code(member), member, String(most))
    const given = await created(body(most + 20))
    assertRefused(await given.put(body(most + 21)), code(member), member, String(most))
    assert.deepEqual((await given.put((await given.read()).json)).status, 200)
    assert.deepEqual((await given.put(body(most + 10))).json[member], times(most + 10, entry))
    assertRefused(await given.put(body(most + 11)), code(member), member, String(most))
  }
})

test('a deceptive name is refused in every language; one that an administrator wrote stays, and may not become another', async () => {
  for (const member of ['client_name', 'client_name#fr']) {
    for (const name of ['Pаypal', 'a\u202eb', 'a\u200bb', '  ', `e${'\u0301\u0302'.repeat(2)}`])
      assertRefused(await register({ ...minimal, [member]: name }), 'invalid_client_metadata', member)
    assert.equal((await register({ ...minimal, [member]: 'Яндекс Notes 👩‍💻' })).status, 201)
  }
  const given = await created({ ...minimal, client_name: 'Pаypal' })
  assert.equal((await given.put((await given.read()).json)).status, 200)
  assertRefused(await given.put({ ...minimal, client_name: 'Pаypal Inc' }), 'invalid_client_metadata', 'client_name')
})

test('keys and languages: 16 keys and 64 tagged members are accepted, one more is refused by name', async () => {
  const { publicJwk } = freshKey()
  assert.equal((await register({ ...minimal, jwks: { keys: times(16, () => publicJwk) } })).status, 201)
  assertRefused(await register({ ...minimal, jwks: { keys: times(17, () => publicJwk) } }), 'invalid_client_metadata', 'jwks', '16')
  const tagged = (count: number) => Object.fromEntries(times(count, (at) => [`client_name#x-${at}`, 'T']))
  assert.equal((await register({ ...minimal, ...tagged(64) })).status, 201)
  assertRefused(await register({ ...minimal, ...tagged(65) }), 'invalid_client_metadata', 'client_name#', '64')
})

test('a string at its length limit is accepted, one character more is refused by name', async () => {
  const url = (length: number) => 'https://app.example/'.padEnd(length, 'x')
  const limits: Record<string, readonly [number, (length: number) => unknown]> = {
    client_name: [255, (length) => 'x'.repeat(length)],
    'client_name#fr': [255, (length) => 'x'.repeat(length)],
    software_id: [255, (length) => 'x'.repeat(length)],
    software_version: [255, (length) => 'x'.repeat(length)],
    client_uri: [2048, url],
    jwks_uri: [2048, url],
    initiate_login_uri: [2048, url],
    'logo_uri#fr': [2048, url],
    scope: [8192, (length) => 'x'.repeat(length)],
    'redirect_uris[0]': [2048, (length) => [url(length)]],
    'contacts[1]': [2048, (length) => ['x', 'x'.repeat(length)]],
  }
  for (const [member, [limit, make]] of Object.entries(limits)) {
    const name = member.replace(/\[.*/, '')
    const { status, text } = await register({ ...minimal, [name]: make(limit) })
    assert.equal(status, 201, text)
    assertRefused(await register({ ...minimal, [name]: make(limit + 1) }), code(member), member, String(limit))
  }
})

test('an error names the member, the entry and the value, in ASCII and truncated', async () => {
  for (const [body, ...named] of [
    [{ redirect_uris: ['https://a.example/', 'http://b.example/cb'] }, 'redirect_uris[1]', "'http://b.example/cb'"],
    [{ redirect_uris: ['https://é.example/"'] }, 'redirect_uris[0]', "'https://?.example/?'"],
    [{ request_uris: ['https://a.example/', 'x'] }, 'request_uris[1]', "'x'"],
    [{ contacts: ['a', 5] }, 'contacts[1]', 'string'],
    [{ default_max_age: -1 }, 'default_max_age', '0'],
    [{ 'tos_uri#de': 'x' }, 'tos_uri#de', "'x'"],
    [{ token_endpoint_auth_method: 'x'.repeat(2_000) }, 'token_endpoint_auth_method', `${'x'.repeat(70)}`, '...'],
  ] as const) {
    const { status, json } = await register({ ...minimal, ...body })
    assert.equal(status, 400)
    assert.match(json.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,1500}$/)
    for (const part of named) assert.ok(json.error_description.includes(part), `${part} in ${json.error_description}`)
  }
})

test('an error lists all problems at once', async () => {
  const meanings = {
    redirect_uris: ['http://a.example/', 'javascript:x'],
    token_endpoint_auth_method: 'magic',
    application_type: 'spa',
    logo_uri: 'data:,x',
    jwks_uri: 'https://10.0.0.1/',
    subject_type: 'pairwise',
    scope: '*',
  }
  const names = Object.keys(meanings).filter((name) => name !== 'redirect_uris')
  assertRefused(await register(meanings), 'invalid_redirect_uri', 'redirect_uris[0]', 'redirect_uris[1]', ...names)
  const shapes = {
    redirect_uris: 'x',
    contacts: 5,
    client_name: {},
    owner: 'me',
    skip_consent: true,
    client_secret: 'chosen',
    'client_name#fr': 1,
  }
  assertRefused(await register(shapes), 'invalid_redirect_uri', ...Object.keys(shapes))
})

test('a refused registration stores nothing, whatever the reason', async () => {
  const client_name = 'never stored'
  const full = JSON.stringify({ ...minimal, client_name })
  const bodies = [
    full.slice(0, -1),
    `${full}x`,
    `[${full}]`,
    full.replace('{', '{"client_name":"never stored",'),
    full.replace('}', ',"metadata":{"a":1}}'),
    full.replace('}', ',"redirect_uris":["javascript:x"]}'),
    full.replace('}', ',"scope":"*"}'),
    full.replace('}', ',"client_secret":"chosen-by-the-client"}'),
    full.replace('}', `,"x":"${'x'.repeat(70_000)}"}`),
  ]
  for (const body of bodies) assert.ok((await post(body)).status >= 400, body.slice(0, 200))
  assert.ok(
    (await post(Buffer.concat([Buffer.from(full.slice(0, -1)), Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]))).status === 400,
  )
  assert.equal(await countNamed(client_name), 0)
})
