import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openDatabase } from '../../src/app.ts'
import { askTokenWith, clientKey } from '../support/assertions.ts'
import { areActive, type LoginClient, obtainCode, obtainTokens, redeem, refresh, registerLoginClient } from '../support/login-client.ts'
import { refusingUpdates } from '../support/refusing-database.ts'
import { machine, registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startPlainWebServer, type WebServer } from '../support/web-server.ts'

// Everything that can fail comes before the transaction that spends a code, a refresh token or an assertion. Here the database
// refuses the note that a key signs for longer, which is written once an hour.

const hour = 3_600_000

let now = Date.now()
let refuses = false
let hookCalls = 0
let hook: WebServer
let server: TestServer
let client: LoginClient
before(async () => {
  hook = await startPlainWebServer((_request, response) => {
    hookCalls++
    response.writeHead(204).end()
  })
  const { database, migrateUp } = openDatabase({ dsn: { engine: 'memory' } })
  await migrateUp()
  server = await startServer({
    clock: () => now,
    database: refusingUpdates(database, 'signing_keys', () => refuses),
    settings: { strategies: { access_token: 'jwt' }, oauth2: { token_hook: hook.url } },
  })
  client = await registerLoginClient(server)
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await hook[Symbol.asyncDispose]()
})
// So that each test needs a new note.
beforeEach(() => {
  now += 3 * hour
})

async function whileKeysCannotBeNoted<T>(act: () => Promise<T>): Promise<T> {
  refuses = true
  try {
    return await act()
  } finally {
    refuses = false
  }
}

/** A request that cannot be signed for is answered 503, and then succeeds as it is. */
async function failsThenSucceeds(send: () => Promise<Received>): Promise<Received> {
  const failed = await whileKeysCannotBeNoted(send)
  assert.equal(failed.status, 503, failed.text)
  assert.notEqual(failed.headers['retry-after'], undefined)
  const again = await send()
  assert.equal(again.status, 200, again.text)
  return again
}

describe('when the use of a signing key cannot be noted', () => {
  test('a refresh is answered 503, a retry with the same refresh token succeeds and the family lives (RFC 9700 §4.14.2)', async () => {
    const { refresh_token } = await obtainTokens(server, client)
    now += 3 * hour
    const { json } = await failsThenSucceeds(() => refresh(server, client, refresh_token))
    assert.deepEqual(await areActive(server, json), [true, true])
  })

  test('the redemption of a code is answered 503, and a retry with the same code succeeds (RFC 6749 §4.1.2)', async () => {
    const code = await obtainCode(server, client)
    const { json } = await failsThenSucceeds(() => redeem(server, client, code))
    assert.deepEqual(await areActive(server, json), [true, true])
  })

  test('client credentials are answered 503, and a retry with the same assertion succeeds, once (RFC 7523 §3)', async () => {
    const key = await clientKey('ES256', { now: () => Math.floor(now / 1000) })
    const jwks = { keys: [key.publicJwk] }
    const { id } = await registrant(server).registered({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks })
    const assertion = await key.sign(id, server.issuer)
    await failsThenSucceeds(() => askTokenWith(server, assertion))
    const replayed = await askTokenWith(server, assertion)
    assert.deepEqual([replayed.status, replayed.json.error], [400, 'jti_known'])
  })
})

describe('what comes back after its use ends the family, and for it nothing is signed and no hook is asked', () => {
  const replays = async (send: () => Promise<Received>) => {
    const before = hookCalls
    const { status, json, text } = await whileKeysCannotBeNoted(send)
    assert.deepEqual([status, json.error], [400, 'invalid_grant'], text)
    assert.equal(hookCalls, before)
  }

  test('a code (RFC 6749 §4.1.2)', async () => {
    const code = await obtainCode(server, client)
    const { json } = await redeem(server, client, code)
    now += 3 * hour
    await replays(() => redeem(server, client, code))
    assert.equal((await refresh(server, client, json.refresh_token)).status, 400)
  })

  test('a refresh token (RFC 9700 §4.14.2)', async () => {
    const { refresh_token } = await obtainTokens(server, client)
    const { json } = await refresh(server, client, refresh_token)
    now += 3 * hour
    await replays(() => refresh(server, client, refresh_token))
    assert.equal((await refresh(server, client, json.refresh_token)).status, 400)
  })

  test('a refresh token, whatever else the request asks for', async () => {
    const { refresh_token } = await obtainTokens(server, client)
    const { json } = await refresh(server, client, refresh_token)
    now += 3 * hour
    await replays(() => refresh(server, client, refresh_token, { scope: 'more' }))
    assert.equal((await refresh(server, client, json.refresh_token)).status, 400)
  })
})
