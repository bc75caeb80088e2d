import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { openDatabase } from '../../src/app.ts'
import { clientStore } from '../../src/storage/clients.ts'
import { signingKeyStore } from '../../src/storage/signing-keys.ts'
import { someClient } from '../storage/fresh-stores.ts'
import { readJwt, tokenBearer } from '../support/access-tokens.ts'
import { obtainCode, obtainTokens, redeem, registerLoginClient } from '../support/login-client.ts'
import { logoutDeliveries, startLogoutReceiver } from '../support/logout-deliveries.ts'
import { assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { startServer, type TestServer } from '../support/server.ts'

// "Tokens, decided": each client's ID tokens and userinfo are signed with what it registered, and RS256 is always there.

const set = 'hydra.openid.id-token'
const path = `/admin/keys/${set}`
const minutes = 60_000
const es256 = { id_token_signed_response_alg: 'ES256' }

/** A server whose clock the test moves, and the database it is on. */
async function setting() {
  const clock = { now: Date.now() }
  const { database, migrateUp } = openDatabase({ dsn: { engine: 'memory' } })
  await migrateUp()
  const server = await startServer({ database, clock: () => clock.now })
  const make = async (kid: string, alg = 'ES256', to = path) => {
    const made = await server.admin(to, { method: 'POST', json: { alg, use: 'sig', kid } })
    assert.equal(made.status, 201, made.text)
    return made.json.keys[0]
  }
  return {
    server,
    database,
    clock,
    make,
    /** The same, once it signs. */
    async makeSigning(kid: string, alg = 'ES256') {
      const key = await make(kid, alg)
      clock.now += 15 * minutes
      return key
    },
    keys: async (): Promise<{ kid: string; alg: string }[]> => (await server.admin(path)).json.keys,
    remove: (kid: string, query = '') => server.admin(`${path}${kid && '/'}${kid}${query}`, { method: 'DELETE' }),
    replace: (json: unknown, query = '') => server.admin(`${path}${query}`, { method: 'PUT', json }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const advertised = async (server: TestServer): Promise<string[]> => {
  const { json } = await server.public('/.well-known/openid-configuration')
  assert.deepEqual(json.userinfo_signing_alg_values_supported, ['none', ...json.id_token_signing_alg_values_supported])
  return json.id_token_signing_alg_values_supported
}

/** With what the ID token and the userinfo of a new login are signed, once both have been verified; the latter is undefined for JSON. */
async function signedWith(server: TestServer, members: object): Promise<[idToken: unknown, userinfo: unknown]> {
  const client = await registerLoginClient(server, { ...members })
  const { id_token, access_token } = await obtainTokens(server, client)
  const keys = createLocalJWKSet((await server.public('/.well-known/jwks.json')).json)
  const expected = { issuer: server.issuer, audience: client.id, currentDate: new Date(readJwt(id_token).payload.iat * 1000) }
  const { protectedHeader } = await jwtVerify(id_token, keys, expected)
  const info = await server.public('/userinfo', { bearer: access_token })
  assert.equal(info.status, 200, info.text)
  const isSigned = /^application\/jwt\b/.test(String(info.headers['content-type']))
  return [protectedHeader.alg, isSigned ? (await jwtVerify(info.text, keys, expected)).protectedHeader.alg : undefined]
}

suite('what signs', () => {
  test('OpenID Connect Registration §2: ID tokens and userinfo are signed as each client registered; RS256 and plain JSON where it registered nothing', async () => {
    await using it = await setting()
    await it.makeSigning('es')
    await it.makeSigning('ed', 'EdDSA')
    assert.deepEqual(await signedWith(it.server, {}), ['RS256', undefined])
    assert.deepEqual(await signedWith(it.server, es256), ['ES256', undefined])
    assert.deepEqual(await signedWith(it.server, { userinfo_signed_response_alg: 'none' }), ['RS256', undefined])
    assert.deepEqual(await signedWith(it.server, { userinfo_signed_response_alg: 'ES256' }), ['RS256', 'ES256'])
    assert.deepEqual(await signedWith(it.server, { ...es256, userinfo_signed_response_alg: 'EdDSA' }), ['ES256', 'EdDSA'])
    assert.deepEqual(await signedWith(it.server, { ...es256, userinfo_signed_response_alg: 'RS256' }), ['ES256', 'RS256'])
  })

  test('a rotation replaces the key of its own algorithm and leaves the others', async () => {
    await using it = await setting()
    const [rs] = await it.keys()
    await it.makeSigning('es')
    await it.makeSigning('es-2')
    const client = await registerLoginClient(it.server, es256)
    assert.equal(readJwt((await obtainTokens(it.server, client)).id_token).header.kid, 'es-2')
    const other = await registerLoginClient(it.server)
    assert.equal(readJwt((await obtainTokens(it.server, other)).id_token).header.kid, rs?.kid)
  })

  test('JWT access tokens are signed with the newest key of their set, whatever the client registered', async () => {
    await using it = await setting()
    it.server.reconfigure({ strategies: { access_token: 'jwt' } })
    await it.make('newest', 'ES384', '/admin/keys/hydra.jwt.access-token')
    it.clock.now += 15 * minutes
    const client = await registrant(it.server).registered(machine)
    assert.equal(readJwt(await tokenBearer(it.server).tokenOf(client)).header.kid, 'newest')
  })

  test('Back-Channel Logout §2.6: a logout token is signed as the ID tokens of its client', async () => {
    await using receiver = await startLogoutReceiver()
    await using deliveries = await logoutDeliveries()
    await deliveries.makeKey('ES256')
    await deliveries.addClient('rs', `${receiver.url}/rs`)
    await deliveries.addClient('es', `${receiver.url}/es`, { idTokenSignedResponseAlg: 'ES256' })
    await deliveries.queue('rs', 'es')
    await deliveries.deliver()
    const algs = receiver.received.map(({ path, form }) => [path, readJwt(form.get('logout_token') ?? '').header.alg])
    assert.deepEqual(Object.fromEntries(algs), { '/rs': 'RS256', '/es': 'ES256' })
  })
})

suite('what can be registered', () => {
  test('a new algorithm is advertised and can be registered from the time at which its key signs, on both faces', async () => {
    await using it = await setting()
    const { register, registered, created } = registrant(it.server)
    const [own, given] = [await registered(), await created(minimal)]
    const attempts = (): Promise<{ status: number }[]> =>
      Promise.all(
        [
          { ...minimal, ...es256 },
          { ...minimal, userinfo_signed_response_alg: 'ES256' },
        ].flatMap((json) => [
          register(json),
          own.put(json),
          it.server.admin('/admin/clients', { method: 'POST', json }),
          it.server.admin(`/admin/clients/${given.id}`, { method: 'PUT', json }),
        ]),
      )
    await it.make('es')
    it.clock.now += 15 * minutes - 1
    assert.deepEqual(await advertised(it.server), ['RS256'])
    assert.deepEqual(new Set((await attempts()).map(({ status }) => status)), new Set([400]))
    it.clock.now += 1
    assert.deepEqual(await advertised(it.server), ['RS256', 'ES256'])
    for (const json of [
      { ...minimal, ...es256 },
      { ...minimal, userinfo_signed_response_alg: 'ES256' },
    ]) {
      const patch = Object.entries(json).map(([name, value]) => ({ op: 'add', path: `/${name}`, value }))
      const answers = [
        await register(json),
        await own.put(json),
        await it.server.admin('/admin/clients', { method: 'POST', json }),
        await it.server.admin(`/admin/clients/${given.id}`, { method: 'PUT', json }),
        await it.server.admin(`/admin/clients/${given.id}`, { method: 'PATCH', json: patch }),
      ]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [201, 200, 201, 200, 200],
      )
    }
    for (const alg of ['HS256', 'none', 'ES512', 'es256']) {
      const refused = await register({ ...minimal, id_token_signed_response_alg: alg })
      assertRefused(refused, 'invalid_client_metadata', 'id_token_signed_response_alg', 'RS256, ES256')
    }
  })

  test('an algorithm in force may stay when its last key is gone: the client is not kept from other changes', async () => {
    await using it = await setting()
    await it.makeSigning('es')
    const { registered, register } = registrant(it.server)
    const client = await registered({ ...minimal, ...es256 })
    assert.equal((await it.remove('es', '?force=true')).status, 204)
    assert.deepEqual(await advertised(it.server), ['RS256'])
    assert.equal((await client.put({ ...minimal, ...es256, client_name: 'U' })).status, 200)
    assert.equal((await register({ ...minimal, ...es256 })).status, 400)
  })
})

suite('RS256 is always there', () => {
  const signsWithRs256 = async ({ server, keys }: Awaited<ReturnType<typeof setting>>) => {
    assert.deepEqual((await signedWith(server, {}))[0], 'RS256')
    assert.equal((await advertised(server))[0], 'RS256')
    return (await keys()).filter(({ alg }) => alg === 'RS256')
  }

  test('where the operator deletes its key, or the whole set, another is made; where an older one is there, that goes on', async () => {
    await using it = await setting()
    await it.makeSigning('es')
    const [first] = await signsWithRs256(it)
    await it.remove(first?.kid ?? '')
    const [second] = await signsWithRs256(it)
    assert.notEqual(second?.kid, first?.kid)
    await it.makeSigning('rs', 'RS256')
    await it.remove('rs')
    assert.equal((await signsWithRs256(it)).at(-1)?.kid, second?.kid)
    assert.equal((await it.remove('')).status, 204)
    assert.equal((await signsWithRs256(it)).length, 1)
  })

  test('where the operator replaces the set by keys of other algorithms, its key goes on', async () => {
    await using it = await setting()
    const [first] = await it.keys()
    const key = await it.make('mine', 'ES256', '/admin/keys/mine')
    await it.server.admin('/admin/keys/mine', { method: 'DELETE' })
    assert.equal((await it.replace({ keys: [key] })).status, 200)
    it.clock.now += 24 * 60 * minutes
    assert.deepEqual(
      (await signsWithRs256(it)).map(({ kid }) => kid),
      [first?.kid],
    )
    assert.deepEqual((await signedWith(it.server, es256))[0], 'ES256')
  })

  test('at start-up: a set in which it has retired gets a new key, one in which it is about to retire keeps it', async () => {
    for (const [inMinutes, isNew] of [
      [-1, true],
      [10, false],
    ] as const) {
      // biome-ignore format: a table
      const { database, migrateUp } = openDatabase({ dsn: { engine: 'memory' } })
      await migrateUp()
      const kids = async () => (await signingKeyStore(database.read).inSet(set)).map(({ kid }) => kid)
      const close = database.close
      database.close = async () => {}
      await (await startServer({ database }))[Symbol.asyncDispose]()
      const [old = ''] = await kids()
      await database.transact((db) => signingKeyStore(db).retire(old, Date.now() + inMinutes * minutes))
      database.close = close
      await using server = await startServer({ database })
      const client = await registerLoginClient(server)
      const { header } = readJwt((await obtainTokens(server, client)).id_token)
      assert.deepEqual([header.alg, header.kid !== old, (await kids()).length], ['RS256', isNew, isNew ? 2 : 1])
      const [lasting] = (await signingKeyStore(database.read).inSet(set)).filter(({ retiredAt }) => retiredAt === undefined)
      assert.equal(lasting?.kid, header.kid)
    }
  })
})

suite('the last key of an algorithm that clients registered', () => {
  test('is deleted only by force, alone or with its set; the refusal shows how many clients there are', async () => {
    await using it = await setting()
    const key = await it.makeSigning('es')
    const before = await it.keys()
    await registrant(it.server).registered({ ...minimal, ...es256 })
    await registrant(it.server).registered({ ...minimal, userinfo_signed_response_alg: 'ES256' })
    await registrant(it.server).registered({ ...minimal, ...es256, userinfo_signed_response_alg: 'ES256' })
    const [rs] = before.filter(({ alg }) => alg === 'RS256')
    const { d: _, ...half } = key
    const refused = [
      await it.remove('es'),
      await it.remove(''),
      await it.remove('es', '?force=false'),
      await it.replace({ keys: [rs] }),
      await it.server.admin(`${path}/es`, { method: 'PUT', json: half }),
    ]
    for (const { status, text } of refused) {
      assert.equal(status, 409, text)
      assert.match(text, /\b3 OAuth 2.0 Client\(s\) registered ES256\b.*force=true/)
    }
    assert.deepEqual(await it.keys(), before, 'nothing changed')
    assert.equal((await it.replace({ keys: before })).status, 200)
    assert.equal((await it.remove('es', '?force=true')).status, 204)
    assert.deepEqual((await it.keys()).map(({ alg }) => alg), ['RS256']) // biome-ignore format: one line
  })

  test('can be deleted where another key for it is there, or no client is left that registered it', async () => {
    await using it = await setting()
    await it.makeSigning('es')
    const client = await registrant(it.server).registered({ ...minimal, ...es256 })
    await it.make('es-2')
    assert.equal((await it.remove('es')).status, 204)
    assert.equal((await it.remove('es-2')).status, 409)
    await client.put(minimal)
    assert.equal((await it.remove('es-2')).status, 204)
  })

  test('is counted up to a thousand clients, then "1000+"', async () => {
    await using it = await setting()
    await it.makeSigning('es')
    await it.database.transact(async (db) => {
      for (let at = 0; at < 1_200; at++)
        await clientStore(db).add(someClient(`c${at}`, { metadata: { idTokenSignedResponseAlg: 'ES256' } }))
    })
    assert.match((await it.remove('es')).text, / 1000\+ OAuth|"1000\+ OAuth/)
  })

  test('where it was deleted by force, its clients get no ID token that they would refuse: 503 until there is a key again', async () => {
    await using it = await setting()
    await it.makeSigning('es')
    const client = await registerLoginClient(it.server, es256)
    await it.remove('es', '?force=true')
    const refused = await redeem(it.server, client, await obtainCode(it.server, client))
    assert.deepEqual([refused.status, 'retry-after' in refused.headers], [503, true])
    assert.ok(it.server.lines.some((line) => JSON.stringify(line).includes('no key of hydra.openid.id-token can sign with ES256')))
    await it.make('again')
    assert.equal(readJwt((await obtainTokens(it.server, client)).id_token).header.kid, 'again')
  })
})
