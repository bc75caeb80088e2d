import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { tokenBearer } from '../support/access-tokens.ts'
import { areActive, type LoginClient, obtainTokens, refresh, registerLoginClient } from '../support/login-client.ts'
import { machine, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// RFC 7009, OAuth 2.0 Token Revocation: one test for each requirement, by its id in docs/standards.md.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { created, registered } = registrant(server)
const { isActive, revoke, tokenOf } = tokenBearer(server)
const kinds = ['opaque', 'jwt']
const client = (strategy: string) => created({ ...machine, access_token_strategy: strategy })

/** A client, and the tokens of two logins. */
async function withTokens() {
  const owner = await registerLoginClient(server)
  return { owner, tokens: await obtainTokens(server, owner), other: await obtainTokens(server, owner) }
}

const giveBack = ({ id, secret }: LoginClient, token: string, more: Record<string, string> = {}) =>
  server.public('/oauth2/revoke', { method: 'POST', basic: [id, secret], form: { token, ...more } })

test('R7009-01 (RFC 7009 §2): refresh and access tokens can be revoked and are inactive at once; other tokens of the client stay active', async () => {
  const { owner, tokens, other } = await withTokens()
  assert.equal((await giveBack(owner, tokens.refresh_token)).status, 200)
  const refused = await refresh(server, owner, tokens.refresh_token)
  assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_grant'])
  assert.deepEqual(await areActive(server, other), [true, true])
  for (const kind of kinds) {
    const owner = await client(kind)
    const [token, other] = [await tokenOf(owner), await tokenOf(owner)]
    assert.equal((await revoke(owner, token)).status, 200, kind)
    assert.deepEqual([await isActive(token), await isActive(other)], [false, true], kind)
    assert.equal((await revoke(owner, token)).status, 200, `${kind}: twice is as good as once`)
  }
})

test('R7009-02 (RFC 7009 §2.1): a client must authenticate, and can revoke only its own tokens', async () => {
  const [thief, spa] = [await client('opaque'), await registered({ ...minimal, token_endpoint_auth_method: 'none' })]
  const { tokens } = await withTokens()
  assert.equal((await giveBack(await registerLoginClient(server), tokens.refresh_token)).status, 200)
  assert.deepEqual(await areActive(server, tokens), [true, true])
  for (const kind of kinds) {
    const owner = await client(kind)
    const token = await tokenOf(owner)
    const revokeWith = (sent: object, form: object = {}) =>
      server.public('/oauth2/revoke', { method: 'POST', ...sent, form: { token, ...form } })
    const attempts = [
      await revokeWith({}),
      await revokeWith({ basic: [owner.id, 'wrong'] }),
      await revokeWith({}, { client_id: owner.id }),
      await revokeWith({}, { client_id: owner.id, client_secret: 'wrong' }),
      await revokeWith({ basic: ['nobody', 'wrong'] }),
      await revoke(thief, token),
      await revokeWith({}, { client_id: spa.id }),
    ]
    assert.deepEqual(
      attempts.map(({ status }) => status),
      [400, 401, 401, 401, 401, 200, 200],
    )
    assert.match(String(attempts[1]?.headers['www-authenticate']), /^Basic /)
    assert.equal(await isActive(token), true, kind)
  }
})

test('R7009-03 (RFC 7009 §2.1): a wrong or unknown token_type_hint does not prevent revocation', async () => {
  const { owner, tokens } = await withTokens()
  assert.equal((await giveBack(owner, tokens.refresh_token, { token_type_hint: 'access_token' })).status, 200)
  assert.equal(await isActive(tokens.refresh_token), false)
  for (const kind of kinds) {
    const owner = await client(kind)
    for (const hint of ['refresh_token', 'nonsense', 'access_token']) {
      const token = await tokenOf(owner)
      assert.equal((await revoke(owner, token, { token_type_hint: hint })).status, 200)
      assert.equal(await isActive(token), false, `${kind} ${hint}`)
    }
  }
})

test('R7009-04 (RFC 7009 §2.1): revoking a refresh token revokes the access tokens of its grant, and revoking an access token its refresh token', async () => {
  const { owner, tokens, other } = await withTokens()
  await giveBack(owner, tokens.refresh_token)
  assert.deepEqual(await areActive(server, tokens), [false, false])
  assert.deepEqual(await areActive(server, other), [true, true])
  await giveBack(owner, other.access_token)
  assert.deepEqual(await areActive(server, other), [false, false])
})

test('R7009-05 (RFC 7009 §2.2): an unknown token gets 200 without a body', async () => {
  const owner = await client('opaque')
  for (const token of ['junk', 'a.b.c', 'ory_at_x', owner.token]) {
    const { status, text, headers } = await revoke(owner, token)
    assert.deepEqual([status, text, headers['cache-control']], [200, '', 'no-store'], token)
  }
  assert.equal((await owner.read()).status, 200)
})

test('R7009-06 (RFC 7009 §2.2.1): a JWT can be revoked, too, so every type of token is supported', async () => {
  const owner = await client('jwt')
  const token = await tokenOf(owner)
  const answer = await revoke(owner, token)
  assert.deepEqual([answer.status, answer.text], [200, ''])
  assert.equal(await isActive(token), false)
})

test('R7009-07 (RFC 7009 §2.3): pages on other origins may revoke', async () => {
  const owner = await client('jwt')
  const origin = 'https://app.example'
  const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }
  const preflight = await server.public('/oauth2/revoke', { method: 'OPTIONS', headers })
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, '*'])
  const form = { token: await tokenOf(owner) }
  const answer = await server.public('/oauth2/revoke', { method: 'POST', basic: [owner.id, owner.secret], form, headers: { origin } })
  assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [200, '*'])
})
