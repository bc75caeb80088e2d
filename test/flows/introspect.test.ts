import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askToken, createClient, introspect } from '../support/operator.ts'
import { startServer } from '../support/server.ts'

test('an active token gets a response in Hydra’s format (RFC 7662 §2.2), with any hint', async () => {
  const now = Date.parse('2026-05-01T12:00:00Z')
  await using server = await startServer({ clock: () => now })
  const client = await createClient(server, { scope: 'read write', audience: ['https://api.example/v1'] })
  const { access_token: token } = (await askToken(server, client, { scope: 'read', audience: 'https://api.example/v1' })).json
  const described = {
    active: true,
    scope: 'read',
    client_id: client.id,
    sub: client.id,
    exp: now / 1000 + 3600,
    iat: now / 1000,
    nbf: now / 1000,
    aud: ['https://api.example/v1'],
    iss: server.issuer,
    token_type: 'Bearer',
    token_use: 'access_token',
  }
  for (const form of [{}, { token_type_hint: 'access_token' }, { token_type_hint: 'refresh_token' }, { token_type_hint: 'nonsense' }])
    assert.deepEqual(await introspect(server, token, form as Record<string, string>), described)
  const answer = await server.admin('/oauth2/introspect', { method: 'POST', form: { token } })
  assert.equal(answer.headers['content-type'], 'application/json;charset=UTF-8')
  assert.equal(answer.headers['cache-control'], 'no-store')
})

test('with scope the token is active only if all of them were granted', async () => {
  await using server = await startServer()
  const client = await createClient(server, { scope: 'read write other' })
  const { access_token: token } = (await askToken(server, client, { scope: 'read write' })).json
  for (const scope of ['read', 'write read', '']) assert.equal((await introspect(server, token, { scope })).active, true, scope)
  for (const scope of ['other', 'read other']) assert.deepEqual(await introspect(server, token, { scope }), { active: false })
})

test('the response for a token without scope and audience has no scope and an empty aud', async () => {
  await using server = await startServer()
  const described = await introspect(server, (await askToken(server, await createClient(server))).json.access_token)
  assert.equal('scope' in described, false)
  assert.deepEqual(described.aud, [])
})

test('anything else is only active: false (RFC 7662 §2.2): garbage, other secrets, tokens of a deleted client', async () => {
  await using server = await startServer()
  const client = await createClient(server)
  const { access_token: token } = (await askToken(server, client)).json
  const registered = (await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })).json
  const others = [
    'garbage',
    ` ${token}`,
    `${token}x`,
    token.toLowerCase(),
    client.secret,
    client.id,
    registered.registration_access_token,
    '\u0000',
    'ä',
  ]
  for (const other of others) assert.deepEqual(await introspect(server, other), { active: false })
  assert.equal((await introspect(server, token)).active, true)
  await server.admin(`/admin/clients/${client.id}`, { method: 'DELETE' })
  assert.deepEqual(await introspect(server, token), { active: false })
})

test('a request without a token, without a form or with two tokens is invalid_request', async () => {
  await using server = await startServer()
  const empty =
    'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed. The POST body can not be empty.'
  for (const sent of [{}, { form: {} }, { form: { token: '' } }, { json: { token: 'x' } }, { form: { token_type_hint: 'access_token' } }]) {
    const answer = await server.admin('/admin/oauth2/introspect', { method: 'POST', ...sent })
    assert.deepEqual([answer.status, answer.json], [400, { error: 'invalid_request', error_description: empty }])
  }
  const twice = await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: ['a', 'b'] } })
  assert.deepEqual([twice.status, twice.json.error], [400, 'invalid_request'])
})
