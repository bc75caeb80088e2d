import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { openDatabase } from '../../src/app.ts'
import { authorizeAddress, Browser, makeProofKey, parameterOf } from '../support/browser.ts'
import { type Count, counted } from '../support/counted-database.ts'
import { startPostgres } from '../support/postgres.ts'
import type { Received } from '../support/request.ts'
import { loadSettings, startServer, systemSecret } from '../support/server.ts'

// Counts the statements of each step of a login on both databases and compares them with docs/storage.md.

const postgres = await startPostgres()
after(() => postgres[Symbol.asyncDispose]())

const databases = { SQLite: async () => 'memory', PostgreSQL: () => postgres.createDatabase() }

/** The first number in a cell; a dash is zero. */
const numberIn = (cell: string): number => Number.parseInt(cell, 10) || 0

/** The counts of a row of the page: reads and statements, and one transaction if there are statements. */
function promised(act: string): Count {
  const page = readFileSync(new URL('../../docs/storage.md', import.meta.url), 'utf8')
  const row = page.split('\n').find((line) => line.startsWith(`| ${act} |`))
  assert.ok(row, `no row for ${act}`)
  const [, reads = '', statements = ''] = row.split(' | ')
  return { reads: numberIn(reads), acts: numberIn(statements) > 0 ? 1 : 0, statements: numberIn(statements) }
}

async function startCounted(dsn: string) {
  const urls = { self: { issuer: 'http://127.0.0.1:1/' }, login: 'https://login.example/', consent: 'https://login.example/consent' }
  const { database, migrateUp } = openDatabase(loadSettings({ dsn, urls, secrets: { system: [systemSecret] } }).config)
  await migrateUp()
  const counter = counted(database)
  const server = await startServer({ database: counter.database, settings: { urls: { login: urls.login, consent: urls.consent } } })
  return { server, take: counter.take }
}

const redirectUri = 'https://app.example/cb'
const requests = '/admin/oauth2/auth/requests'

for (const [name, dsn] of Object.entries(databases)) {
  test(`each step of a login needs the statements on ${name} that docs/storage.md lists`, async () => {
    const { server, take } = await startCounted(await dsn())
    await using _ = server
    const found: Record<string, Count> = {}
    const step = async (act: string, ask: () => Promise<Received>, status = 200): Promise<Received> => {
      take()
      const answer = await ask()
      found[act] = take()
      assert.equal(answer.status, status, `${act}: ${answer.text}`)
      return answer
    }
    const metadata = { redirect_uris: [redirectUri], grant_types: ['authorization_code', 'refresh_token'], scope: 'openid offline_access' }
    const { json: client } = await server.public('/oauth2/register', { method: 'POST', json: metadata })
    const browser = new Browser(server)
    const askToken = (form: Record<string, string>) =>
      server.public('/oauth2/token', { method: 'POST', basic: [client.client_id, client.client_secret], form })
    const accept = (question: string, json: Record<string, unknown>) =>
      server.admin(question.replace('?', '/accept?'), { method: 'PUT', json })

    /** A complete login; the first one also creates the signing key. */
    const logIn = async () => {
      const proof = makeProofKey()
      const proofParameters = { code_challenge: proof.challenge, code_challenge_method: 'S256' }
      const address = authorizeAddress(client.client_id, { redirect_uri: redirectUri, scope: metadata.scope, ...proofParameters })
      const toLogin = await step('login: authorize', () => browser.get(address), 302)
      const login = `${requests}/login?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
      await step('login: read a login or consent request (admin)', () => server.admin(login))
      const loggedIn = await step('login: answer the login (admin)', () => accept(login, { subject: 'ada' }))
      const toConsent = await step('login: back from the login', () => browser.get(loggedIn.json.redirect_to), 302)
      const consent = `${requests}/consent?consent_challenge=${parameterOf(toConsent, 'consent_challenge')}`
      const grant = { grant_scope: metadata.scope.split(' ') }
      const consented = await step('login: answer the consent (admin)', () => accept(consent, grant))
      const back = await step('login: back from the consent', () => browser.get(consented.json.redirect_to), 303)
      const exchange = { code: parameterOf(back, 'code'), redirect_uri: redirectUri, code_verifier: proof.verifier }
      return step('token, `authorization_code`', () => askToken({ grant_type: 'authorization_code', ...exchange }))
    }

    await logIn()
    const { json: tokens } = await logIn()
    await step('userinfo, opaque', () => server.public('/userinfo', { bearer: tokens.access_token }))
    const refresh = () => askToken({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    await step('token, `refresh_token`', refresh)
    await step('token, a code or refresh token that was spent', refresh, 400)

    for (const [act, count] of Object.entries(found)) assert.deepEqual(count, promised(act), act)
  })
}
