import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import { startServer, type TestServer } from '../support/server.ts'
import { recordingFetch } from './recording-fetch.ts'

/** Allows http on loopback. All other checks of the library stay on. (The cast: its type of `fetch` differs from the platform's.) */
const plain = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: recordingFetch() as never }

async function discovered(server: TestServer, algorithm: 'oidc' | 'oauth2'): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(server.issuer)
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm }))
}

type SecretMethod = 'client_secret_basic' | 'client_secret_post'

async function registered(as: oauth.AuthorizationServer, method?: SecretMethod): Promise<oauth.Client & { client_secret: string }> {
  const metadata = {
    client_name: 'oauth4webapi',
    grant_types: ['client_credentials'],
    scope: 'openid offline_access',
    ...(method && { token_endpoint_auth_method: method }),
  }
  const client = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, metadata, plain))
  return client as oauth.Client & { client_secret: string }
}

describe('oauth4webapi', () => {
  for (const algorithm of ['oidc', 'oauth2'] as const)
    test(`discovers the server (${algorithm})`, async () => {
      await using server = await startServer()
      const as = await discovered(server, algorithm)
      assert.equal(as.issuer, server.issuer)
      assert.equal(as.registration_endpoint, `${server.publicUrl}/oauth2/register`)
    })

  test('registers a client and gets its credentials', async () => {
    await using server = await startServer()
    const client = await registered(await discovered(server, 'oidc'))
    assert.equal(client.token_endpoint_auth_method, 'client_secret_basic')
    assert.ok(client.client_secret)
    assert.ok(client.registration_access_token)
    assert.equal(client.registration_client_uri, `${server.publicUrl}/oauth2/register/${client.client_id}`)
  })

  test('reports a refused registration with its own error class', async () => {
    await using server = await startServer()
    const as = await discovered(server, 'oidc')
    const response = await oauth.dynamicClientRegistrationRequest(as, { redirect_uris: ['https://app.example.com/#no'] }, plain)
    await assert.rejects(oauth.processDynamicClientRegistrationResponse(response), (error: oauth.ResponseBodyError) => {
      assert.ok(error instanceof oauth.ResponseBodyError)
      assert.equal(error.error, 'invalid_redirect_uri')
      return true
    })
  })

  for (const method of ['client_secret_basic', 'client_secret_post'] as const)
    test(`gets a token by client_credentials with ${method}`, async () => {
      await using server = await startServer()
      const as = await discovered(server, 'oidc')
      const client = await registered(as, method)
      const proof = method === 'client_secret_basic' ? oauth.ClientSecretBasic : oauth.ClientSecretPost
      const parameters = new URLSearchParams({ scope: 'openid' })
      const response = await oauth.clientCredentialsGrantRequest(as, client, proof(client.client_secret), parameters, plain)
      const token = await oauth.processClientCredentialsResponse(as, client, response)
      assert.equal(token.token_type, 'bearer')
      assert.equal(token.scope, 'openid')
      assert.ok((token.expires_in ?? 0) > 0)
      const { json } = await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: token.access_token } })
      assert.deepEqual([json.active, json.client_id], [true, client.client_id])
    })

  test('authenticates with a key (private_key_jwt)', async () => {
    await using server = await startServer()
    const as = await discovered(server, 'oidc')
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'the-key', alg: 'ES256', use: 'sig' }
    const metadata = {
      grant_types: ['client_credentials'],
      scope: 'openid',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
    }
    const registration = await oauth.dynamicClientRegistrationRequest(as, metadata as never, plain)
    const client = (await oauth.processDynamicClientRegistrationResponse(registration)) as oauth.Client
    assert.equal(client.client_secret, undefined)
    const proof = oauth.PrivateKeyJwt({ key: privateKey, kid: 'the-key' })
    const response = await oauth.clientCredentialsGrantRequest(as, client, proof, new URLSearchParams({ scope: 'openid' }), plain)
    assert.equal((await oauth.processClientCredentialsResponse(as, client, response)).scope, 'openid')
  })

  test('revokes its token, which introspection then reports as inactive', async () => {
    await using server = await startServer()
    const as = await discovered(server, 'oidc')
    // The introspection endpoint is for the operator and not advertised.
    const operators = { ...as, introspection_endpoint: `${server.adminUrl}/admin/oauth2/introspect` }
    const client = await registered(as)
    const proof = oauth.ClientSecretBasic(client.client_secret)
    const issued = await oauth.clientCredentialsGrantRequest(as, client, proof, new URLSearchParams({ scope: 'openid' }), plain)
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, issued)
    const introspected = async () =>
      oauth.processIntrospectionResponse(operators, client, await oauth.introspectionRequest(operators, client, proof, token, plain))
    assert.equal((await introspected()).active, true)
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, proof, token, plain))
    assert.deepEqual(await introspected(), { active: false })
  })

  test('reports a wrong secret as a challenge with the scheme that the client may use', async () => {
    await using server = await startServer()
    const as = await discovered(server, 'oidc')
    const client = await registered(as)
    const proof = oauth.ClientSecretBasic('not-its-secret')
    const response = await oauth.clientCredentialsGrantRequest(as, client, proof, new URLSearchParams(), plain)
    await assert.rejects(
      oauth.processClientCredentialsResponse(as, client, response),
      (error: Error) => error instanceof oauth.WWWAuthenticateChallengeError && error.cause[0]?.scheme === 'basic',
    )
  })
})
