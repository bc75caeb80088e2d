import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { recordSecrets } from '../support/leaks.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { recordingFetch } from './recording-fetch.ts'

const options = { execute: [client.allowInsecureRequests], [client.customFetch]: recordingFetch() as never }

const metadata = { client_name: 'openid-client', grant_types: ['client_credentials'], scope: 'openid offline_access' }

const register = (server: TestServer, proof?: client.ClientAuth, more: object = {}) =>
  client.dynamicClientRegistration(new URL(server.issuer), { ...metadata, ...more }, proof, options)

describe('openid-client', () => {
  for (const algorithm of ['oidc', 'oauth2'] as const)
    test(`discovers the server (${algorithm})`, async () => {
      await using server = await startServer()
      const config = await client.discovery(new URL(server.issuer), 'nobody', undefined, client.None(), { ...options, algorithm })
      assert.equal(config.serverMetadata().issuer, server.issuer)
      assert.ok(config.serverMetadata().supportsPKCE())
    })

  test('discovers and registers in one call, and gets a token with the issued secret (client_secret_basic)', async () => {
    await using server = await startServer()
    const config = await register(server)
    const { client_id, client_secret, token_endpoint_auth_method } = config.clientMetadata()
    assert.ok(client_id && client_secret)
    assert.equal(token_endpoint_auth_method, 'client_secret_basic')
    const basic = await client.discovery(
      new URL(server.issuer),
      client_id,
      undefined,
      client.ClientSecretBasic(client_secret as string),
      options,
    )
    const token = await client.clientCredentialsGrant(basic, { scope: 'openid' })
    assert.equal(token.scope, 'openid')
    assert.ok((token.expiresIn() ?? 0) > 0)
  })

  test('registers for client_secret_post and gets a token with it', async () => {
    await using server = await startServer()
    const config = await register(server, undefined, { token_endpoint_auth_method: 'client_secret_post' })
    assert.equal(config.clientMetadata().token_endpoint_auth_method, 'client_secret_post')
    const token = await client.clientCredentialsGrant(config, { scope: 'offline_access' })
    assert.equal(token.scope, 'offline_access')
    const { json } = await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: token.access_token } })
    assert.deepEqual([json.active, json.client_id], [true, config.clientMetadata().client_id])
  })

  test('authenticates with a key (private_key_jwt), revokes its token and introspects it', async () => {
    await using server = await startServer()
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'the-key', alg: 'ES256', use: 'sig' }
    const proof = client.PrivateKeyJwt({ key: privateKey, kid: 'the-key' })
    const config = await register(server, proof, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })
    const { access_token: token } = await client.clientCredentialsGrant(config, { scope: 'openid' })
    await client.tokenRevocation(config, token)
    const { client_id } = config.clientMetadata()
    const operators = new client.Configuration(
      { ...config.serverMetadata(), introspection_endpoint: `${server.adminUrl}/admin/oauth2/introspect` } as never,
      client_id,
      undefined,
      client.None(),
    )
    client.allowInsecureRequests(operators)
    assert.equal((await client.tokenIntrospection(operators, token)).active, false)
    const { access_token: another } = await client.clientCredentialsGrant(config, { scope: 'openid' })
    recordSecrets(token, another)
    assert.equal((await client.tokenIntrospection(operators, another)).active, true)
  })

  test('reports the reason of a refused registration', async () => {
    await using server = await startServer()
    const config = await register(server)
    await assert.rejects(client.clientCredentialsGrant(config, { scope: 'not-registered' }), { error: 'invalid_scope', status: 400 })
  })
})
