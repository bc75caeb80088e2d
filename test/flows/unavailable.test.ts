import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migratedSqlite } from '../storage/sqlite-file.ts'
import { Browser } from '../support/browser.ts'
import { failingDatabase } from '../support/failing-database.ts'
import { ada } from '../support/fallback-pages.ts'
import { obtainTokens, registerLoginClient } from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

// What a caller is told where the database cannot do it now. A sentence that nothing was changed invites a second try, so it must be true.

const claim = /nothing was changed/

function assertUnavailable({ status, headers, text }: Received, isClaimed: boolean): void {
  assert.equal(status, 503)
  assert.equal(headers['retry-after'], '5')
  assert.match(text, /The server cannot do this now \(the disk is full\)/)
  assert.match(text, /Try again later\./)
  assert.equal(claim.test(text), isClaimed, text)
}

async function startFailing(settings: Record<string, unknown> = {}): Promise<TestServer & ReturnType<typeof failingDatabase>> {
  const failing = failingDatabase(await migratedSqlite('memory'))
  return Object.assign(failing, await startServer({ database: failing.database, settings }))
}

const register = (server: TestServer) =>
  server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })

test('an act that was rolled back is answered 503 with a sentence that nothing was changed, and a read without one', async () => {
  await using server = await startFailing()
  const { json } = await register(server)
  server.failAfterCommits = 0
  assertUnavailable(await register(server), true)
  assertUnavailable(await server.public(`/oauth2/register/${json.client_id}`, { bearer: json.registration_access_token }), false)
  assertUnavailable(await server.admin('/admin/clients'), false)
})

test('a withdrawal after which the list cannot be read is answered 503 without a sentence that nothing was changed', async () => {
  const users = [{ subject: 'user-ada', username: 'ada', password: ada.password }]
  await using server = await startFailing({ dev: true, users })
  const client = await registerLoginClient(server)
  const browser = new Browser(server)
  await obtainTokens(server, client, { browser, subject: 'user-ada', login: { remember: true } })
  const page = await browser.get('/oauth2/fallbacks/grants')
  const form = { client_id: client.id, form_token: /name="form_token" value="([^"]+)"/.exec(page.text)?.[1] ?? '' }
  server.failAfterCommits = 1
  const answer = await browser.send('/oauth2/fallbacks/grants', { method: 'POST', form, headers: { 'sec-fetch-site': 'same-origin' } })
  assertUnavailable(answer, false)
  server.failAfterCommits = undefined
  assert.doesNotMatch((await browser.get('/oauth2/fallbacks/grants')).text, /name="client_id"/, 'it was withdrawn')
})

test('a key change that is committed is answered as done where the set cannot get its next key now; the next token makes it', async () => {
  await using server = await startFailing({ strategies: { access_token: 'jwt' } })
  const path = '/admin/keys/hydra.jwt.access-token'
  assert.equal((await server.admin(path)).json.keys.length, 1)
  server.failAfterCommits = 1
  assert.equal((await server.admin(path, { method: 'DELETE' })).status, 204)
  const [line] = server.lines.filter(({ msg }) => msg === 'the key set has no key that can sign; one is created when it is needed')
  assert.deepEqual([line?.level, line?.set], ['warn', 'hydra.jwt.access-token'])
  server.failAfterCommits = undefined
  const { json } = await register(server)
  const form = { grant_type: 'client_credentials' }
  const basic: [string, string] = [json.client_id, json.client_secret]
  assert.equal((await server.public('/oauth2/token', { method: 'POST', basic, form })).status, 200)
  assert.equal((await server.admin(path)).json.keys.length, 1)
})
