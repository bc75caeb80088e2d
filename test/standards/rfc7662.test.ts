import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { readJwt, tokenBearer } from '../support/access-tokens.ts'
import { obtainTokens, refresh, registerLoginClient } from '../support/login-client.ts'
import { machine, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// RFC 7662, OAuth 2.0 Token Introspection: one test for each requirement, by its id in docs/standards.md.

let now = Date.now()
const server = await startServer({
  clock: () => now,
  settings: { oidc: { dynamic_client_registration: { allowed_scope: ['a', 'b'], allowed_audience: ['https://api.example/'] } } },
})
after(() => server[Symbol.asyncDispose]())
const { created } = registrant(server)
const { introspect, isActive, revoke, tokenOf } = tokenBearer(server)
const kinds = ['opaque', 'jwt']
const client = (strategy: string, more = {}) =>
  created({ ...machine, scope: 'a b', audience: ['https://api.example/'], access_token_strategy: strategy, ...more })
const inactive = { active: false }

test('R7662-01 (RFC 7662 §2.1): the request is a form with a token; token_type_hint changes nothing', async () => {
  assert.equal((await server.admin('/admin/oauth2/introspect', { method: 'POST', form: {} })).status, 400)
  assert.equal((await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: ['x', 'y'] } })).status, 400)
  const { refresh_token: refreshToken } = await obtainTokens(server, await registerLoginClient(server))
  for (const hint of ['access_token', 'refresh_token'])
    assert.equal((await introspect(refreshToken, { token_type_hint: hint })).json.token_use, 'refresh_token')
  for (const kind of kinds) {
    const token = await tokenOf(await client(kind))
    for (const hint of ['refresh_token', 'access_token', 'nonsense']) {
      assert.equal((await introspect(token, { token_type_hint: hint })).json.active, true, `${kind} ${hint}`)
    }
  }
})

test('R7662-02 (RFC 7662 §2.1) overridden: the caller is authorised as an administrator, on the admin listener only', async () => {
  const sha256 = '4b0f5e9b3a0a1a3e0a3c7d1f2e9c8b7a6f5e4d3c2b1a09f8e7d6c5b4a3928170'
  await using guarded = await startServer({ settings: { serve: { admin: { auth: { bearer: [{ name: 'op', sha256 }] } } } } })
  const form = { token: 'x' }
  assert.equal((await guarded.admin('/admin/oauth2/introspect', { method: 'POST', form })).status, 401)
  assert.equal((await guarded.public('/oauth2/introspect', { method: 'POST', form })).status, 404)
  assert.equal((await server.admin('/admin/oauth2/introspect', { method: 'POST', form })).status, 200)
})

test('R7662-03 (RFC 7662 §2.2): the response for an active token has all that is known of it, and jti for a JWT', async () => {
  for (const kind of kinds) {
    const { id, askToken } = await client(kind)
    const answer = await askToken({ scope: 'a b', audience: 'https://api.example/' })
    const { json } = await introspect(answer.json.access_token)
    const { exp, iat, nbf, jti, ...rest } = json
    assert.deepEqual(rest, {
      active: true,
      scope: 'a b',
      client_id: id,
      sub: id,
      aud: ['https://api.example/'],
      iss: server.issuer,
      token_type: 'Bearer',
      token_use: 'access_token',
    })
    assert.deepEqual([iat, exp, nbf], [Math.floor(now / 1000), Math.floor(now / 1000) + 3600, iat])
    assert.equal(jti, kind === 'jwt' ? readJwt(answer.json.access_token).payload.jti : undefined)
  }
})

test('R7662-04 (RFC 7662 §2.2): the response for any other token is 200 with active: false and nothing more', async () => {
  const owner = await client('jwt')
  const token = await tokenOf(owner)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const forged = Buffer.from(JSON.stringify({ ...readJwt(token).payload, scope: 'admin' })).toString('base64url')
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
  const strangeKey = Buffer.from(JSON.stringify({ ...readJwt(token).header, kid: 'nobody' })).toString('base64url')
  const junk = ['junk', 'a.b.c', 'ory_at_x', 'ory_rat_x', `${header}.${forged}.${signature}`, `${unsigned}.${payload}.`, token.slice(0, -2)]
  for (const text of [...junk, `${strangeKey}.${payload}.${signature}`, `${token}x`, owner.token, owner.secret, '\u0000', '...']) {
    const { status, json } = await introspect(text)
    assert.deepEqual([status, json], [200, inactive], text)
  }
})

test('R7662-05 (RFC 7662 §2.3) overridden: wrong administrator credentials get the admin listener’s 401', async () => {
  const sha256 = '4b0f5e9b3a0a1a3e0a3c7d1f2e9c8b7a6f5e4d3c2b1a09f8e7d6c5b4a3928170'
  await using guarded = await startServer({ settings: { serve: { admin: { auth: { bearer: [{ name: 'op', sha256 }] } } } } })
  const answer = await guarded.admin('/admin/oauth2/introspect', { method: 'POST', bearer: 'wrong', form: { token: 'x' } })
  assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer'])
})

test('R7662-06 (RFC 7662 §4): expired, revoked and ended tokens, and those of deleted clients, are inactive', async () => {
  const app = await registerLoginClient(server)
  const tokens = await obtainTokens(server, app)
  const next = (await refresh(server, app, tokens.refresh_token)).json
  const alive = () => Promise.all([tokens.access_token, tokens.refresh_token, next.access_token, next.refresh_token].map(isActive))
  assert.deepEqual(await alive(), [false, false, true, true])
  await server.admin(`/admin/clients/${app.id}`, { method: 'DELETE' })
  assert.deepEqual(await alive(), [false, false, false, false])
  for (const kind of kinds) {
    const owner = await client(kind, { client_id: `owner-of-${kind}` })
    const [revoked, ended] = [await tokenOf(owner), await tokenOf(owner)]
    await revoke(owner, revoked)
    assert.deepEqual([await isActive(revoked), await isActive(ended)], [false, true], kind)
    assert.equal((await server.admin(`/admin/oauth2/tokens?client_id=${owner.id}`, { method: 'DELETE' })).status, 204)
    assert.equal(await isActive(ended), false, kind)
    const next = await tokenOf(owner)
    assert.equal(await isActive(next), true, `${kind}: a token that is made afterwards lives`)
    await server.admin(`/admin/clients/${owner.id}`, { method: 'DELETE' })
    assert.equal(await isActive(next), false, kind)
    const again = await client(kind, { client_id: owner.id })
    assert.deepEqual([await isActive(next), await isActive(ended)], [false, false], `${kind}: nor does its successor revive them`)
    const last = await tokenOf(again)
    assert.equal(await isActive(last), true, kind)
    now += 3_600_000
    assert.equal(await isActive(last), false, kind)
  }
})

test('R7662-07 (RFC 7662 §4) overridden: a client cannot introspect any token, including its own', async () => {
  const { id, secret, askToken } = await client('opaque')
  const form = { token: (await askToken()).json.access_token }
  assert.equal((await server.public('/oauth2/introspect', { method: 'POST', basic: [id, secret], form })).status, 404)
})
