import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { Browser, type Listeners, parameterOf } from '../support/browser.ts'
import {
  areActive,
  isActive,
  type LoginClient,
  loginRequest,
  obtainCode,
  obtainTokens,
  redeem,
  redirectUri,
  refresh,
  registerLoginClient,
} from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

const minute = 60_000
const requests = '/admin/oauth2/auth/requests'
type Step = 'login' | 'consent'

let now = Date.now()
let server: TestServer
let client: LoginClient
before(async () => {
  server = await startServer({ clock: () => now, settings: { serve: { public: { trusted_proxies: ['127.0.0.1/32'] } } } })
  client = await registerLoginClient(server)
})
after(() => server[Symbol.asyncDispose]())
// Each test starts after everything of the previous one has expired.
beforeEach(() => {
  now += 400 * 24 * 60 * minute
})

const put = (step: Step | 'logout', what: 'accept' | 'reject', challenge: string, body: unknown = {}): Promise<Received> =>
  server.admin(`${requests}/${step}/${what}?${step}_challenge=${challenge}`, { method: 'PUT', json: body })

const bodies: Readonly<Record<Step, unknown>> = { login: { subject: 'ada' }, consent: { grant_scope: ['openid', 'offline_access'] } }

/** A browser at the login or the consent application. */
async function standingAt(step: Step, of: LoginClient = client): Promise<{ browser: Browser; challenge: string; verifier: string }> {
  const browser = new Browser(server)
  const { address, verifier } = loginRequest(of)
  const challenge = parameterOf(await browser.get(address), 'login_challenge')
  if (step === 'login') return { browser, challenge, verifier }
  const { json } = await put('login', 'accept', challenge, bodies.login)
  return { browser, challenge: parameterOf(await browser.get(json.redirect_to), 'consent_challenge'), verifier }
}

/** Continues from an accepted or rejected login or consent request to the end. */
async function finish(step: Step, browser: Browser, back: Received, verifier: string): Promise<void> {
  let last = await browser.get(back.json.redirect_to)
  if (step === 'login') {
    const { json } = await put('consent', 'accept', parameterOf(last, 'consent_challenge'), bodies.consent)
    last = await browser.get(json.redirect_to)
  }
  const { status, text } = await redeem(server, client, { code: parameterOf(last, 'code'), verifier })
  assert.equal(status, 200, text)
}

function assertTold(answer: Received, error: string, description: RegExp): void {
  assert.equal(answer.status, 303, answer.text)
  assert.ok(String(answer.headers.location).startsWith(`${redirectUri}?`))
  assert.equal(parameterOf(answer, 'error'), error)
  assert.match(parameterOf(answer, 'error_description'), description)
  assert.equal(parameterOf(answer, 'code'), '')
}

function assertPage(answer: Received, words: RegExp): void {
  assert.equal(answer.status, 400)
  assert.equal(answer.headers.location, undefined)
  assert.match(answer.text, words)
}

for (const step of ['login', 'consent'] as const)
  describe(`a ${step} application`, () => {
    test('that rejects twice: the last error is in force, also after a reload of the page', async () => {
      const { browser, challenge } = await standingAt(step)
      const first = await put(step, 'reject', challenge, { error: 'first', error_description: 'one' })
      const second = await put(step, 'reject', challenge, { error: 'second', error_description: 'two', error_hint: 'hint' })
      assertPage(await browser.get(first.json.redirect_to), /expired or was already used/)
      for (let time = 0; time < 2; time++) assertTold(await browser.get(second.json.redirect_to), 'second', /^two hint$/)
    })

    test('that accepts twice: the last answer is in force; after the browser has followed the redirect the next one is 409', async () => {
      const { browser, challenge, verifier } = await standingAt(step)
      const first = await put(step, 'accept', challenge, bodies[step])
      const second = await put(step, 'accept', challenge, bodies[step])
      assertPage(await browser.get(first.json.redirect_to), /expired or was already used/)
      await finish(step, browser, second, verifier)
      for (const what of ['accept', 'reject'] as const) assert.equal((await put(step, what, challenge, bodies[step])).status, 409)
      assertTold(await browser.get(second.json.redirect_to), 'access_denied', /already been used/)
    })

    test('that changes its answer before the browser returns: the last answer is in force', async () => {
      const { browser, challenge, verifier } = await standingAt(step)
      const yes = await put(step, 'accept', challenge, bodies[step])
      const no = await put(step, 'reject', challenge, { error: 'access_denied' })
      assertPage(await browser.get(yes.json.redirect_to), /expired or was already used/)
      assertTold(await browser.get(no.json.redirect_to), 'access_denied', /^$/)
      await finish(step, browser, await put(step, 'accept', challenge, bodies[step]), verifier)
    })

    test('that answers after the end of the flow gets an error, and the browser returns to its client', async () => {
      const { browser, challenge } = await standingAt(step)
      now += 30 * minute - 1
      const inTime = await put(step, 'accept', challenge, bodies[step])
      assert.equal(inTime.status, 200)
      now += 1
      const late = await Promise.all([
        server.admin(`${requests}/${step}?${step}_challenge=${challenge}`),
        put(step, 'accept', challenge, bodies[step]),
        put(step, 'reject', challenge),
      ])
      for (const { status, json } of late) {
        assert.equal(status, 401)
        assert.match(json.error_description, new RegExp(`The ${step} request has expired`))
      }
      assertTold(await browser.get(inTime.json.redirect_to), 'request_unauthorized', /has expired/)
    })

    test('whose browser is another one or has lost its cookies: the flow does not continue', async () => {
      const { browser, challenge, verifier } = await standingAt(step)
      const back = await put(step, 'accept', challenge, bodies[step])
      assertTold(await new Browser(server).get(back.json.redirect_to), 'request_forbidden', /No CSRF value/)
      const other = (await standingAt(step)).browser
      assertTold(await other.get(back.json.redirect_to), 'request_forbidden', /does not match/)
      await finish(step, browser, back, verifier)
    })

    test('that sends an invalid body: 400 with the member named, nothing is changed, and a valid answer succeeds', async () => {
      const { browser, challenge, verifier } = await standingAt(step)
      for (const [body, words] of [...unreadable, ...(step === 'login' ? badLogins : badConsents)]) {
        const sent = { method: 'PUT', body, headers: { 'content-type': 'application/json' } }
        const answer = await server.admin(`${requests}/${step}/accept?${step}_challenge=${challenge}`, sent)
        assert.equal(answer.status, 400, `${body} ${answer.text}`)
        assert.match(answer.json.error_description, words, body.toString())
      }
      for (const [body, words] of badRejections) {
        const answer = await server.admin(`${requests}/${step}/reject?${step}_challenge=${challenge}`, { method: 'PUT', body })
        assert.equal(answer.status, 400, `${body} ${answer.text}`)
        assert.match(answer.json.error_description, words, body.toString())
      }
      await finish(step, browser, await put(step, 'accept', challenge, bodies[step]), verifier)
    })

    test('whose challenge is missing, of another flow, or of the other step: 400 or 404', async () => {
      const { challenge } = await standingAt(step)
      const other = step === 'login' ? 'consent' : 'login'
      assert.equal((await server.admin(`${requests}/${step}`)).status, 400)
      for (const wrong of ['x', `${challenge.slice(0, -1)}~`, `${challenge.slice(0, 32)}${'A'.repeat(32)}`, encodeURIComponent('a\0b')]) {
        assert.equal((await put(step, 'accept', wrong, bodies[step])).status, 404, wrong)
      }
      assert.equal((await put(other, 'accept', challenge, bodies[other])).status, 404)
    })

    test('whose client is deleted meanwhile: challenge and verifier are unknown', async () => {
      const doomed = await registerLoginClient(server)
      const { browser, challenge } = await standingAt(step, doomed)
      const back = await put(step, 'accept', challenge, bodies[step])
      assert.equal((await server.admin(`/admin/clients/${doomed.id}`, { method: 'DELETE' })).status, 204)
      assertPage(await browser.get(back.json.redirect_to), /expired or was already used/)
      assert.equal((await put(step, 'accept', challenge, bodies[step])).status, 404)
    })

    test('whose client loses the redirect URI meanwhile: the browser is not redirected there, with a code or with an error', async () => {
      for (const what of ['accept', 'reject'] as const) {
        const changed = await registerLoginClient(server)
        const { browser, challenge } = await standingAt(step, changed)
        const back = await put(step, what, challenge, bodies[step])
        const json = [{ op: 'replace', path: '/redirect_uris', value: ['https://app.example/other'] }]
        const patched = await server.admin(`/admin/clients/${changed.id}`, { method: 'PATCH', json })
        assert.equal(patched.status, 200, patched.text)
        assertPage(await browser.get(back.json.redirect_to), /address that it has not registered/)
      }
    })
  })

const unreadable: readonly (readonly [string | Buffer, RegExp])[] = [
  ['', /body is empty/],
  ['{"subject":', /body/],
  ['{"subject":"ada","subject":"eve"}', /same member twice/],
  [Buffer.from([0x7b, 0xff, 0x7d]), /UTF-8/],
  ['[]', /JSON object/],
  ['null', /JSON object/],
  ['"ada"', /JSON object/],
]

const badLogins: readonly (readonly [string, RegExp])[] = [
  ['{}', /subject/],
  ['{"subject":""}', /subject/],
  ['{"subject":null}', /subject/],
  ['{"subject":5}', /^subject: /],
  ['{"subject":["ada"]}', /^subject: /],
  ['{"subject":"a\\u0000b"}', /^subject: /],
  ['{"subject":"a\\ud800b"}', /^subject: /],
  ['{"subject":"ada","force_subject_identifier":"\\u0000"}', /^force_subject_identifier: /],
  ['{"subject":"ada","remember":"yes"}', /^remember: /],
  ['{"subject":"ada","remember_for":-1}', /^remember_for: /],
  ['{"subject":"ada","remember_for":1.5}', /^remember_for: /],
  ['{"subject":"ada","remember_for":1e300}', /^remember_for: /],
  ['{"subject":"ada","remember_for":"3600"}', /^remember_for: /],
  ['{"subject":"ada","acr":1}', /^acr: /],
  ['{"subject":"ada","amr":"pwd"}', /^amr: /],
  ['{"subject":"ada","amr":[1]}', /^amr: /],
  ['{"subject":"ada","extend_session_lifespan":1}', /^extend_session_lifespan: /],
]

const badConsents: readonly (readonly [string, RegExp])[] = [
  ['{"grant_scope":"openid"}', /^grant_scope: /],
  ['{"grant_scope":[null]}', /^grant_scope: /],
  ['{"grant_scope":["a\\u0000b"]}', /^grant_scope: /],
  ['{"grant_access_token_audience":{"0":"x"}}', /^grant_access_token_audience: /],
  ['{"session":[]}', /^session: /],
  ['{"session":"x"}', /^session: /],
  ['{"session":{"id_token":[]}}', /^id_token: /],
  ['{"session":{"access_token":7}}', /^access_token: /],
  ['{"remember":1}', /^remember: /],
  ['{"remember_for":9007199254740991}', /^remember_for: /],
]

const badRejections: readonly (readonly [string, RegExp])[] = [
  ['', /body is empty/],
  ['[]', /JSON object/],
  ['{"error":5}', /^error: /],
  ['{"error_description":{}}', /^error_description: /],
]

describe('a login application that names another subject', () => {
  test('than that of the session: the login starts again, and only then the subject changes', async () => {
    const browser = new Browser(server)
    const remember = { subject: 'ada', login: { remember: true, remember_for: 3600 } }
    await obtainTokens(server, client, { browser, ...remember })
    const challenge = parameterOf(await browser.get(loginRequest(client).address), 'login_challenge')
    const asked = await server.admin(`${requests}/login?login_challenge=${challenge}`)
    assert.deepEqual([asked.json.skip, asked.json.subject], [true, 'ada'])
    const { redirect_to } = (await put('login', 'accept', challenge, { subject: 'eve' })).json
    const url = new URL(redirect_to)
    assert.deepEqual([url.searchParams.get('prompt'), url.searchParams.get('login_verifier')], ['login', null])
    const anew = parameterOf(await browser.get(redirect_to), 'login_challenge')
    const askedAnew = await server.admin(`${requests}/login?login_challenge=${anew}`)
    assert.deepEqual([askedAnew.json.skip, askedAnew.json.subject], [false, ''])
    assert.notEqual(askedAnew.json.session_id, asked.json.session_id)
    const accepted = await put('login', 'accept', anew, { subject: 'eve' })
    const consent = parameterOf(await browser.get(accepted.json.redirect_to), 'consent_challenge')
    assert.equal((await server.admin(`${requests}/consent?consent_challenge=${consent}`)).json.subject, 'eve')
  })
})

describe('expiry', () => {
  test('a code is valid until exactly its expiry, not a millisecond longer', async () => {
    const [one, other] = [await obtainCode(server, client), await obtainCode(server, client)]
    now += 10 * minute - 1
    assert.equal((await redeem(server, client, one)).status, 200)
    now += 1
    const late = await redeem(server, client, other)
    assert.deepEqual([late.status, late.json.error], [400, 'invalid_grant'])
    assert.match(late.json.error_description, /has expired/)
  })

  test('the reuse of an expired code still revokes its tokens', async () => {
    const code = await obtainCode(server, client)
    const { json } = await redeem(server, client, code)
    now += 11 * minute
    assert.equal((await redeem(server, client, code)).status, 400)
    assert.deepEqual(await areActive(server, json), [false, false])
  })

  test('access and refresh tokens expire', async () => {
    const { access_token, refresh_token } = await obtainTokens(server, client)
    now += 60 * minute - 1000
    assert.deepEqual(await areActive(server, { access_token, refresh_token, id_token: '' }), [true, true])
    now += 1000
    assert.equal(await isActive(server, access_token), false)
    now += 719 * 60 * minute
    const late = await refresh(server, client, refresh_token)
    assert.deepEqual([late.status, late.json.error], [400, 'invalid_grant'])
  })

  test('a used refresh token is accepted again within the grace period; afterwards it revokes the family', async () => {
    server.reconfigure({ oauth2: { grant: { refresh_token: { rotation_grace_period: '10s' } } } })
    const { refresh_token } = await obtainTokens(server, client)
    const first = await refresh(server, client, refresh_token)
    now += 9_999
    const again = await refresh(server, client, refresh_token)
    assert.deepEqual([first.status, again.status], [200, 200])
    now += 1
    assert.equal((await refresh(server, client, refresh_token)).status, 400)
    for (const { json } of [first, again]) assert.deepEqual(await areActive(server, json), [false, false])
    server.reconfigure({})
  })

  test('a remembered session expires', async () => {
    const browser = new Browser(server)
    await obtainTokens(server, client, { browser, login: { remember: true, remember_for: 60 } })
    const isKnown = async () => {
      const challenge = parameterOf(await browser.get(loginRequest(client).address), 'login_challenge')
      return (await server.admin(`${requests}/login?login_challenge=${challenge}`)).json.skip
    }
    now += minute - 1
    assert.equal(await isKnown(), true)
    now += 1
    assert.equal(await isKnown(), false)
  })

  test('a logout that is not confirmed before it expires has no effect', async () => {
    const browser = new Browser(server)
    await obtainTokens(server, client, { browser, login: { remember: true } })
    const challenge = parameterOf(await browser.get('/oauth2/sessions/logout'), 'logout_challenge')
    const inTime = await put('logout', 'accept', challenge)
    now += 30 * minute
    assert.equal((await put('logout', 'accept', challenge)).status, 401)
    assert.equal((await server.admin(`${requests}/logout?logout_challenge=${challenge}`)).status, 401)
    assert.equal((await browser.get(inTime.json.redirect_to)).status, 404)
    const stillThere = await browser.get('/oauth2/sessions/logout')
    assert.notEqual(parameterOf(stillThere, 'logout_challenge'), '')
  })
})

describe('a client that is deleted', () => {
  test('is deleted with its codes and tokens; a new client with the same id has none of them', async () => {
    const body = {
      client_id: 'again',
      client_secret: 'a-long-secret-of-theirs',
      redirect_uris: [redirectUri],
      scope: 'openid offline_access',
    }
    const make = () =>
      server.admin('/admin/clients', { method: 'POST', json: { ...body, grant_types: ['authorization_code', 'refresh_token'] } })
    await make()
    const doomed = { id: body.client_id, secret: body.client_secret }
    const code = await obtainCode(server, doomed)
    const tokens = await obtainTokens(server, doomed)
    await server.admin('/admin/clients/again', { method: 'DELETE' })
    const gone = await redeem(server, doomed, code)
    assert.deepEqual([gone.status, gone.json.error], [401, 'invalid_client'])
    assert.equal((await make()).status, 201)
    assert.equal((await redeem(server, doomed, code)).status, 400)
    assert.equal((await refresh(server, doomed, tokens.refresh_token)).status, 400)
    assert.deepEqual(await areActive(server, tokens), [false, false])
  })
})

describe('unanswered requests', () => {
  test('are limited to 1,000 for one address: the oldest is evicted, answered ones and other addresses stay', async () => {
    const from = async (address: string) => {
      now += 1
      const answer = await server.public(loginRequest(client).address, { headers: { 'x-forwarded-for': address } })
      assert.equal(answer.status, 302)
      return parameterOf(answer, 'login_challenge')
    }
    const isThere = async (challenge: string) => (await server.admin(`${requests}/login?login_challenge=${challenge}`)).status === 200
    const answered = await from('203.0.113.7')
    await put('login', 'accept', answered, bodies.login)
    const elsewhere = await from('203.0.113.8')
    const first = await from('203.0.113.7')
    const second = await from('203.0.113.7')
    for (let batch = 0; batch < 20; batch++) await Promise.all(Array.from({ length: batch === 19 ? 48 : 50 }, () => from('203.0.113.7')))
    assert.deepEqual(await Promise.all([first, second].map(isThere)), [true, true])
    const last = await from('203.0.113.7')
    assert.deepEqual(await Promise.all([first, second, last, answered, elsewhere].map(isThere)), [false, true, true, true, true])
  })
})

describe('a server that restarts between any two steps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clientele-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Each request is served by a new process, on the file that the previous one has closed. */
  async function anew<T>(act: (server: TestServer) => Promise<T>): Promise<T> {
    const database = openSqlite(join(folder, 'test.sqlite'))
    await migrateUp(database)
    await using started = await startServer({ database, settings: { urls: { self: { issuer: 'https://as.example/' } } } })
    return await act(started)
  }
  let last: Promise<unknown> = Promise.resolve()
  const afterTheLast = (act: (server: TestServer) => Promise<Received>): Promise<Received> => {
    const next = last.then(() => anew(act))
    last = next.catch(() => {})
    return next
  }
  const restarting: Listeners = {
    public: (path, sent) => afterTheLast((started) => started.public(path, sent)),
    admin: (path, sent) => afterTheLast((started) => started.admin(path, sent)),
  }

  test('completes a login, a refresh, a second login, a revocation and a logout', async () => {
    const app = await registerLoginClient(restarting)
    const browser = new Browser(restarting)
    const remembered = { login: { remember: true, remember_for: 3600 }, consent: { remember: true } }
    const tokens = await obtainTokens(restarting, app, { browser, subject: 'ada', ...remembered })
    const refreshed = await refresh(restarting, app, tokens.refresh_token)
    assert.equal(refreshed.status, 200, refreshed.text)
    assert.deepEqual(await areActive(restarting, refreshed.json), [true, true])
    assert.equal(await isActive(restarting, tokens.access_token), false)
    assert.equal((await restarting.public('/userinfo', { bearer: refreshed.json.access_token })).json.sub, 'ada')
    const challenge = parameterOf(await browser.get(loginRequest(app).address), 'login_challenge')
    const asked = await restarting.admin(`${requests}/login?login_challenge=${challenge}`)
    assert.deepEqual([asked.json.skip, asked.json.subject], [true, 'ada'])
    const form = { token: refreshed.json.refresh_token }
    assert.equal((await restarting.public('/oauth2/revoke', { method: 'POST', basic: [app.id, app.secret], form })).status, 200)
    assert.deepEqual(await areActive(restarting, refreshed.json), [false, false])
    const logout = parameterOf(await browser.get('/oauth2/sessions/logout'), 'logout_challenge')
    const accepted = await restarting.admin(`${requests}/logout/accept?logout_challenge=${logout}`, { method: 'PUT' })
    assert.equal((await browser.get(accepted.json.redirect_to)).status, 302)
    assert.deepEqual(
      browser.cookieNames.filter((name) => name.includes('session')),
      [],
    )
  })
})

test('the log has no internal error', () => {
  assert.deepEqual(
    server.lines.filter(({ level }) => level === 'error'),
    [],
  )
})
