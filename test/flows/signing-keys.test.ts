import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { openDatabase } from '../../src/app.ts'
import { signingKeyStore } from '../../src/storage/signing-keys.ts'
import { readJwt, tokenBearer } from '../support/access-tokens.ts'
import { machine, registrant } from '../support/registrant.ts'
import { startServer, type TestServer } from '../support/server.ts'

const set = 'hydra.jwt.access-token'
const path = `/admin/keys/${set}`
const minutes = 60_000

const folder = mkdtempSync(join(tmpdir(), 'clientele-keys-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** Servers on one database, as the nodes of one service, with a clock of the test. */
async function startNodes(count: number, more: Record<string, unknown> = {}) {
  const clock = { now: Date.now() }
  const file = join(folder, `${files++}.sqlite`)
  const issuer = 'http://127.0.0.1:4444/'
  const settings = { dsn: `sqlite://${file}`, urls: { self: { issuer } }, strategies: { access_token: 'jwt' }, ...more }
  const nodes: TestServer[] = []
  for (let at = 0; at < count; at++) nodes.push(await startServer({ settings, clock: () => clock.now }))
  return {
    clock,
    file,
    settings,
    nodes: nodes as [TestServer, ...TestServer[]],
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]()
    },
  }
}

const rotate = async (node: TestServer, kid: string, alg = 'ES256') => {
  const made = await node.admin(path, { method: 'POST', json: { alg, use: 'sig', kid } })
  assert.equal(made.status, 201, made.text)
}
const kidsOf = async (node: TestServer): Promise<string[]> =>
  (await node.public('/.well-known/jwks.json')).json.keys.map(({ kid }: { kid: string }) => kid)
const client = (node: TestServer) => registrant(node).registered(machine)

/** Runs the job at once, which otherwise runs once a minute. */
async function removeExpired(file: string, now: number): Promise<number> {
  const { database, close } = openDatabase({ dsn: { engine: 'sqlite', path: file } })
  const count = await database.transact((db) => signingKeyStore(db).removeExpired(now, 100))
  await close()
  return count
}

suite('rotation of signing keys', () => {
  test('a new key is published at once and signs after publish_before_use; the old one is published until its last token has expired', async () => {
    await using service = await startNodes(1, { ttl: { access_token: '2h' } })
    const { nodes, clock, file } = service
    const [node] = nodes
    const { isActive, tokenOf } = tokenBearer(node)
    const owner = await client(node)
    const signedBy = async () => String(readJwt(await tokenOf(owner)).header.kid)
    const first = await signedBy()
    await rotate(node, 'second')
    assert.deepEqual([(await kidsOf(node)).includes('second'), await signedBy()], [true, first])
    clock.now += 15 * minutes - 1
    const last = await tokenOf(owner)
    assert.equal(readJwt(last).header.kid, first)
    clock.now += 1
    assert.equal(await signedBy(), 'second')
    clock.now += 119 * minutes
    assert.equal(await removeExpired(file, clock.now), 0)
    assert.deepEqual([await isActive(last), (await kidsOf(node)).includes(first)], [true, true])
    clock.now += 90 * minutes
    assert.equal(await removeExpired(file, clock.now), 1)
    clock.now += 10_000
    assert.equal((await kidsOf(node)).includes(first), false)
    assert.equal(await signedBy(), 'second')
  })

  test('if a key is deleted before it has signed, its predecessor keeps signing', async () => {
    await using service = await startNodes(1)
    const { nodes, clock, file } = service
    const [node] = nodes
    const { tokenOf } = tokenBearer(node)
    const owner = await client(node)
    const first = readJwt(await tokenOf(owner)).header.kid
    await rotate(node, 'regretted')
    assert.equal((await node.admin(`${path}/regretted`, { method: 'DELETE' })).status, 204)
    clock.now += 24 * 60 * minutes
    assert.equal(await removeExpired(file, clock.now), 0)
    assert.equal(readJwt(await tokenOf(owner)).header.kid, first)
  })

  test('a deleted key is removed at once, its tokens become invalid, and the set gets a new key', async () => {
    await using service = await startNodes(1)
    const [node] = service.nodes
    const { isActive, tokenOf } = tokenBearer(node)
    const owner = await client(node)
    const leaked = await tokenOf(owner)
    assert.equal((await node.admin(path, { method: 'DELETE' })).status, 204)
    assert.equal((await kidsOf(node)).includes(String(readJwt(leaked).header.kid)), false)
    assert.deepEqual([await isActive(leaked), await isActive(await tokenOf(owner))], [false, true])
  })

  test('concurrent rotations all succeed, and one key signs at the end', async () => {
    await using service = await startNodes(2)
    const { nodes, clock } = service
    const [node, other = node] = nodes
    await Promise.all([rotate(node, 'a'), rotate(other, 'b'), rotate(node, 'c'), rotate(other, 'd')])
    clock.now += 15 * minutes
    const owner = await client(node)
    const by = await Promise.all([node, other].map(async (one) => readJwt(await tokenBearer(one).tokenOf(owner)).header.kid))
    assert.equal(by[0], by[1])
    assert.ok(['a', 'b', 'c', 'd'].includes(String(by[0])))
  })
})

suite('keys on several nodes', () => {
  test('a key of another node is used without a restart: within ten seconds, or as soon as a token is signed with it', async () => {
    await using service = await startNodes(2)
    const { nodes, clock } = service
    const [node, other = node] = nodes
    await kidsOf(other)
    await rotate(node, 'made-elsewhere')
    clock.now += 10_000
    assert.ok((await kidsOf(other)).includes('made-elsewhere'))
    await node.admin(path, { method: 'DELETE' })
    clock.now += 1_000
    const token = await tokenBearer(node).tokenOf(await client(node))
    assert.equal(await tokenBearer(other).isActive(token), true)
  })
})

suite('the encryption of the keys', () => {
  const secrets = (...system: string[]) => ({ secrets: { system } })

  test('a node with a newer system secret encrypts the keys again; a node without it keeps signing with its cached keys', async () => {
    await using service = await startNodes(1, secrets('the-old-secret-of-last-year'))
    const { nodes, clock, settings } = service
    const [node] = nodes
    const owner = await client(node)
    const { header } = readJwt(await tokenBearer(node).tokenOf(owner))
    const both = secrets('the-new-secret-of-this-year', 'the-old-secret-of-last-year')
    await using newer = await startServer({ settings: { ...settings, ...both }, clock: () => clock.now })
    assert.equal(readJwt(await tokenBearer(newer).tokenOf(owner)).header.kid, header.kid)
    clock.now += 10_000
    assert.equal(readJwt(await tokenBearer(node).tokenOf(owner)).header.kid, header.kid)
    await using newest = await startServer({ settings: { ...settings, ...secrets('the-new-secret-of-this-year') }, clock: () => clock.now })
    assert.equal(readJwt(await tokenBearer(newest).tokenOf(owner)).header.kid, header.kid)
    const start = startServer({ settings: { ...settings, ...secrets('a-secret-that-sealed-nothing') } })
    await assert.rejects(start, new RegExp(`secrets.system: .*${header.kid}`))
  })
})

suite('keys of the operator', () => {
  test('putting back a set that was read changes nothing', async () => {
    await using service = await startNodes(1)
    const [node] = service.nodes
    await rotate(node, 'second')
    const before = (await node.admin(path)).json
    const again = await node.admin(path, { method: 'PUT', json: before })
    assert.equal(again.status, 200, again.text)
    assert.deepEqual((await node.admin(path)).json, before)
  })

  test('imported keys start signing like created ones, the first in the list first; omitted keys sign until then', async () => {
    await using service = await startNodes(1)
    const { nodes, clock, file } = service
    const [node] = nodes
    const { isActive, tokenOf } = tokenBearer(node)
    const owner = await client(node)
    const token = await tokenOf(owner)
    for (const kid of ['older', 'newer']) await node.admin('/admin/keys/mine', { method: 'POST', json: { alg: 'EdDSA', use: 'sig', kid } })
    const { json: mine } = await node.admin('/admin/keys/mine')
    const { status } = await node.admin(path, { method: 'PUT', json: mine })
    assert.equal(status, 409, 'a kid is unique, as sets are published together')
    await node.admin('/admin/keys/mine', { method: 'DELETE' })
    assert.equal((await node.admin(path, { method: 'PUT', json: mine })).status, 200)
    assert.equal(readJwt(await tokenOf(owner)).header.kid, readJwt(token).header.kid)
    clock.now += 15 * minutes
    assert.equal(readJwt(await tokenOf(owner)).header.kid, 'newer')
    assert.equal(await isActive(token), true)
    await rotate(node, 'newest')
    clock.now += 23 * 60 * minutes
    await removeExpired(file, clock.now)
    clock.now += 10_000
    assert.deepEqual((await kidsOf(node)).slice(-3), ['newest', 'newer', 'older'], 'an imported key may have signed elsewhere')
  })

  test('a public key in a signing set is kept by rotations', async () => {
    await using service = await startNodes(1)
    const { nodes, clock, file } = service
    const [node] = nodes
    const { json } = await node.admin('/admin/keys/mine', { method: 'POST', json: { alg: 'ES256', use: 'sig', kid: 'elsewhere' } })
    const { d: _, ...half } = json.keys[0]
    await node.admin('/admin/keys/mine', { method: 'DELETE' })
    assert.equal((await node.admin(`${path}/elsewhere`, { method: 'PUT', json: half })).status, 200)
    await rotate(node, 'second')
    clock.now += 48 * 60 * minutes
    assert.equal(await removeExpired(file, clock.now), 1)
    clock.now += 10_000
    assert.deepEqual((await kidsOf(node)).slice(-2), ['second', 'elsewhere'])
    assert.equal(readJwt(await tokenBearer(node).tokenOf(await client(node))).header.kid, 'second')
  })

  test('an incomplete, weak or symmetric key is refused, and nothing changes', async () => {
    await using node = await startServer()
    const set = async (kid: string, alg: string) =>
      (await node.admin('/admin/keys/mine', { method: 'POST', json: { alg, kid, use: 'sig' } })).json.keys[0]
    const [ec, other, rsa] = [await set('ec', 'ES256'), await set('other', 'ES256'), await set('rsa', 'RS256')]
    const before = (await node.admin('/admin/keys/mine')).json
    const bad = [
      { kty: 'oct', k: 'AAECAwQFBgcICQ', alg: 'HS256', kid: 'x' },
      { ...ec, kid: 'x', d: other.d },
      { ...ec, kid: 'x', alg: 'RS256' },
      { ...ec, kid: 'x', alg: 'none' },
      { ...ec, kid: 'x', crv: 'P-512' },
      { ...ec, kid: 'x', use: 'both' },
      { ...ec, kid: 5 },
      { ...ec, kid: 'a\u0000b' },
      { ...rsa, kid: 'x', n: rsa.n.slice(0, 170) },
      'a text',
    ]
    for (const key of bad) {
      const one = await node.admin('/admin/keys/mine/x', { method: 'PUT', json: key })
      assert.equal(one.status, 400, JSON.stringify(key))
      assert.equal((await node.admin('/admin/keys/mine', { method: 'PUT', json: { keys: [key] } })).status, 400)
    }
    assert.equal(
      (
        await node.admin('/admin/keys/mine', {
          method: 'PUT',
          json: {
            keys: [
              { ...ec, kid: 'y' },
              { ...other, kid: 'y' },
            ],
          },
        })
      ).status,
      400,
    )
    for (const json of [[], 5, { keys: {} }, {}]) assert.equal((await node.admin('/admin/keys/mine', { method: 'PUT', json })).status, 400)
    assert.deepEqual((await node.admin('/admin/keys/mine')).json, before)
    for (const name of ['a%00b', 'x'.repeat(256)]) {
      assert.equal((await node.admin(`/admin/keys/${name}`, { method: 'POST', json: { alg: 'ES256', use: 'sig' } })).status, 400)
      assert.equal((await node.admin(`/admin/keys/${name}`)).status, 404)
      assert.equal((await node.admin(`/admin/keys/${name}`, { method: 'DELETE' })).status, 204)
    }
  })

  test('private keys are shown to administrators, stored encrypted and never published', async () => {
    await using service = await startNodes(1, { webfinger: { jwks: { broadcast_keys: ['mine'] } } })
    const { nodes, file } = service
    const [node] = nodes
    const made = await node.admin('/admin/keys/mine', { method: 'POST', json: { alg: 'RS256', use: 'sig', kid: 'r' } })
    assert.match(String(made.headers['cache-control']), /no-store/)
    const [key] = made.json.keys
    assert.deepEqual((await node.admin('/admin/keys/mine/r')).json, { keys: [key] })
    const published = (await node.public('/.well-known/jwks.json')).json.keys
    const { d, p, q, dp, dq, qi, ...half } = key
    assert.deepEqual(
      published.find(({ kid }: { kid: string }) => kid === 'r'),
      half,
    )
    const everything = readFileSync(file, 'latin1') + readFileSync(`${file}-wal`, 'latin1')
    for (const part of [d, p, q, dp, dq, qi]) assert.ok(part && !everything.includes(part))
  })

  test('the operator’s sets are published if the settings list them, while the server runs', async () => {
    await using node = await startServer()
    await node.admin('/admin/keys/mine', { method: 'POST', json: { alg: 'ES256', use: 'sig', kid: 'k' } })
    const isPublished = async () => (await kidsOf(node)).includes('k')
    assert.equal(await isPublished(), false)
    node.reconfigure({ webfinger: { jwks: { broadcast_keys: ['mine', 'no-such-set'] } } })
    assert.equal(await isPublished(), true)
    assert.equal((await kidsOf(node)).length, 3)
  })
})
