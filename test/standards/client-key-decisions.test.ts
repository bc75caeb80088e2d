import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'
import { openDatabase } from '../../src/app.ts'
import type { FencedFetch } from '../../src/lib/fenced-fetch.ts'
import type { Jwk } from '../../src/protocol/jwks.ts'
import { clientStore } from '../../src/storage/clients.ts'
import { askTokenWith, type ClientKey, clientKey } from '../support/assertions.ts'
import { freshKey } from '../support/client-keys.ts'
import { keyWithLongExponent, rsaJwk } from '../support/costly-keys.ts'
import { assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// "The registration face, decided", size: which keys a client may have, how many, and what a signature may cost to verify.

const uri = 'https://app.example/jwks.json'
let remote: unknown[] = []
const fetch: FencedFetch = async () => ({ status: 200, headers: {}, body: JSON.stringify({ keys: remote }) })
const { database, migrateUp } = openDatabase({ dsn: { engine: 'memory' } })
await migrateUp()
const server = await startServer({ database, fetch: Object.assign(fetch, { async [Symbol.asyncDispose]() {} }) })
after(() => server[Symbol.asyncDispose]())
const { register, registered, created } = registrant(server)

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
const keyed = (keys: readonly object[]) => ({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } })
const administer = (json: object) => server.admin('/admin/clients', { method: 'POST', json })

/** Keys that an earlier rule let in. */
async function giveKeys(clientId: string, keys: readonly Jwk[]): Promise<void> {
  const client = await clientStore(database.read).find(clientId)
  assert.ok(client)
  const changed = { ...client, version: client.version + 1, metadata: { ...client.metadata, jwks: { keys } } }
  assert.equal(await database.transact((db) => clientStore(db).replace(changed)), true)
}

/** The status of a token request with an assertion by this key. */
const status = async (clientId: string, key: ClientKey) => (await askTokenWith(server, await key.sign(clientId, server.issuer))).status

test('an RSA key has 2048 to 4096 bits, and an odd exponent from 3 to 32 bits, on both faces', async () => {
  const good = [{ bits: 2048 }, { bits: 4096 }, { e: 3n }, { e: 2n ** 32n - 5n }]
  const bad = [
    ...[{ bits: 2040 }, { bits: 4104 }, { bits: 16_384 }, { isOdd: false }],
    ...[{ e: 1n }, { e: 2n }, { e: 65_536n }, { e: 2n ** 32n + 1n }, { e: 2n ** 3_070n + 1n }],
  ]
  for (const key of good.map(rsaJwk)) {
    const json = { ...minimal, jwks: { keys: [key] } }
    assert.deepEqual([(await register(json)).status, (await administer(json)).status], [201, 201])
  }
  for (const [at, key] of bad.map(rsaJwk).entries()) {
    const json = { ...minimal, jwks: { keys: [freshKey().publicJwk, key] } }
    assertRefused(await register(json), 'invalid_client_metadata', 'jwks', 'keys[1]', '4096')
    assert.equal((await administer(json)).status, 400, `${at}`)
  }
  const strange = [{ n: 5 }, { e: '' }, { n: '' }, { e: ['AQAB'] }, { kty: 'EC' }].map((members) => ({ ...rsaJwk(), ...members }))
  for (const key of strange) assertRefused(await register({ ...minimal, jwks: { keys: [key] } }), 'invalid_client_metadata', 'keys[0]')
  for (const keys of [null, {}, 5, [null], [5], [[]]])
    assertRefused(await register({ ...minimal, jwks: { keys } }), 'invalid_client_metadata', 'jwks')
})

test('16 keys are accepted, one more is refused on both faces; an update that does not grow is accepted', async () => {
  const keys = times(17, (at) => ({ ...freshKey().publicJwk, kid: `k${at}` }))
  const json = (count: number) => ({ ...minimal, jwks: { keys: keys.slice(0, count) } })
  const own = await registered(json(16))
  const given = await created(json(16))
  assertRefused(await register(json(17)), 'invalid_client_metadata', 'jwks', '16')
  assertRefused(await own.put(json(17)), 'invalid_client_metadata', 'jwks', '16')
  assert.equal((await administer(json(17))).status, 400)
  const setByAdmin = (count: number) => server.admin(`/admin/clients/${given.id}`, { method: 'PUT', json: json(count) })
  assert.equal((await setByAdmin(17)).status, 400)
  for (const { id } of [own, given]) await giveKeys(id, keys)
  assert.deepEqual([(await own.put(json(17))).status, (await setByAdmin(17)).status], [200, 200])
  const patch = [{ op: 'replace', path: '/client_name', value: 'U' }]
  assert.equal((await server.admin(`/admin/clients/${given.id}`, { method: 'PATCH', json: patch })).status, 200)
  assert.deepEqual([(await own.put(json(2))).status, (await own.put(json(17))).status], [200, 400])
})

test('keys have 32 KiB, the rest of the metadata 16 KiB; an update that does not grow is accepted', async () => {
  const certified = (length: number) => ({ ...freshKey().publicJwk, x5c: ['x'.repeat(length)] })
  const large = { jwks: { keys: [certified(16_000), certified(16_000)] } }
  const long = { request_uris: times(8, (at) => `https://app.example/${at}/${'x'.repeat(1_960)}`) }
  const tooLarge = { jwks: { keys: [certified(16_400), certified(16_400)] } }
  const tooLong = { request_uris: times(9, (at) => `https://app.example/${at}/${'x'.repeat(1_960)}`) }
  const own = await registered({ ...minimal, ...large, ...long })
  assertRefused(await register({ ...minimal, ...tooLarge }), 'invalid_client_metadata', 'jwks', '32 KiB')
  assertRefused(await register({ ...minimal, ...tooLong }), 'invalid_client_metadata', 'metadata', '16 KiB')
  assertRefused(await own.put({ ...minimal, ...tooLong }), 'invalid_client_metadata', '16 KiB')
  assert.equal((await administer({ ...minimal, ...tooLarge })).status, 400)
  const given = await created({ ...minimal, ...tooLong })
  await giveKeys(given.id, tooLarge.jwks.keys)
  assert.equal((await given.put({ ...minimal, ...tooLarge, ...tooLong })).status, 200)
  assertRefused(await given.put({ ...minimal, ...tooLarge, ...tooLong, contacts: ['a@example.org'] }), 'invalid_client_metadata', '16 KiB')
})

test('of a key its known public members are kept, on both faces', async () => {
  const { publicJwk, privateJwk } = freshKey()
  const known = { ...publicJwk, key_ops: ['verify'], x5u: 'https://app.example/', 'x5t#S256': 'x' }
  const json = { ...minimal, jwks: { keys: [{ ...known, more: 'x'.repeat(999), iat: 5 }], more: 'x' } }
  const own = await registered(json)
  assert.deepEqual(own.answer.json.jwks, { keys: [known] })
  assert.deepEqual((await own.put((await own.read()).json)).json.jwks, { keys: [known] })
  const given = await administer({ ...minimal, jwks: { keys: [{ ...privateJwk, more: 1 }] } })
  assert.deepEqual(given.json.jwks, { keys: [publicJwk] })
})

test('a key whose exponent makes a verification costly is not tried, wherever it comes from, and does not keep the others from use', async () => {
  const costly = keyWithLongExponent()
  const signer = await importJWK(costly.privateJwk, 'RS256')
  const now = Math.floor(Date.now() / 1000)
  const byCostly = async (id: string) => {
    const claims = { iss: id, sub: id, aud: server.issuer, jti: `${id} costly`, exp: now + 60 }
    return (await askTokenWith(server, await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(signer))).status
  }
  const key = await clientKey('RS256', { kid: undefined })
  const keys = [...times(15, () => costly.publicJwk), key.publicJwk]
  const stored = await registered(keyed([key.publicJwk]))
  await giveKeys(stored.id, keys)
  remote = [...times(32, () => ({ kty: 'oct' })), ...keys]
  const fetched = await registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri })
  for (const { id } of [stored, fetched]) assert.deepEqual([await byCostly(id), await status(id, key)], [401, 200])
})

test('at most four keys without a name are tried, two for ES512; one that says its algorithm comes first', async () => {
  for (const [alg, most] of [
    ['ES256', 4],
    ['RS256', 4],
    ['ES512', 2],
  ] as const) {
    const key = await clientKey(alg, { kid: undefined })
    const others = await Promise.all(
      times(most, async () => exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey) as Promise<Jwk>),
    )
    const { id: within } = await registered(keyed([...others.slice(1), key.publicJwk]))
    const { id: beyond } = await registered(keyed([...others, key.publicJwk]))
    const { id: said } = await registered(keyed([...others, ...others, { ...key.publicJwk, alg, use: 'sig' }]))
    const { id: named } = await registered(keyed([...others, ...others, { ...key.publicJwk, kid: 'mine' }]))
    assert.deepEqual([await status(within, key), await status(beyond, key), await status(said, key)], [200, 401, 200], alg)
    const byName = await key.sign(named, server.issuer, {}, { kid: 'mine' })
    assert.equal((await askTokenWith(server, byName)).status, 200, alg)
  }
})

test('failed assertions in a client’s name do not make it wait, whatever its method', async () => {
  const stranger = await clientKey()
  const own = await registered(machine)
  const key = await clientKey()
  const { id } = await registered(keyed([key.publicJwk]))
  for (let count = 0; count < 15; count++) {
    for (const target of [own.id, id]) assert.equal(await status(target, stranger), 401)
  }
  assert.deepEqual([(await own.askToken()).status, await status(id, key)], [200, 200])
})
