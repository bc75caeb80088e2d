import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose'
import { readJwt, tokenBearer } from '../support/access-tokens.ts'
import { machine, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// RFC 9068, JWT Profile for OAuth 2.0 Access Tokens: one test for each requirement, by its id in docs/standards.md.

const jwt = { strategies: { access_token: 'jwt' } }
const registration = { dynamic_client_registration: { allowed_scope: ['a', 'b'], allowed_audience: ['https://api.example/', 'urn:x:y'] } }
const server = await startServer({ settings: { ...jwt, oidc: registration } })
after(() => server[Symbol.asyncDispose]())
const { registered, created } = registrant(server)
const { tokenOf } = tokenBearer(server)
const issued = async (form?: Record<string, string | string[]>) =>
  readJwt(await tokenOf(await registered({ ...machine, scope: 'a b' }), form))
const metadata = async () => (await server.public('/.well-known/oauth-authorization-server')).json
const publishedKids = async () => (await server.public('/.well-known/jwks.json')).json.keys.map(({ kid }: { kid: string }) => kid)

test('R9068-01 (RFC 9068 §2.1): the header has typ at+jwt, an asymmetric algorithm and the kid of a published key', async () => {
  const { header } = await issued()
  assert.deepEqual([header.typ, header.alg], ['at+jwt', 'RS256'])
  assert.ok((await publishedKids()).includes(header.kid))
})

test('R9068-02 (RFC 9068 §2.2): a token has all seven claims; without a person, sub is the client', async () => {
  const before = Math.floor(Date.now() / 1000)
  const client = await registered(machine)
  const { payload } = readJwt(await tokenOf(client))
  assert.equal(payload.iss, server.issuer)
  assert.deepEqual([payload.sub, payload.client_id], [client.id, client.id])
  assert.ok(payload.iat >= before && payload.exp === payload.iat + 3600, JSON.stringify(payload))
  assert.match(payload.jti, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  assert.ok('aud' in payload)
  assert.notEqual(payload.jti, readJwt(await tokenOf(client)).payload.jti)
})

test('R9068-03 (RFC 9068 §2.2.3): the claim scope contains the scope, and scp the same as a list; without a scope there is no claim', async () => {
  const { payload } = await issued({ scope: 'b a' })
  assert.deepEqual([payload.scope, payload.scp], ['b a', ['b', 'a']])
  const without = (await issued()).payload
  assert.deepEqual(['scope' in without, without.scp], [false, []])
})

test('R9068-04 (RFC 9068 §3): aud is the requested resource, or else the default audience, or else the issuer', async () => {
  assert.deepEqual((await issued({ resource: 'https://api.example/' })).payload.aud, ['https://api.example/'])
  assert.deepEqual((await issued({ resource: ['https://api.example/', 'urn:x:y'] })).payload.aud, ['https://api.example/', 'urn:x:y'])
  assert.deepEqual((await issued()).payload.aud, [server.issuer])
  await using other = await startServer({ settings: { ...jwt, oauth2: { default_audience: 'https://default.example' } } })
  const client = await registrant(other).registered(machine)
  assert.deepEqual(readJwt(await tokenBearer(other).tokenOf(client)).payload.aud, ['https://default.example'])
})

test('R9068-05 (RFC 9068 §4): a resource server can verify a token with the keys at jwks_uri, for every algorithm', async () => {
  const client = await registered({ ...machine, scope: 'a' })
  const document = await metadata()
  const { payload } = await jwtVerify(await tokenOf(client, { scope: 'a' }), createRemoteJWKSet(new URL(document.jwks_uri)), {
    issuer: document.issuer,
    audience: server.issuer,
    typ: 'at+jwt',
  })
  assert.equal(payload.client_id, client.id)
  assert.equal((await server.public('/.well-known/openid-configuration')).json.issuer, document.issuer)
  for (const alg of ['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
    await using other = await startServer({ settings: jwt })
    await other.admin('/admin/keys/hydra.jwt.access-token', { method: 'DELETE' })
    const made = await other.admin('/admin/keys/hydra.jwt.access-token', { method: 'PUT', json: { keys: [await keyFor(alg)] } })
    assert.equal(made.status, 200, made.text)
    for (const { kid } of (await other.admin('/admin/keys/hydra.jwt.access-token')).json.keys) {
      if (kid !== alg) await other.admin(`/admin/keys/hydra.jwt.access-token/${kid}`, { method: 'DELETE' })
    }
    const token = await tokenBearer(other).tokenOf(await registrant(other).registered(machine))
    const keys = createLocalJWKSet((await other.public('/.well-known/jwks.json')).json)
    assert.equal((await jwtVerify(token, keys, { issuer: other.issuer })).protectedHeader.alg, alg)
    assert.equal(await tokenBearer(other).isActive(token), true, alg)
  }
  /** A key created in a set of the operator's, as the admin API returns it. */
  async function keyFor(alg: string) {
    const { json } = await server.admin(`/admin/keys/mine`, { method: 'POST', json: { alg, use: 'sig', kid: alg } })
    return json.keys[0]
  }
})

test('R9068-06 (RFC 9068 §5) overridden: sub is the client_id where no person is involved; only an operator can choose a client_id', async () => {
  const chosen = await created({ ...machine, client_id: 'alice', access_token_strategy: 'jwt' })
  assert.equal(readJwt(await tokenOf(chosen)).payload.sub, 'alice')
  const { id } = await registered({ ...machine, client_id: 'alice' })
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
