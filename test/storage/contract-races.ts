import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeAudit } from '../../src/core/audit/audit.ts'
import { ChosenSecrets, hashMadeSecret } from '../../src/core/clients/secrets.ts'
import { deleteClientByAdmin } from '../../src/core/registration/delete-client.ts'
import { registerClient } from '../../src/core/registration/register-client.ts'
import { rotateSecret } from '../../src/core/registration/rotate-secret.ts'
import { updateClient } from '../../src/core/registration/update-client.ts'
import { issueAccessToken } from '../../src/core/tokens/issue-access-token.ts'
import { Bcrypt } from '../../src/lib/bcrypt.ts'
import { sha256 } from '../../src/lib/hash.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { silence } from '../../src/lib/telemetry.ts'
import { areActive, obtainTokens, refresh, registerLoginClient } from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { type FreshStores, freshStores, type OpenDatabase } from './fresh-stores.ts'

const fence = { allowPrivate: false, exceptions: [] }

/** The real acts of core with this database. */
function actsOf({ act, read, keepAccessToken }: FreshStores) {
  const outside = { clock: Date.now, randomness: systemRandomness, telemetry: silence }
  const deps = {
    ...read,
    ...outside,
    transaction: act,
    keepAccessToken,
    audit: makeAudit({ ...outside, retention: () => 3_600_000 }),
    secrets: new ChosenSecrets(systemRandomness, new Bcrypt()),
    rules: () => ({ dotlessSchemes: [], fence, subjectTypes: ['public'] }),
    signingAlgs: async () => ['RS256'],
    sectorFault: async () => undefined,
    policy: () => ({ defaultScope: ['openid'], allowedScope: [], allowedAudience: undefined }),
  }
  return {
    register: registerClient(deps),
    update: updateClient(deps),
    remove: deleteClientByAdmin(deps),
    rotate: rotateSecret({ ...deps, rules: () => ({ defaultScope: [], dotlessSchemes: [], fence, subjectTypes: ['public'] }) }),
    issue: issueAccessToken({ ...deps, signJwt: () => Promise.reject(new Error('an opaque token needs no signature')) }),
  }
}

const metadata = { grant_types: ['client_credentials'] }

async function register(server: TestServer, over: Record<string, unknown> = {}) {
  const { status, json } = await server.public('/oauth2/register', { method: 'POST', json: { ...metadata, ...over } })
  assert.equal(status, 201)
  return { path: `/oauth2/register/${json.client_id}`, admin: `/admin/clients/${json.client_id}`, ...json }
}

/** Wrong secrets are counted by source address, so each attempt has its own. */
let addresses = 0
const behindProxy = { serve: { public: { trusted_proxies: ['127.0.0.1/32'] } } }

const authenticates = async (server: TestServer, id: string, secret: string): Promise<boolean> => {
  const headers = { 'x-forwarded-for': `203.0.${Math.floor(++addresses / 250)}.${addresses % 250}` }
  const sent = { method: 'POST', headers, basic: [id, secret] as const, form: { grant_type: 'client_credentials' } }
  const answer = await server.public('/oauth2/token', sent)
  assert.ok([200, 401].includes(answer.status), answer.text)
  return answer.status === 200
}

const times = <T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)))

export function raceContract(open: OpenDatabase): void {
  describe('of concurrent updates with one registration access token (RFC 7592 §2.2)', () => {
    test('exactly one succeeds, called directly', async () => {
      await using stores = await freshStores(open)
      const { register, update } = actsOf(stores)
      const { client, registrationAccessToken: token } = await register(metadata)
      const settled = await Promise.allSettled(
        Array.from({ length: 50 }, (_, at) => update(client.clientId, token, () => ({ ...metadata, client_name: `n${at}` }))),
      )
      const won = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      assert.equal(won.length, 1)
      for (const result of settled) if (result.status === 'rejected') assert.equal(result.reason.message, 'registration-token-refused')
      const found = await stores.read.registrationTokens.findClient(client.clientId)
      assert.deepEqual(found, { client: won[0]?.client, hash: sha256(won[0]?.registrationAccessToken ?? '') })
    })

    test('exactly one succeeds over HTTP: its token and values are in force, the others get 401', async () => {
      await using server = await startServer({ database: await open() })
      const { path, registration_access_token: bearer } = await register(server)
      const answers = await times(40, (at) => server.public(path, { method: 'PUT', bearer, json: { ...metadata, client_name: `n${at}` } }))
      const won = answers.filter(({ status }) => status === 200)
      assert.equal(won.length, 1)
      assert.equal(answers.filter(({ status }) => status === 401).length, 39)
      assert.equal((await server.public(path, { bearer })).status, 401)
      const read = await server.public(path, { bearer: won[0]?.json.registration_access_token })
      assert.equal(read.json.client_name, won[0]?.json.client_name)
    })
  })

  describe('concurrent rotations of a secret', () => {
    test('50 in one turn of the event loop, called directly: each builds on the previous one, none is refused', async () => {
      await using stores = await freshStores(open)
      const { register, rotate } = actsOf(stores)
      const { client } = await register(metadata)
      const rotated = await times(50, () => rotate(client.clientId, 'admin:local'))
      const hashes = rotated.map((changed) => hashMadeSecret(changed.clientSecret ?? ''))
      const found = await stores.read.clients.find(client.clientId)
      assert.equal(found?.version, 51)
      const working = [found?.secretHash, ...(found?.rotatedSecretHashes ?? [])]
      assert.equal(new Set(working).size, 6)
      for (const hash of working) assert.ok(hashes.includes(hash ?? ''))
    })

    test('6 over HTTP: each gets a valid secret, and the secret before them is the first to become invalid', async () => {
      await using server = await startServer({ database: await open(), settings: behindProxy })
      const { admin, client_id: id, client_secret: original } = await register(server)
      const answers = await times(6, () => server.admin(`${admin}/secrets/rotate`, { method: 'POST' }))
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(6).fill(200),
      )
      const working = await times(6, (at) => authenticates(server, id, answers[at]?.json.client_secret))
      assert.deepEqual(working, Array(6).fill(true))
      assert.equal(await authenticates(server, id, original), false)
    })

    test('20 over HTTP: none is refused, and exactly 6 of the secrets are valid', async () => {
      await using server = await startServer({ database: await open(), settings: behindProxy })
      const { admin, client_id: id } = await register(server)
      const answers = await times(20, () => server.admin(`${admin}/secrets/rotate`, { method: 'POST' }))
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(20).fill(200),
      )
      const working = await times(20, (at) => authenticates(server, id, answers[at]?.json.client_secret))
      assert.equal(working.filter(Boolean).length, 6)
    })
  })

  describe('concurrent updates of an administrator and the owner', () => {
    test('never mix: all metadata is from one of them, the operator’s settings stay, and the owner’s new token is valid', async () => {
      await using server = await startServer({ database: await open() })
      const { path, admin, registration_access_token } = await register(server)
      let bearer: string = registration_access_token
      for (let round = 0; round < 10; round++) {
        const words = (who: string) => ({ ...metadata, client_name: `${who}-${round}`, contacts: [`${who}-${round}@app.example`] })
        const byOwner = () => server.public(path, { method: 'PUT', bearer, json: words('owner') })
        const byAdmin = () => server.admin(admin, { method: 'PUT', json: { ...words('admin'), metadata: { round } } })
        const begun = round % 2 ? [byOwner(), byAdmin()] : [byAdmin(), byOwner()]
        const answers = await Promise.all(begun)
        assert.deepEqual(
          answers.map(({ status }) => status),
          [200, 200],
        )
        bearer = answers.map(({ json }) => json.registration_access_token).find(Boolean)
        const { json } = await server.admin(admin)
        assert.deepEqual(json.contacts, [`${json.client_name}@app.example`])
        assert.match(json.client_name, new RegExp(`^(?:owner|admin)-${round}$`))
        assert.deepEqual(json.metadata, { round })
        assert.equal((await server.public(path, { bearer })).json.client_name, json.client_name)
      }
    })

    test('of two clients with one id exactly one is created, the other is 409', async () => {
      await using server = await startServer({ database: await open() })
      const answers = await times(8, (at) =>
        server.admin('/admin/clients', { method: 'POST', json: { ...metadata, client_id: 'one', client_name: `n${at}` } }),
      )
      const [made, ...others] = answers.toSorted((a, b) => a.status - b.status)
      assert.equal(made?.status, 201)
      assert.deepEqual(
        others.map(({ status }) => status),
        Array(7).fill(409),
      )
      assert.equal((await server.admin('/admin/clients/one')).json.client_name, made?.json.client_name)
      assert.equal(await authenticates(server, 'one', made?.json.client_secret), true)
      assert.equal((await server.public('/oauth2/register/one', { bearer: made?.json.registration_access_token })).status, 200)
    })
  })

  describe('a deletion with another concurrent request (RFC 7592 §2.3)', () => {
    test('of the owner’s update and deletion with one token exactly one succeeds', async () => {
      await using server = await startServer({ database: await open() })
      for (let round = 0; round < 6; round++) {
        const { path, registration_access_token: bearer } = await register(server)
        const update = () => server.public(path, { method: 'PUT', bearer, json: metadata })
        const remove = () => server.public(path, { method: 'DELETE', bearer })
        const answers = await Promise.all(round % 2 ? [update(), remove()] : [remove(), update()])
        const [one, other] = answers.toSorted((a, b) => a.status - b.status)
        assert.equal(other?.status, 401)
        const next = one?.json?.registration_access_token
        assert.equal((await server.public(path, { bearer: next ?? bearer })).status, one?.status === 204 ? 401 : 200)
      }
    })

    test('after an administrator’s deletion and the owner’s update the client is deleted, in either order', async () => {
      await using server = await startServer({ database: await open() })
      for (let round = 0; round < 6; round++) {
        const { path, admin, registration_access_token: bearer } = await register(server)
        const update = () => server.public(path, { method: 'PUT', bearer, json: metadata })
        const remove = () => server.admin(admin, { method: 'DELETE' })
        const answers = await Promise.all(round % 2 ? [update(), remove()] : [remove(), update()])
        assert.ok(answers.some(({ status }) => status === 204))
        assert.ok(answers.every(({ status }) => [200, 204, 401].includes(status)))
        for (const { json } of answers)
          assert.equal((await server.public(path, { bearer: json?.registration_access_token ?? bearer })).status, 401)
        assert.equal((await server.admin(admin)).status, 404)
      }
    })

    test('a token that is asked for while its client is removed is refused, or is dead when both acts are over', async () => {
      await using stores = await freshStores(open)
      const { register, remove, issue } = actsOf(stores)
      const { client } = await register(metadata)
      const { clientId } = client
      const order = {
        clientId,
        subject: clientId,
        scope: [],
        audience: [],
        lifespan: 60_000,
        grantType: 'client_credentials',
        strategy: 'opaque',
        tokensValidAfter: 0,
        generation: 1,
        began: 0,
        most: undefined,
        assertion: undefined,
      } as const
      const [, issued] = await Promise.allSettled([remove(clientId, 'admin:local'), issue(order)])
      if (issued.status === 'rejected') assert.equal(issued.reason.message, 'client-gone')
      else assert.equal(await stores.read.accessTokens.find(sha256(issued.value.accessToken)), undefined)
      await assert.rejects(issue(order), { message: 'client-gone' })
    })

    test('tokens are removed with their client, and a new client with the same id gets none of them', async () => {
      await using server = await startServer({ database: await open() })
      const body = { client_id: 'again', grant_types: ['client_credentials'] }
      const first = (await server.admin('/admin/clients', { method: 'POST', json: body })).json
      const form = { grant_type: 'client_credentials' }
      const issued = await server.public('/oauth2/token', { method: 'POST', basic: ['again', first.client_secret], form })
      const isActive = async () =>
        (await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: issued.json.access_token } })).json.active
      assert.equal(await isActive(), true)
      const gone = await server.public('/oauth2/register/again', { method: 'DELETE', bearer: first.registration_access_token })
      assert.equal(gone.status, 204)
      assert.equal(await isActive(), false)
      assert.equal((await server.admin('/admin/clients', { method: 'POST', json: body })).status, 201)
      assert.equal(await isActive(), false)
      assert.equal((await server.public('/oauth2/register/again', { bearer: first.registration_access_token })).status, 401)
      assert.equal(await authenticates(server, 'again', first.client_secret), false)
    })
  })

  describe('an ending and what is issued at once', () => {
    const ending: Record<string, (server: TestServer, clientId: string) => Promise<unknown>> = {
      'the withdrawal for the client': (server, clientId) =>
        server.admin(`/admin/oauth2/auth/sessions/consent?subject=person-1&client=${clientId}`, { method: 'DELETE' }),
      'the withdrawal for all clients': (server) =>
        server.admin('/admin/oauth2/auth/sessions/consent?subject=person-1&all=true', { method: 'DELETE' }),
      'the removal of the client': (server, clientId) => server.admin(`/admin/clients/${clientId}`, { method: 'DELETE' }),
    }
    for (const [name, end] of Object.entries(ending))
      test(`a refresh beside ${name}: it is refused, or what it brought is dead when both are answered`, async () => {
        await using server = await startServer({ database: await open() })
        for (let round = 0; round < 4; round++) {
          const client = await registerLoginClient(server)
          const tokens = await obtainTokens(server, client)
          const ask = () => refresh(server, client, tokens.refresh_token)
          const begun = round % 2 ? [ask(), end(server, client.id)] : [end(server, client.id), ask()]
          const answers = (await Promise.all(begun)) as Received[]
          for (const { status, json } of answers) {
            assert.ok([200, 204, 400, 401].includes(status))
            if (status === 200) assert.deepEqual(await areActive(server, json), [false, false])
          }
          assert.deepEqual(await areActive(server, tokens), [false, false])
        }
      })

    test('a client that is deleted and created under one id by many at once is there or not, and has one registration token', async () => {
      await using server = await startServer({ database: await open() })
      const json = { client_id: 'one', grant_types: ['client_credentials'] }
      const tokens: string[] = []
      for (let round = 0; round < 3; round++) {
        const answers = await times(9, (at) =>
          at % 3 === 0
            ? server.admin('/admin/clients/one', { method: 'DELETE' })
            : server.admin('/admin/clients', { method: 'POST', json }),
        )
        for (const { status, json } of answers) {
          assert.ok([201, 204, 404, 409].includes(status), String(status))
          if (status === 201) tokens.push(json.registration_access_token)
        }
      }
      const isThere = (await server.admin('/admin/clients/one')).status === 200
      const answers = await Promise.all(tokens.map((bearer) => server.public('/oauth2/register/one', { bearer })))
      assert.equal(answers.filter(({ status }) => status === 200).length, Number(isThere))
    })
  })
}
