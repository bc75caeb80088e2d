import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { credentialsOf, oauth2Api } from './hydra-client.ts'

/** The SDK has no operations for these two routes, so they are called directly. */
const rotation = (server: TestServer, id: string, method: 'POST' | 'DELETE') =>
  server.admin(`/admin/clients/${id}/secrets/rotate`, { method })

async function rotate(server: TestServer, id: string): Promise<string> {
  const answer = await rotation(server, id, 'POST')
  assert.equal(answer.status, 200, answer.text)
  assert.equal(
    Object.keys(answer.json).some((name) => /rotated/i.test(name)),
    false,
  )
  return answer.json.client_secret
}

async function created(server: TestServer): Promise<{ id: string; secret: string }> {
  const oAuth2Client = { client_secret: 'the-first-secret', grant_types: ['client_credentials'] }
  return credentialsOf((await oauth2Api(server).createOAuth2Client({ oAuth2Client })).data)
}

/** For each secret, whether it gets a token. */
function working(server: TestServer, id: string, secrets: readonly string[]): Promise<boolean[]> {
  const form = { grant_type: 'client_credentials' }
  return Promise.all(
    secrets.map(async (secret) => (await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })).status === 200),
  )
}

suite('rotation of client secrets', () => {
  test('after eight rotations the current secret and the five before it are valid', async () => {
    await using server = await startServer()
    const { id } = await created(server)
    const secrets: string[] = []
    for (let count = 0; count < 8; count++) secrets.push(await rotate(server, id))
    assert.equal(new Set(secrets).size, 8)
    assert.deepEqual(await working(server, id, secrets), [false, false, true, true, true, true, true, true])
  })

  test('GET, PUT, PATCH and list show no secret and invalidate none', async () => {
    await using server = await startServer()
    const { id, secret } = await created(server)
    const rotated = await rotate(server, id)
    const api = oauth2Api(server)
    const { data: read } = await api.getOAuth2Client({ id })
    const { data: set } = await api.setOAuth2Client({ id, oAuth2Client: { ...read, client_name: 'set' } })
    const { data: patched } = await api.patchOAuth2Client({ id, jsonPatch: [{ op: 'replace', path: '/client_name', value: 'patched' }] })
    const { data: list } = await api.listOAuth2Clients({ clientName: 'patched' })
    assert.equal(list.length, 1)
    for (const shown of [read, set, patched, ...list]) assert.equal(shown.client_secret, undefined)
    assert.deepEqual(await working(server, id, [secret, rotated]), [true, true])
  })

  test('deleting the rotated secrets keeps the current one', async () => {
    await using server = await startServer()
    const { id, secret } = await created(server)
    const [second, third] = [await rotate(server, id), await rotate(server, id)]
    const forgotten = await rotation(server, id, 'DELETE')
    assert.deepEqual([forgotten.status, forgotten.json.client_secret], [200, undefined])
    assert.deepEqual(await working(server, id, [secret, second, third]), [false, false, true])
    assert.equal((await rotation(server, id, 'DELETE')).status, 200)
  })

  test('a secret chosen by PATCH or PUT invalidates all earlier ones', async () => {
    await using server = await startServer()
    const { id, secret } = await created(server)
    const second = await rotate(server, id)
    const jsonPatch = [{ op: 'replace', path: '/client_secret', value: 'a-patched-secret' }]
    assert.equal((await oauth2Api(server).patchOAuth2Client({ id, jsonPatch })).data.client_secret, 'a-patched-secret')
    const fourth = await rotate(server, id)
    assert.deepEqual(await working(server, id, [secret, second, 'a-patched-secret', fourth]), [false, false, true, true])
    const oAuth2Client = { client_secret: 'a-secret-by-set', grant_types: ['client_credentials'] }
    assert.equal((await oauth2Api(server).setOAuth2Client({ id, oAuth2Client })).data.client_secret, 'a-secret-by-set')
    assert.deepEqual(await working(server, id, ['a-patched-secret', fourth, 'a-secret-by-set']), [false, false, true])
  })

  test('is refused for an unknown client and for one without a secret', async () => {
    await using server = await startServer()
    const jwks = {
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', alg: 'EdDSA', kid: 'k', use: 'sig' }],
    }
    for (const client of [{ token_endpoint_auth_method: 'none' }, { token_endpoint_auth_method: 'private_key_jwt', jwks }]) {
      const { id } = credentialsOf((await oauth2Api(server).createOAuth2Client({ oAuth2Client: client })).data)
      for (const method of ['POST', 'DELETE'] as const) {
        const { status, json } = await rotation(server, id, method)
        assert.equal(status, 400)
        assert.match(json.error_description, /does not support client secret rotation/)
      }
    }
    for (const method of ['POST', 'DELETE'] as const) assert.equal((await rotation(server, 'unknown', method)).status, 404)
  })
})
