import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { importJWK, type JWK } from 'jose'
import { runCommand, temporaryFolder } from '../support/program.ts'
import { startServer, systemSecret } from '../support/server.ts'
import { spawnServer } from '../support/spawned-server.ts'

let folder = ''
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const older = systemSecret
const newer = 'a-newer-system-secret-for-tests-only'
const onFile = (...system: string[]) => ({ dsn: `sqlite://${join(folder, 'data.sqlite')}`, secrets: { system } })

async function publishedKeys(settings: Record<string, unknown>): Promise<(JWK & { kid: string })[]> {
  await using server = await startServer({ settings })
  const answer = await server.public('/.well-known/jwks.json')
  assert.equal(answer.status, 200)
  return answer.json.keys
}

test('the first start creates two RSA keys; only their public parts are published (RFC 7517 §9.2)', async () => {
  await using server = await startServer()
  const answer = await server.public('/.well-known/jwks.json')
  assert.match(String(answer.headers['content-type']), /^application\/json/)
  assert.match(String(answer.headers['cache-control']), /max-age=\d+/)
  const { keys } = answer.json
  assert.equal(keys.length, 2)
  assert.equal(new Set(keys.map(({ kid }: JWK) => kid)).size, 2)
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
    assert.deepEqual([key.kty, key.alg, key.use], ['RSA', 'RS256', 'sig'])
    assert.equal(Buffer.from(key.n, 'base64url').length * 8, 2048)
    assert.equal(((await importJWK(key)) as CryptoKey).type, 'public')
  }
})

test('the keys survive a restart on the same file', async () => {
  const first = await publishedKeys(onFile(older))
  assert.deepEqual(await publishedKeys(onFile(older)), first)
})

test('the private keys are stored encrypted', async () => {
  const [key] = await publishedKeys(onFile(older))
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  assert.ok(files.join().includes(key?.kid ?? '-'))
  for (const member of ['"d":', '"p":', '"qi":', 'PRIVATE KEY']) assert.ok(!files.join().includes(member), member)
})

test('with a wrong system secret the server does not start and names the setting and the keys', async () => {
  const keys = await publishedKeys(onFile(older))
  const refused = await startServer({ settings: onFile(newer) }).then(
    () => assert.fail('it started'),
    (error: Error) => error.message,
  )
  assert.match(refused, /^secrets\.system: /)
  for (const { kid } of keys) assert.ok(refused.includes(kid))
  assert.deepEqual(await publishedKeys(onFile(older)), keys)
})

test('the program reports it in one line and exits with 1', async () => {
  const database = { dsn: `sqlite://${join(folder, 'data.sqlite')}` }
  {
    await using server = await spawnServer(database)
    server.process.kill('SIGTERM')
    assert.equal(await server.ended(), 0)
  }
  const env = {
    DSN: database.dsn,
    SECRETS_SYSTEM: newer,
    URLS_SELF_ISSUER: 'https://auth.example.com/',
    SERVE_PUBLIC_PORT: '0',
    SERVE_ADMIN_PORT: '0',
  }
  const { code, output } = await runCommand(['serve', 'all'], { folder, env })
  assert.equal(code, 1)
  assert.match(output, /^clientele: secrets\.system: no secret in the list decrypts the signing keys .*$/m)
  assert.doesNotMatch(output, /^ +at /m)
})

test('with a new first system secret and the old one listed the keys are encrypted again; then the old one can be removed', async () => {
  const keys = await publishedKeys(onFile(older))
  assert.deepEqual(await publishedKeys(onFile(newer, older)), keys)
  assert.deepEqual(await publishedKeys(onFile(newer)), keys)
  await assert.rejects(startServer({ settings: onFile(older) }), /^SealedKeysLost: secrets\.system/)
})

test('a new system secret listed last changes nothing: the old one alone still decrypts', async () => {
  const keys = await publishedKeys(onFile(older))
  assert.deepEqual(await publishedKeys(onFile(older, newer)), keys)
  assert.deepEqual(await publishedKeys(onFile(older)), keys)
})
