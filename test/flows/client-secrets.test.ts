import assert from 'node:assert/strict'
import { argon2Sync, pbkdf2Sync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { hashSync } from 'bcryptjs'
import { registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Client secrets: how they are sent, imported hashes of Hydra, and the wait after wrong ones.

const basicHeader = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` })
const form = { grant_type: 'client_credentials' }
const machineOf = (client_id: string, more: object) => ({ client_id, grant_types: ['client_credentials'], ...more })

async function created(server: TestServer, client: object): Promise<Received> {
  const answer = await server.admin('/admin/clients', { method: 'POST', json: client })
  assert.equal(answer.status, 201, answer.text)
  return answer
}

/** Credentials encoded as in RFC 6749 §2.3.1, or plain. */
const ask = (server: TestServer, id: string, secret: string, how: 'encoded' | 'raw' | 'post' = 'encoded') => {
  if (how === 'post') return server.public('/oauth2/token', { method: 'POST', form: { ...form, client_id: id, client_secret: secret } })
  if (how === 'raw') return server.public('/oauth2/token', { method: 'POST', form, headers: basicHeader(id, secret) })
  return server.public('/oauth2/token', { method: 'POST', form, basic: [id, secret] })
}

test('RFC 6749 §2.3.1: Basic credentials are form-decoded, and accepted if they were not encoded', async () => {
  await using server = await startServer()
  for (const [id, secret] of [
    ['plain', 'simple-secret'],
    ['a b', 'with space'],
    ['100%', '50% off+more'],
    ['x%20y', 'x%41y+z'],
    ['https://app.example/id', 'sécret:✓&='],
  ] as const) {
    await created(server, machineOf(id, { client_secret: secret }))
    assert.equal((await ask(server, id, secret)).status, 200, `${id}, encoded`)
    assert.equal((await ask(server, id, secret, 'post')).status, 200, `${id}, post`)
    if (!id.includes(':')) assert.equal((await ask(server, id, secret, 'raw')).status, 200, `${id}, raw`)
    assert.equal((await ask(server, id, `${secret}!`, 'raw')).status, 401)
  }
  const form2 = { ...form, client_id: '100%' }
  assert.equal(
    (await server.public('/oauth2/token', { method: 'POST', form: form2, headers: basicHeader('100%', '50% off+more') })).status,
    200,
  )
})

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
const secret = 'the secret that Hydra kept'
const salt = randomBytes(16)
const argon = (algorithm: 'argon2id' | 'argon2i') =>
  `$${algorithm}$v=19$m=4096,t=3,p=1$${unpadded(salt)}$${unpadded(argon2Sync(algorithm, { message: secret, nonce: salt, memory: 4_096, passes: 3, parallelism: 1, tagLength: 32 }))}`

const imported: Readonly<Record<string, string>> = {
  pbkdf2: `$pbkdf2-sha256$i=25000,l=32$${unpadded(salt)}$${unpadded(pbkdf2Sync(secret, salt, 25_000, 32, 'sha256'))}`,
  bcrypt2b: hashSync(secret, 4),
  bcrypt2a: hashSync(secret, 4).replace('$2b$', '$2a$'),
  bcrypt2y: hashSync(secret, 4).replace('$2b$', '$2y$'),
  argon2id: argon('argon2id'),
  argon2i: argon('argon2i'),
}

test("clients can be imported with Hydra's hashes of their secrets, which are never shown", async () => {
  await using server = await startServer()
  for (const [id, client_secret_hash] of Object.entries(imported)) {
    const answer = await created(server, machineOf(id, { client_secret_hash }))
    for (const shown of [answer, await server.admin(`/admin/clients/${id}`), await server.admin('/admin/clients')]) {
      assert.ok(
        !shown.text.includes('client_secret_hash') && !shown.text.includes(client_secret_hash) && !shown.text.includes('"client_secret"'),
      )
    }
    assert.equal((await ask(server, id, secret)).status, 200, id)
    assert.equal((await ask(server, id, secret)).status, 200, id)
    for (const wrong of ['', 'x', `${secret} `]) assert.notEqual((await ask(server, id, wrong)).status, 200, id)
  }
  assert.ok(!server.lines.some((line) => JSON.stringify(line).includes(imported.pbkdf2 as string)))
})

test('a secret longer than the 72 bytes that bcrypt reads is refused, and the log says why; the import warns', async () => {
  await using server = await startServer()
  const longest = 'é'.repeat(36)
  await created(server, machineOf('bcrypt', { client_secret_hash: hashSync(longest, 4) }))
  const warned = () => server.lines.filter(({ level, client_id }) => level === 'warn' && client_id === 'bcrypt')
  assert.match(String(warned()[0]?.msg), /bcrypt.*72 bytes/)
  assert.equal((await ask(server, 'bcrypt', longest)).status, 200)
  for (const secret of [`${longest}x`, longest + longest]) {
    for (const how of ['encoded', 'raw', 'post'] as const) assert.equal((await ask(server, 'bcrypt', secret, how)).status, 401, how)
  }
  assert.ok(server.lines.some(({ msg, reason }) => msg === 'request refused' && /72 bytes/.test(JSON.stringify(reason))))
  await server.admin('/admin/clients/bcrypt', { method: 'PUT', json: machineOf('bcrypt', { client_secret_hash: imported.bcrypt2b }) })
  assert.equal(warned().length, 2)
  await created(server, machineOf('argon', { client_secret_hash: imported.argon2id }))
  assert.ok(!server.lines.some(({ level, client_id }) => level === 'warn' && client_id === 'argon'))
})

test('PUT and PATCH set a hash, too, and remove the earlier secrets', async () => {
  await using server = await startServer()
  const first = (await created(server, machineOf('c', {}))).json.client_secret
  const put = await server.admin('/admin/clients/c', { method: 'PUT', json: machineOf('c', { client_secret_hash: imported.argon2id }) })
  assert.deepEqual([put.status, 'client_secret' in put.json, 'client_secret_hash' in put.json], [200, false, false])
  assert.deepEqual([(await ask(server, 'c', secret)).status, (await ask(server, 'c', first)).status], [200, 401])
  await server.admin('/admin/clients/c', { method: 'PUT', json: machineOf('c', {}) })
  assert.equal((await ask(server, 'c', secret)).status, 200)
  const next = `$pbkdf2-sha256$i=1000,l=32$${unpadded(salt)}$${unpadded(pbkdf2Sync('another one', salt, 1_000, 32, 'sha256'))}`
  const patch = [{ op: 'add', path: '/client_secret_hash', value: next }]
  assert.equal((await server.admin('/admin/clients/c', { method: 'PATCH', json: patch })).status, 200)
  assert.deepEqual([(await ask(server, 'c', 'another one')).status, (await ask(server, 'c', secret)).status], [200, 401])
})

test('an unknown or too costly hash, or one together with a secret, is refused, and the error does not repeat it', async () => {
  await using server = await startServer()
  const [id, i] = [argon('argon2id'), argon('argon2i')]
  const bad = [
    'plain', '$sha256$abc', '$argon2d$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA', id.replace('v=19', 'v=16'), id.replace('m=4096', 'm=9999999'), id.replace('t=3', 't=9999'), i.replace('p=1', 'p=600'), id.slice(0, -30),
    (imported.pbkdf2 as string).replace('25000', '90000000'), (imported.pbkdf2 as string).replace('l=32', 'l=31'), (imported.pbkdf2 as string).replace('sha256', 'md5'),
    (imported.bcrypt2b as string).replace('$04$', '$20$'), (imported.bcrypt2b as string).slice(0, -1), '$2x$04$abc', 5,
  ] // biome-ignore format: a table
  for (const client_secret_hash of bad) {
    const answer = await server.admin('/admin/clients', { method: 'POST', json: machineOf('bad', { client_secret_hash }) })
    assert.equal(answer.status, 400, String(client_secret_hash))
    if (typeof client_secret_hash === 'string') assert.ok(!answer.text.includes(client_secret_hash))
  }
  const both = await server.admin('/admin/clients', {
    method: 'POST',
    json: machineOf('bad', { client_secret: 'long enough', client_secret_hash: id }),
  })
  assert.deepEqual([both.status, both.json.error], [400, 'invalid_client_metadata'])
  const stranger = await server.public('/oauth2/register', {
    method: 'POST',
    json: { grant_types: ['client_credentials'], client_secret_hash: id },
  })
  assert.deepEqual([stranger.status, (await ask(server, stranger.json.client_id, secret)).status], [201, 401])
})

/** A server with a clock of the test, and a client with a chosen secret. */
async function guessed() {
  let now = 1_800_000_000_000
  const server = await startServer({ clock: () => now, settings: { serve: { public: { trusted_proxies: ['127.0.0.1'] } } } })
  await created(server, machineOf('c', { client_secret: secret }))
  return {
    server,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    from: (address: string, given: string, id = 'c') =>
      server.public('/oauth2/token', { method: 'POST', form, basic: [id, given], headers: { 'x-forwarded-for': address } }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const statuses = async (count: number, act: (at: number) => Promise<Received>) => {
  const found: number[] = []
  for (let at = 0; at < count; at++) found.push((await act(at)).status)
  return found
}
const times = (count: number, status: number) => Array<number>(count).fill(status)

test('after ten wrong secrets each further one doubles the wait from 1 s to 60 s, with 429 and Retry-After', async () => {
  await using it = await guessed()
  assert.deepEqual(await statuses(11, (at) => it.from('192.0.2.1', `wrong ${at}`)), times(11, 401))
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    const refused = await it.from('192.0.2.1', 'wrong again')
    assert.deepEqual([refused.status, refused.json.error, refused.headers['retry-after']], [429, 'invalid_client', String(seconds)])
    assert.equal(refused.headers['cache-control'], 'no-store')
    assert.equal((await it.from('192.0.2.1', secret)).status, 429)
    it.pass(seconds * 1000 - 1)
    assert.equal((await it.from('192.0.2.1', 'wrong again')).headers['retry-after'], '1')
    it.pass(1)
    assert.equal((await it.from('192.0.2.1', 'wrong again')).status, 401)
  }
  it.pass(60_000)
  assert.equal((await it.from('192.0.2.1', secret)).status, 200)
  assert.deepEqual(await statuses(10, () => it.from('192.0.2.1', 'wrong')), times(10, 401))
})

test('the wait applies to one client and one address; a /64 network counts as one address', async () => {
  await using it = await guessed()
  await created(it.server, machineOf('other', { client_secret: secret }))
  assert.equal((await statuses(12, () => it.from('2001:db8:1:1::1', 'wrong'))).at(-1), 429)
  assert.equal((await it.from('2001:db8:1:1:ffff::9', 'wrong')).status, 429)
  assert.equal((await it.from('2001:db8:1:2::1', 'wrong')).status, 401)
  assert.equal((await it.from('192.0.2.7', 'wrong')).status, 401)
  assert.equal((await it.from('2001:db8:1:1::1', secret, 'other')).status, 200)
  assert.equal((await it.from('192.0.2.7', secret)).status, 200)
})

test('a right secret is cached for a minute, and is accepted during a wait for its address', async () => {
  await using it = await guessed()
  assert.equal((await it.from('192.0.2.1', secret)).status, 200)
  assert.equal((await statuses(12, () => it.from('192.0.2.1', 'wrong'))).at(-1), 429)
  assert.equal((await it.from('192.0.2.1', secret)).status, 200)
  it.pass(59_999)
  assert.equal((await it.from('192.0.2.1', secret)).status, 200)
  assert.equal((await statuses(6, () => it.from('192.0.2.1', 'wrong'))).at(-1), 429)
  it.pass(1)
  assert.equal((await it.from('192.0.2.1', secret)).status, 429)
})

test('a changed secret is removed from the cache at once', async () => {
  await using it = await guessed()
  assert.equal((await it.from('192.0.2.1', secret)).status, 200)
  await it.server.admin('/admin/clients/c', { method: 'PUT', json: machineOf('c', { client_secret: 'a new secret' }) })
  assert.deepEqual([(await it.from('192.0.2.1', secret)).status, (await it.from('192.0.2.1', 'a new secret')).status], [401, 200])
  const rotated = (await it.server.admin('/admin/clients/c/secrets/rotate', { method: 'POST' })).json.client_secret
  assert.deepEqual([(await it.from('192.0.2.1', 'a new secret')).status, (await it.from('192.0.2.1', rotated)).status], [200, 200])
  await it.server.admin('/admin/clients/c/secrets/rotate', { method: 'DELETE' })
  assert.deepEqual([(await it.from('192.0.2.1', 'a new secret')).status, (await it.from('192.0.2.1', rotated)).status], [401, 200])
})

test('concurrent wrong secrets are all counted; one secret sent many times at once counts once', async () => {
  await using it = await guessed()
  const guesses = await Promise.all(Array.from({ length: 60 }, (_, at) => it.from('192.0.2.1', `wrong ${at}`)))
  const hashed = guesses.filter(({ status }) => status === 401).length
  assert.deepEqual([hashed, guesses.filter(({ status }) => status === 429).length], [11, 49])
  const right = await Promise.all(Array.from({ length: 60 }, () => it.from('192.0.2.2', secret)))
  assert.deepEqual(new Set(right.map(({ status }) => status)), new Set([200]))
})

test('the waits are not stored, and generated secrets are protected in the same way', async () => {
  await using it = await guessed()
  const own = await registrant(it.server).registered({ grant_types: ['client_credentials'] })
  assert.deepEqual((await statuses(12, () => it.from('192.0.2.1', 'wrong', own.id))).slice(-2), [401, 429])
  assert.equal((await it.from('192.0.2.1', own.secret, own.id)).status, 429)
  assert.equal((await it.from('192.0.2.2', own.secret, own.id)).status, 200)
  assert.equal((await it.from('192.0.2.1', own.secret, own.id)).status, 200)
})
