import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { openDatabase } from '../../src/app.ts'
import type { Database } from '../../src/storage/database.ts'
import { Browser, parameterOf } from '../support/browser.ts'
import { loginRequest, obtainCode, obtainTokens, redeem, redirectUri, refresh } from '../support/login-client.ts'
import { startPostgres } from '../support/postgres.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

const postgres = await startPostgres()
after(() => postgres[Symbol.asyncDispose]())

const databases: Record<string, () => Promise<Database>> = {
  SQLite: () => migrated({ engine: 'memory' }),
  PostgreSQL: async () => migrated({ engine: 'postgres', url: await postgres.createDatabase() }),
}

async function migrated(dsn: object): Promise<Database> {
  const { database, migrateUp } = openDatabase({ dsn } as Parameters<typeof openDatabase>[0])
  await migrateUp()
  return database
}

const client = { id: 'meanwhile', secret: 'a-secret-that-stays-the-same' }

/** A server whose next act waits for what `before` is set to. */
async function startWaiting(database: Database) {
  const next: { before?: (() => Promise<void>) | undefined } = {}
  const transact: Database['transact'] = async (body) => {
    const { before } = next
    next.before = undefined
    await before?.()
    return database.transact(body)
  }
  return { server: await startServer({ database: { ...database, transact } }), next }
}

async function create(server: TestServer): Promise<void> {
  const json = {
    client_id: client.id,
    client_secret: client.secret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid offline_access',
  }
  assert.equal((await server.admin('/admin/clients', { method: 'POST', json })).status, 201)
}

const meanwhile: Record<string, (server: TestServer) => Promise<void>> = {
  async removed(server) {
    assert.equal((await server.admin(`/admin/clients/${client.id}`, { method: 'DELETE' })).status, 204)
  },
  async 'removed and created anew'(server) {
    await meanwhile.removed?.(server)
    await create(server)
  },
}

/** The answer for a client that never was, but for its id. */
const faultOf = ({ status, headers, text }: Received) => {
  const address = headers.location === undefined ? undefined : new URL(String(headers.location))
  return [status, address?.searchParams.get('error'), address ? '' : /<h1>.*?<\/h1>/.exec(text)?.[0]]
}

for (const [name, open] of Object.entries(databases))
  for (const [what, act] of Object.entries(meanwhile))
    describe(`on ${name}, a client that is ${what} while it`, () => {
      const unknownClient = async (server: TestServer) =>
        faultOf(await new Browser(server).get(loginRequest({ id: 'nobody', secret: '' }).address))

      test('has a person log in: the person reads that the client is unknown (RFC 6749 §4.1.2.1)', async () => {
        const { server, next } = await startWaiting(await open())
        await using _ = server
        await create(server)
        next.before = () => act(server)
        const answer = await new Browser(server).get(loginRequest(client).address)
        assert.ok(answer.status < 500, answer.text)
        assert.deepEqual(faultOf(answer), await unknownClient(server))
      })

      test('is granted something: the person reads that it is unknown, and no code is issued', async () => {
        const { server, next } = await startWaiting(await open())
        await using _ = server
        await create(server)
        const browser = new Browser(server)
        const requests = '/admin/oauth2/auth/requests'
        const challenge = parameterOf(await browser.get(loginRequest(client).address), 'login_challenge')
        const loggedIn = await server.admin(`${requests}/login/accept?login_challenge=${challenge}`, {
          method: 'PUT',
          json: { subject: 'ada' },
        })
        const asked = parameterOf(await browser.get(loggedIn.json.redirect_to), 'consent_challenge')
        const json = { grant_scope: ['openid'] }
        const granted = await server.admin(`${requests}/consent/accept?consent_challenge=${asked}`, { method: 'PUT', json })
        next.before = () => act(server)
        const answer = await browser.get(granted.json.redirect_to)
        assert.deepEqual(faultOf(answer), await unknownClient(server))
        assert.deepEqual((await server.admin('/admin/oauth2/auth/sessions/consent?subject=ada')).json, [])
      })

      test('redeems a code or a refresh token: invalid_grant (RFC 6749 §5.2)', async () => {
        const { server, next } = await startWaiting(await open())
        await using _ = server
        await create(server)
        const [code, tokens] = [await obtainCode(server, client), await obtainTokens(server, client)]
        next.before = () => act(server)
        const redeemed = await redeem(server, client, code)
        if (what === 'removed') await create(server)
        assert.deepEqual([redeemed.status, redeemed.json.error], [400, 'invalid_grant'])
        const again = await obtainTokens(server, client)
        next.before = () => act(server)
        const refreshed = await refresh(server, client, again.refresh_token)
        assert.deepEqual([refreshed.status, refreshed.json.error], [400, 'invalid_grant'])
        if (what === 'removed') await create(server)
        for (const { refresh_token } of [tokens, again])
          assert.equal((await refresh(server, client, refresh_token)).json.error, 'invalid_grant')
      })
    })
