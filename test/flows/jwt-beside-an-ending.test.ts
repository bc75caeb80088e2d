import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isActive, obtainTokens, redirectUri } from '../support/login-client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startPlainWebServer } from '../support/web-server.ts'

const client = { id: 'slow', secret: 'a-secret-that-stays-the-same' }

const create = async (server: TestServer): Promise<void> => {
  const grant_types = ['client_credentials', 'authorization_code', 'refresh_token']
  const names = { client_id: client.id, client_secret: client.secret, redirect_uris: [redirectUri] }
  const json = { ...names, grant_types, scope: 'openid offline_access', access_token_strategy: 'jwt' }
  assert.equal((await server.admin('/admin/clients', { method: 'POST', json })).status, 201)
}

/** A server whose token hook takes five seconds of the server's clock, in which `act` happens once. */
async function startSlow(act: (server: TestServer) => Promise<unknown>) {
  const time = { now: Date.now(), acts: false }
  const hook = await startPlainWebServer(async (_request, response) => {
    if (time.acts) await act(server)
    time.acts = false
    time.now += 5_000
    response.writeHead(204).end()
  })
  const settings = { oauth2: { token_hook: `${hook.url}/` } }
  const server = await startServer({ settings, clock: () => time.now })
  await create(server)
  return {
    server,
    /** The next token request is the slow one. */
    acts(): void {
      time.acts = true
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await hook[Symbol.asyncDispose]()
    },
  }
}

const ask = async (server: TestServer): Promise<string> => {
  const form = { grant_type: 'client_credentials' }
  const answer = await server.public('/oauth2/token', { method: 'POST', basic: [client.id, client.secret], form })
  assert.equal(answer.status, 200, answer.text)
  return answer.json.access_token
}

const endTokens = (server: TestServer) => server.admin(`/admin/oauth2/tokens?client_id=${client.id}`, { method: 'DELETE' })

test('a JWT access token whose request began before all tokens of its client were ended is dead, however long the hook took', async () => {
  await using slow = await startSlow(endTokens)
  slow.acts()
  assert.equal(await isActive(slow.server, await ask(slow.server)), false)
  assert.equal(await isActive(slow.server, await ask(slow.server)), true)
})

test('the same for a token that a person granted', async () => {
  await using slow = await startSlow(endTokens)
  slow.acts()
  assert.equal(await isActive(slow.server, (await obtainTokens(slow.server, client)).access_token), false)
  assert.equal(await isActive(slow.server, (await obtainTokens(slow.server, client)).access_token), true)
})

test('a JWT access token whose request began before its client was removed is dead for a client created anew under its id', async () => {
  await using slow = await startSlow(async (server) => {
    await server.admin(`/admin/clients/${client.id}`, { method: 'DELETE' })
    await create(server)
  })
  slow.acts()
  assert.equal(await isActive(slow.server, await ask(slow.server)), false)
  assert.equal(await isActive(slow.server, await ask(slow.server)), true)
})
