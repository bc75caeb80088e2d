import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  auth,
  buildDiscoveryUrls,
  discoverAuthorizationServerMetadata,
  discoverOAuthMetadata,
  discoverOAuthServerInfo,
  registerClient,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import {
  OAuthClientInformationFullSchema,
  type OAuthClientMetadata,
  OAuthErrorResponseSchema,
  OpenIdProviderDiscoveryMetadataSchema,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import { startServer, type TestServer } from '../support/server.ts'
import { app, MemoryProvider } from './mcp-provider.ts'
import { recordingFetch } from './recording-fetch.ts'
import { registrationBodies } from './registration-bodies.ts'

const fetchFn = recordingFetch()

/** Clients as administrators create them: with members that only Hydra has, or with none. */
const operatorsClients: Record<string, Record<string, unknown>> = {
  'an empty client': {},
  'a rich client': {
    client_id: 'a client/with?odd=characters',
    client_name: 'Rich',
    redirect_uris: ['https://rp.example/cb', 'http://plain.example/cb'],
    grant_types: ['authorization_code', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    response_types: ['code', 'token id_token'],
    contacts: ['ops@rp.example'],
    client_uri: 'https://rp.example',
    policy_uri: 'https://rp.example/policy',
    allowed_cors_origins: ['https://APP.example', 'https://*.rp.example'],
    audience: ['https://api.example'],
    scope: 'admin.* openid',
    metadata: { plan: 'gold' },
    owner: 'sales',
    skip_consent: true,
    access_token_strategy: 'jwt',
    client_credentials_grant_access_token_lifespan: '5m',
  },
  'a public client': { token_endpoint_auth_method: 'none', redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] },
  'a client with a key': { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://rp.example/jwks.json' },
}

suite('the MCP TypeScript SDK discovers', () => {
  test('the metadata with each of its functions, with the exact issuer', async () => {
    await using server = await startServer()
    const metadata = await discoverAuthorizationServerMetadata(server.issuer, { fetchFn })
    assert.equal(metadata?.issuer, server.issuer)
    assert.equal(metadata?.registration_endpoint, `${server.publicUrl}/oauth2/register`)
    assert.equal((await discoverOAuthMetadata(server.issuer, {}, fetchFn))?.issuer, server.issuer)
    const found = await discoverOAuthServerInfo(`${server.publicUrl}/mcp`, { fetchFn })
    assert.equal(found.authorizationServerMetadata?.issuer, server.issuer)
    const openid = await server.public('/.well-known/openid-configuration')
    assert.equal(OpenIdProviderDiscoveryMetadataSchema.parse(openid.json).issuer, server.issuer)
  })

  test('an issuer with a path at every URL that it tries', async () => {
    const issuer = 'https://auth.example.com/tenant'
    await using server = await startServer({ settings: { urls: { self: { issuer } } } })
    const proxied = recordingFetch({ 'https://auth.example.com': server.publicUrl })
    assert.equal((await discoverAuthorizationServerMetadata(issuer, { fetchFn: proxied }))?.issuer, issuer)
    for (const { url } of buildDiscoveryUrls(issuer)) {
      const response = await proxied(url)
      assert.equal(response.status, 200, url.href)
      assert.equal(((await response.json()) as { issuer: string }).issuer, issuer, url.href)
    }
  })

  test('that registration is disabled, and does not try it', async () => {
    await using server = await startServer({ settings: { oidc: { dynamic_client_registration: { enabled: false } } } })
    const metadata = await discoverAuthorizationServerMetadata(server.issuer, { fetchFn })
    assert.ok(metadata)
    await assert.rejects(
      registerClient(server.issuer, { metadata, clientMetadata: app, fetchFn }),
      /does not support dynamic client registration/,
    )
  })
})

suite('the MCP TypeScript SDK registers', () => {
  test('a client and gets the requested metadata', async () => {
    await using server = await startServer()
    const registered = await register(server, app)
    assert.equal(registered.client_secret, undefined)
    assert.equal((await server.admin(`/admin/clients/${registered.client_id}`)).json.client_name, 'An MCP client')
    const { issuer: _, ...shown } = registered
    for (const [name, value] of Object.entries(app)) assert.deepEqual(shown[name as keyof typeof shown], value, name)
  })

  test('a client with every advertised scope', async () => {
    await using server = await startServer({ settings: { oidc: { dynamic_client_registration: { allowed_scope: ['notes.read'] } } } })
    const metadata = await discoverAuthorizationServerMetadata(server.issuer, { fetchFn })
    const scope = metadata?.scopes_supported?.join(' ') ?? ''
    assert.match(scope, /notes\.read/)
    assert.equal((await register(server, app, scope)).scope, scope)
  })

  test('no client with a redirect URI that would run a script, and gets the reason', async () => {
    await using server = await startServer()
    const clientMetadata = { ...app, redirect_uris: ['javascript:alert(1)'] }
    await assert.rejects(register(server, clientMetadata), /redirect_uris\[0\]: the scheme 'javascript' is never allowed/)
    assert.deepEqual((await server.admin('/admin/clients')).json, [])
  })
})

suite('the schemas of the MCP TypeScript SDK accept', () => {
  test('every response to the clients in use: to POST, GET and PUT', async () => {
    await using server = await startServer()
    for (const { client, body } of registrationBodies) {
      const registered = await server.public('/oauth2/register', { method: 'POST', json: body })
      const { client_id: id, registration_access_token: bearer } = registered.json
      const read = await server.public(`/oauth2/register/${id}`, { bearer })
      const updated = await server.public(`/oauth2/register/${id}`, { method: 'PUT', bearer, json: read.json })
      for (const { json } of [registered, read, updated]) {
        const { success, error, data } = OAuthClientInformationFullSchema.safeParse(json)
        assert.ok(success, `${client}: ${error}`)
        assert.equal(data.client_id, id)
      }
    }
  })

  for (const [kind, client] of Object.entries(operatorsClients)) {
    test(`the GET and PUT responses for ${kind} of the operator`, async () => {
      await using server = await startServer()
      const created = await server.admin('/admin/clients', { method: 'POST', json: client })
      assert.equal(created.status, 201, created.text)
      const { client_id: id, registration_access_token: bearer, registration_client_uri: uri } = created.json
      const path = uri.slice(server.publicUrl.length)
      const read = await server.public(path, { bearer })
      assert.equal(OAuthClientInformationFullSchema.parse(read.json).client_id, id)
      assert.equal('userinfo_signed_response_alg' in read.json, false, 'its presence would promise a signed response')
      assert.match(read.json.application_type, /^(?:web|native)$/)
      const json = { ...read.json, redirect_uris: client.redirect_uris ?? ['https://rp.example/cb'] }
      const updated = await server.public(path, { method: 'PUT', bearer, json })
      assert.equal(updated.status, 200, updated.text)
      assert.equal(OAuthClientInformationFullSchema.parse(updated.json).client_id, id)
      const { registration_access_token: _1, updated_at: _2, ...unchanged } = updated.json
      const { updated_at: _3, ...before } = json
      assert.deepEqual(unchanged, before)
    })
  }

  test('an error response', async () => {
    await using server = await startServer()
    const refused = await server.public('/oauth2/register', { method: 'POST', json: {} })
    assert.equal(OAuthErrorResponseSchema.parse(refused.json).error, 'invalid_redirect_uri')
  })
})

suite('the whole flow of the MCP TypeScript SDK', () => {
  test('registers and sends the browser to the authorization endpoint, which accepts the client', async () => {
    await using server = await startServer()
    const provider = new MemoryProvider(app)
    assert.equal(await auth(provider, { serverUrl: server.publicUrl, fetchFn }), 'REDIRECT')
    const { pathname, search } = provider.redirectedTo as URL
    assert.equal(pathname, '/oauth2/auth')
    const page = await server.public(pathname + search)
    assert.match(String(page.headers.location), /login_challenge=/)
  })

  test('drops a client that the server has deleted and registers again (RFC 6749 §5.2)', async () => {
    await using server = await startServer()
    const provider = new MemoryProvider(app)
    await auth(provider, { serverUrl: server.publicUrl, fetchFn })
    const dead = provider.client?.client_id
    assert.equal((await server.admin(`/admin/clients/${dead}`, { method: 'DELETE' })).status, 204)
    const refresh_token = 'ory_rt_of-a-client-that-is-gone'
    provider.saved = { access_token: 'spent', token_type: 'bearer', refresh_token, issuer: String(provider.client?.issuer) }
    assert.equal(await auth(provider, { serverUrl: server.publicUrl, fetchFn }), 'REDIRECT')
    assert.notEqual(provider.client?.client_id, dead)
  })

  test('gets a token with client credentials', async () => {
    await using server = await startServer({ settings: { oidc: { dynamic_client_registration: { allowed_scope: ['notes.read'] } } } })
    const json = { grant_types: ['client_credentials'], scope: 'notes.read' }
    const { client_id: clientId, client_secret: clientSecret } = (await server.public('/oauth2/register', { method: 'POST', json })).json
    const provider = new ClientCredentialsProvider({ clientId, clientSecret, scope: 'notes.read', expectedIssuer: server.issuer })
    assert.equal(await auth(provider, { serverUrl: server.publicUrl, fetchFn }), 'AUTHORIZED')
    assert.equal(provider.tokens()?.scope, 'notes.read')
  })
})

async function register(server: TestServer, clientMetadata: OAuthClientMetadata, scope?: string) {
  const metadata = await discoverAuthorizationServerMetadata(server.issuer, { fetchFn })
  assert.ok(metadata)
  return registerClient(server.issuer, { metadata, clientMetadata, fetchFn, ...(scope !== undefined && { scope }) })
}
