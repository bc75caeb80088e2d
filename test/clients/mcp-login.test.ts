import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { OAuthClientMetadata } from '@modelcontextprotocol/sdk/shared/auth.js'
import { startServer, type TestServer } from '../support/server.ts'
import { startPlainWebServer, type WebServer } from '../support/web-server.ts'
import { app, MemoryProvider } from './mcp-provider.ts'
import { addressAfterLogin } from './person.ts'
import { recordingFetch } from './recording-fetch.ts'

const recording = recordingFetch()
const hour = 3_600_000

interface Introspected {
  readonly active: boolean
  readonly aud?: readonly string[]
  readonly sub?: string
  readonly scope?: string
}

/** A protected MCP server: it introspects each token at the authorization server. */
interface GuardedServer extends WebServer {
  readonly resource: string
  /** The introspection response for each accepted token. */
  readonly admitted: Introspected[]
}

interface Guard {
  /** The authorization server. A function, because that server starts later: its settings name this server's URL. */
  readonly server: () => TestServer
  /** Whether a token must name this server (RFC 8707 §2). */
  readonly isAudienceAsked: boolean
  /** The scopes_supported of the resource. Without it clients request no scope and get what they registered. */
  readonly scopes?: readonly string[]
}

async function startGuarded({ server, isAudienceAsked, scopes }: Guard): Promise<GuardedServer> {
  const admitted: Introspected[] = []
  const web = await startPlainWebServer(async (request, response) => {
    const { url = '', method } = request
    if (url === '/.well-known/oauth-protected-resource/mcp') {
      const metadata = { resource, authorization_servers: [server().issuer], ...(scopes && { scopes_supported: scopes }) }
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(metadata))
    }
    const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
    const found = token === '' ? { active: false } : await introspected(server(), token)
    if (!found.active || (isAudienceAsked && !found.aud?.includes(resource))) {
      const challenge = `Bearer resource_metadata="${web.url}/.well-known/oauth-protected-resource/mcp"`
      return response.writeHead(401, { 'www-authenticate': challenge }).end()
    }
    if (method !== 'POST') return response.writeHead(405).end()
    admitted.push(found)
    // Stateless mode: the SDK needs a new server and transport for each request.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    const mcp = new McpServer({ name: 'guarded', version: '1.0.0' })
    mcp.registerTool('greet', { description: 'Greets.' }, () => ({ content: [{ type: 'text', text: `Hello, ${found.sub}` }] }))
    response.on('close', () => void mcp.close())
    await mcp.connect(transport as never)
    return transport.handleRequest(request, response)
  })
  const resource = `${web.url}/mcp`
  return Object.assign(web, { resource, admitted })
}

async function introspected(server: TestServer, token: string): Promise<Introspected> {
  return (await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token } })).json
}

/**
 * A client and its transport for one connection. The SDK needs new ones after a login.
 *
 * @param together the number of token requests that are held back until all of them are made, so that they are concurrent
 */
function connection(mcp: GuardedServer, provider: MemoryProvider, together = 1) {
  const asked: URLSearchParams[] = []
  const all = Promise.withResolvers<void>()
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (String(input).endsWith('/oauth2/token')) {
      if (asked.push(new URLSearchParams(String(init?.body))) === together) all.resolve()
      await all.promise
    }
    return recording(input, init)
  }
  const transport = new StreamableHTTPClientTransport(new URL(mcp.resource), { authProvider: provider, fetch })
  const client = new Client({ name: 'test', version: '1.0.0' })
  return {
    asked,
    transport,
    connect: () => client.connect(transport as never),
    greeting: async () => (await client.callTool({ name: 'greet' })).content,
    [Symbol.asyncDispose]: () => client.close(),
  }
}

const hello = [{ type: 'text', text: 'Hello, ada' }]

interface FlowOptions extends Omit<Guard, 'server'> {
  /** The number of concurrent calls after the token has expired. */
  readonly calls?: number
  /** The settings `oauth2.grant.refresh_token`. */
  readonly refresh?: object
}

/** Runs the flow from the first 401 to a refresh after the first token has expired. */
async function wholeFlow(clientMetadata: OAuthClientMetadata, { calls = 1, refresh = {}, ...guard }: FlowOptions) {
  let now = Date.now()
  let server: TestServer | undefined
  const mine = () => {
    assert.ok(server)
    return server
  }
  await using mcp = await startGuarded({ server: mine, ...guard })
  const registration = guard.isAudienceAsked ? { allowed_audience: [mcp.resource] } : {}
  const settings = { oidc: { dynamic_client_registration: registration }, oauth2: { grant: { refresh_token: refresh } } }
  await using started = await startServer({ clock: () => now, settings })
  server = started
  const provider = new MemoryProvider(clientMetadata)

  await using unauthorized = connection(mcp, provider)
  await assert.rejects(unauthorized.connect(), UnauthorizedError)
  const sentTo = provider.redirectedTo
  assert.ok(sentTo)
  assert.equal(sentTo.searchParams.get('resource'), mcp.resource)
  const back = await addressAfterLogin(server, sentTo, { subject: 'ada' })
  assert.equal(back.origin + back.pathname, clientMetadata.redirect_uris[0])
  assert.equal(back.searchParams.get('iss'), server.issuer)
  await unauthorized.transport.finishAuth(String(back.searchParams.get('code')))
  const first = provider.saved

  await using known = connection(mcp, provider, calls)
  await known.connect()
  assert.deepEqual(await known.greeting(), hello)
  assert.equal(known.asked.length, 0, 'nothing to refresh yet')

  now += 2 * hour
  assert.equal((await introspected(server, String(first?.access_token))).active, false)
  const greetings = await Promise.all(Array.from({ length: calls }, known.greeting))
  assert.deepEqual(greetings, Array(calls).fill(hello))
  const second = provider.saved
  assert.notEqual(second?.access_token, first?.access_token)
  assert.notEqual(second?.refresh_token, first?.refresh_token)
  const forms = [...unauthorized.asked, ...known.asked].map((form) => [form.get('grant_type'), form.get('resource')])
  assert.deepEqual(forms, [['authorization_code', mcp.resource], ...Array(calls).fill(['refresh_token', mcp.resource])])
  return { resource: mcp.resource, admitted: mcp.admitted, client: provider.client }
}

const scopes = ['openid', 'profile', 'offline_access']
const clients = {
  public: app,
  'with a secret': { ...app, redirect_uris: ['https://claude.ai/api/mcp/auth_callback'], token_endpoint_auth_method: 'client_secret_post' },
}

suite('an MCP client of the TypeScript SDK, from the first 401 to a refreshed token', () => {
  for (const [kind, clientMetadata] of Object.entries(clients)) {
    test(`${kind}: if the MCP server is an allowed audience, the token has it as aud`, async () => {
      const { resource, admitted, client } = await wholeFlow(clientMetadata, { isAudienceAsked: true, scopes })
      assert.ok(admitted.length >= 3)
      for (const { sub, aud, scope } of admitted) {
        assert.deepEqual([sub, aud], ['ada', [resource]])
        assert.equal(scope, scopes.join(' '))
      }
      assert.equal(client?.client_secret === undefined, kind === 'public')
    })

    test(`${kind}: if no audience is configured, resource is accepted without effect`, async () => {
      const { admitted } = await wholeFlow(clientMetadata, { isAudienceAsked: false })
      assert.ok(admitted.length >= 3)
      for (const { sub, aud, scope } of admitted) assert.deepEqual([sub, aud ?? [], scope], ['ada', [], 'offline_access offline openid'])
    })
  }

  test('concurrent calls with an expired token each refresh it and succeed within the grace period', async () => {
    const { admitted } = await wholeFlow(app, { isAudienceAsked: false, calls: 3, refresh: { rotation_grace_period: '5m' } })
    assert.ok(admitted.length >= 6)
  })

  test('a resource that is not an allowed audience is refused: the client gets invalid_target', async () => {
    const elsewhere = { oidc: { dynamic_client_registration: { allowed_audience: ['https://other.example/mcp'] } } }
    await using server = await startServer({ settings: elsewhere })
    await using mcp = await startGuarded({ server: () => server, isAudienceAsked: true })
    const provider = new MemoryProvider(app)
    await using unauthorized = connection(mcp, provider)
    await assert.rejects(unauthorized.connect(), UnauthorizedError)
    assert.ok(provider.redirectedTo)
    const back = await addressAfterLogin(server, provider.redirectedTo)
    assert.deepEqual([back.searchParams.get('error'), back.searchParams.get('iss')], ['invalid_target', server.issuer])
  })
})
