import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { JwkApi, OAuth2Api, WellknownApi } from '@ory/hydra-client'
import { recordSecretsIn } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { configuration, credentialsOf, oauth2Api, refusal } from './hydra-client.ts'

const set = 'hydra.jwt.access-token'
const jwkApi = (server: TestServer) => new JwkApi(configuration(server.adminUrl))

async function machine(server: TestServer, access_token_strategy: string) {
  const oAuth2Client = { grant_types: ['client_credentials'], scope: 'read write', access_token_strategy }
  const { data } = await oauth2Api(server).createOAuth2Client({ oAuth2Client })
  const credentials = credentialsOf(data)
  return {
    ...credentials,
    async token(): Promise<string> {
      const basic = Buffer.from(`${credentials.id}:${credentials.secret}`).toString('base64')
      const { data: issued } = await new OAuth2Api(configuration(server.publicUrl)).oauth2TokenExchange(
        { grantType: 'client_credentials' },
        { headers: { authorization: `Basic ${basic}` } },
      )
      return issued.access_token ?? ''
    },
  }
}

suite("Hydra's SDK: tokens", () => {
  for (const strategy of ['opaque', 'jwt']) {
    test(`${strategy}: oauth2TokenExchange, introspectOAuth2Token, revokeOAuth2Token, deleteOAuth2Token`, async () => {
      await using server = await startServer()
      const client = await machine(server, strategy)
      const introspected = async (token: string) => (await oauth2Api(server).introspectOAuth2Token({ token })).data
      const [first, second] = [await client.token(), await client.token()]
      const { active, client_id, sub, token_use } = await introspected(first)
      assert.deepEqual([active, client_id, sub, token_use], [true, client.id, client.id, 'access_token'])
      const basic = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
      const headers = { authorization: `Basic ${basic}` }
      assert.equal((await new OAuth2Api(configuration(server.publicUrl)).revokeOAuth2Token({ token: first }, { headers })).status, 200)
      assert.deepEqual(await introspected(first), { active: false })
      assert.equal((await introspected(second)).active, true)
      assert.equal((await oauth2Api(server).deleteOAuth2Token({ clientId: client.id })).status, 204)
      assert.deepEqual(await introspected(second), { active: false })
      assert.equal((await introspected(await client.token())).active, true)
    })
  }
})

suite("Hydra's SDK: keys", () => {
  test('createJsonWebKeySet, getJsonWebKeySet, getJsonWebKey, discoverJsonWebKeys: the new key signs, and only its public part is published', async () => {
    await using server = await startServer()
    const { data: made } = await jwkApi(server).createJsonWebKeySet({ set, createJsonWebKeySet: { alg: 'ES256', use: 'sig', kid: 'mine' } })
    recordSecretsIn(made)
    assert.deepEqual([made.keys?.length, made.keys?.[0]?.kid, made.keys?.[0]?.crv], [1, 'mine', 'P-256'])
    const { data: all } = await jwkApi(server).getJsonWebKeySet({ set })
    assert.deepEqual([all.keys?.length, all.keys?.[0]?.kid], [2, 'mine'])
    assert.deepEqual((await jwkApi(server).getJsonWebKey({ set, kid: 'mine' })).data, made)
    const { data: published } = await new WellknownApi(configuration(server.publicUrl)).discoverJsonWebKeys()
    const { d, ...half } = made.keys?.[0] ?? {}
    assert.ok(d)
    assert.deepEqual(
      published.keys?.find(({ kid }) => kid === 'mine'),
      half,
    )
  })

  test('setJsonWebKeySet, setJsonWebKey, deleteJsonWebKey, deleteJsonWebKeySet: a key set of the operator’s', async () => {
    await using server = await startServer()
    const api = jwkApi(server)
    const { data: made } = await api.createJsonWebKeySet({ set: 'a', createJsonWebKeySet: { alg: 'RS256', use: 'sig', kid: 'k' } })
    await api.deleteJsonWebKeySet({ set: 'a' })
    assert.equal((await refusal(api.getJsonWebKeySet({ set: 'a' }))).error, 'Not Found')
    assert.deepEqual((await api.setJsonWebKeySet({ set: 'b', jsonWebKeySet: made })).data, made)
    const [key] = made.keys ?? []
    assert.deepEqual((await api.setJsonWebKey({ set: 'b', kid: 'k', jsonWebKey: key as NonNullable<typeof key> })).data, key)
    assert.deepEqual((await api.getJsonWebKeySet({ set: 'b' })).data, made)
    assert.equal((await api.deleteJsonWebKey({ set: 'b', kid: 'k' })).status, 204)
    assert.equal((await refusal(api.getJsonWebKey({ set: 'b', kid: 'k' }))).status, 404)
    const hs = api.createJsonWebKeySet({ set: 'b', createJsonWebKeySet: { alg: 'HS256', use: 'sig', kid: 'h' } })
    assert.deepEqual(await refusal(hs), { status: 400, error: 'Bad Request', description: 'Unsupported key algorithm' })
  })
})
