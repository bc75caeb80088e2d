import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { storesOf } from '../../src/storage/stores.ts'
import { Browser, parameterOf } from '../support/browser.ts'
import { type LoginClient, obtainCode, obtainTokens, redeem, redirectUri, refresh } from '../support/login-client.ts'
import { startPostgres } from '../support/postgres.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { countingRows } from '../support/touched-rows.ts'
import { migratedSqlite } from './sqlite-file.ts'

// Nobody can make an act slow by storing much: what it writes does not depend on that.

const postgres = await startPostgres()
after(() => postgres[Symbol.asyncDispose]())

const databases = {
  sqlite: () => migratedSqlite('memory'),
  async postgres() {
    const database = openPostgres(await postgres.createDatabase())
    await migrateUp(database)
    return database
  },
}

const subject = 'ada'
const many = 4_000_000_000_000
const numbers = (count: number) =>
  sql`with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < ${sql.lit(count)})`

/** So many rows of each kind, of one client and one person. */
async function store({ transact }: Database, count: number, clientId: string): Promise<void> {
  const n = numbers(count)
  await transact(async (db) => {
    await db.all(sql`insert into access_tokens (hash, client_id, subject, scope, audience, issued_at, expires_at)
      ${n} select 'own-' || i || ${sql.lit(clientId)}, ${sql.lit(clientId)}, '', '', '[]', 1, ${sql.lit(many)} from numbers`)
    await db.all(sql`insert into login_sessions (id, subject, authenticated_at, expires_at)
      ${n} select 'session-' || i || ${sql.lit(clientId)}, ${sql.lit(subject)}, 1, ${sql.lit(many)} from numbers`)
    await db.all(sql`insert into grants (id, client_id, subject, session_id, scope, audience, claims, authentication, consent, consent_skipped, terms,
        remembered_until, granted_at, expires_at)
      ${n} select 'grant-' || i || ${sql.lit(clientId)}, ${sql.lit(clientId)}, ${sql.lit(subject)}, 's', '', '[]', '{}', '{}', '{}', 0, '',
        ${sql.lit(many)}, 1, ${sql.lit(many)} from numbers`)
    await db.all(sql`insert into authorization_flows (id, client_id, address, created_at, expires_at, request, session, login_challenge, login_csrf)
      ${n} select 'flow-' || i || ${sql.lit(clientId)}, ${sql.lit(clientId)}, '', 1, ${sql.lit(many)}, '', '', '', '' from numbers`)
  })
}

/** So many tokens of one grant. */
async function storeTokens({ transact }: Database, count: number, grantId: string, clientId: string): Promise<void> {
  const n = numbers(count)
  await transact(async (db) => {
    await db.all(sql`insert into access_tokens (hash, client_id, subject, scope, audience, issued_at, expires_at, grant_id)
      ${n} select ${sql.lit(grantId)} || i, ${sql.lit(clientId)}, '', '', '[]', 1, ${sql.lit(many)}, ${sql.lit(grantId)} from numbers`)
    await db.all(sql`insert into refresh_tokens (hash, grant_id, access_token, access_expires_at, issued_at, expires_at)
      ${n} select ${sql.lit(grantId)} || i, ${sql.lit(grantId)}, '', 1, 1, ${sql.lit(many)} from numbers`)
  })
}

const create = async (server: TestServer, id: string): Promise<LoginClient & { registrationToken: string }> => {
  const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials']
  const json = {
    client_id: id,
    client_secret: 'a-chosen-secret',
    redirect_uris: [redirectUri],
    grant_types: grantTypes,
    scope: 'openid offline_access',
  }
  const created = await server.admin('/admin/clients', { method: 'POST', json })
  assert.equal(created.status, 201, created.text)
  return { id, secret: json.client_secret, registrationToken: created.json.registration_access_token }
}

/** How many rows each act writes where so many are stored. */
async function touched(kind: keyof typeof databases, count: number): Promise<Record<string, number>> {
  const database = await databases[kind]()
  const counting = countingRows(database, kind)
  await using server = await startServer({ database: counting.database })
  const rows: Record<string, number> = {}
  const measure = async (name: string, ask: () => Promise<Received>, status = 204): Promise<Received> => {
    counting.take()
    const answer = await ask()
    rows[name] = counting.take()
    assert.equal(answer.status, status, `${name}: ${answer.text}`)
    return answer
  }
  const remove = (path: string) => () => server.admin(path, { method: 'DELETE' })
  const grantOf = async (clientId: string): Promise<string> => {
    const { grants } = await storesOf(database.read).grants.list({ subject, now: Date.now(), limit: 1_000_000 })
    return grants.find((grant) => grant.clientId === clientId)?.id ?? ''
  }
  const login = async (id: string) => {
    const client = await create(server, id)
    const tokens = await obtainTokens(server, client, { subject })
    await storeTokens(database, count, await grantOf(id), id)
    return { client, tokens }
  }

  const refreshed = await login('refreshed')
  const { json: next } = await measure('refresh', () => refresh(server, refreshed.client, refreshed.tokens.refresh_token), 200)
  await measure('replay of a refresh token', () => refresh(server, refreshed.client, refreshed.tokens.refresh_token), 400)
  assert.equal((await refresh(server, refreshed.client, next.refresh_token)).status, 400)

  const client = await create(server, 'replayed')
  const code = await obtainCode(server, client, { subject })
  assert.equal((await redeem(server, client, code)).status, 200)
  await storeTokens(database, count, await grantOf('replayed'), 'replayed')
  await measure('replay of a code', () => redeem(server, client, code), 400)

  const revoked = await login('revoked')
  const form = { token: revoked.tokens.refresh_token }
  const basic = [revoked.client.id, revoked.client.secret] as const
  await measure('revocation', () => server.public('/oauth2/revoke', { method: 'POST', basic, form }), 200)

  const consents = '/admin/oauth2/auth/sessions/consent'
  await login('withdrawn')
  await measure('withdrawal of one consent', remove(`${consents}?consent_request_id=${await grantOf('withdrawn')}`))

  const rich = await create(server, 'rich')
  await store(database, count, 'rich')
  await measure('end of the tokens of a client', remove('/admin/oauth2/tokens?client_id=rich'))
  await measure('withdrawal for a client', remove(`${consents}?subject=${subject}&client=rich`))
  await create(server, 'owned').then(async (owned) => {
    await store(database, count, 'owned')
    await measure('withdrawal of a person', remove(`${consents}?subject=${subject}&all=true`))
    const bearer = owned.registrationToken
    await measure('deletion by the owner', () => server.public('/oauth2/register/owned', { method: 'DELETE', bearer }))
  })
  await measure('logout', () => logOut(server, rich))
  await measure('end of one session', remove(`/admin/oauth2/auth/sessions/login?sid=session-1rich`))
  await measure('end of the sessions of a person', remove(`/admin/oauth2/auth/sessions/login?subject=${subject}`))
  await measure('deletion by an administrator', remove('/admin/clients/rich'))
  counting.take()
  await create(server, 'rich')
  rows['creation under the id of a removed client'] = counting.take()
  return rows
}

/** A person logs in and out again: all of it, with both answers of the applications. */
async function logOut(server: TestServer, client: LoginClient): Promise<Received> {
  const browser = new Browser(server)
  await obtainCode(server, client, { browser, subject, login: { remember: true, remember_for: 0 } })
  const asked = await browser.get('/oauth2/sessions/logout')
  const path = `/admin/oauth2/auth/requests/logout/accept?logout_challenge=${parameterOf(asked, 'logout_challenge')}`
  const { json } = await server.admin(path, { method: 'PUT' })
  const { headers } = await browser.get(json.redirect_to)
  return { ...asked, status: headers.location === undefined ? 500 : 204 }
}

for (const kind of ['sqlite', 'postgres'] as const) {
  test(`on ${kind}, what is stored changes nothing of how many rows an act writes`, async () => {
    const [few, much] = [await touched(kind, 10), await touched(kind, 2_000)]
    // A refresh makes room for its access token: of 2,000, which no grant can come to have, 16 go at once.
    const { refresh = 0 } = few
    assert.ok((much.refresh ?? 0) <= refresh + 16)
    assert.deepEqual({ ...much, refresh }, few)
    for (const [act, rows] of Object.entries(few)) assert.ok(rows > 0 && rows < 20, `${act}: ${rows}`)
  })
}
