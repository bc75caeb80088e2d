import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { Browser, parameterOf } from '../support/browser.ts'
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
import { startPostgres } from '../support/postgres.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

const postgres = await startPostgres()
after(() => postgres[Symbol.asyncDispose]())

const databases = {
  SQLite: async () => openSqlite('memory'),
  'PostgreSQL at READ COMMITTED': async () => openPostgres(await postgres.createMigrated(), { isolation: 'READ COMMITTED' }),
  'PostgreSQL at SERIALIZABLE': async () => openPostgres(await postgres.createMigrated(), { isolation: 'SERIALIZABLE' }),
} as const

const parallel = 16

const atOnce = <T>(act: (at: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: parallel }, (_, at) => act(at)))

const graceOf = (rotation_grace_period: string, rotation_grace_reuse_count = 0) => ({
  oauth2: { grant: { refresh_token: { rotation_grace_period, rotation_grace_reuse_count } } },
})

/** Asserts that exactly one succeeded and the others got the error of RFC 6749 §5.2. */
function theOneAccepted(answers: readonly Received[]): Received {
  const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status) as [Received, ...Received[]]
  assert.equal(winner.status, 200, winner.text)
  for (const { status, json, text } of others) assert.deepEqual([status, json.error], [400, 'invalid_grant'], text)
  return winner
}

for (const [name, open] of Object.entries(databases)) {
  describe(`on ${name}`, () => {
    let server: TestServer
    let client: LoginClient
    before(async () => {
      const database = await open()
      await migrateUp(database)
      // Over https, a CSRF value serves the flows of many tabs.
      server = await startServer({ database, settings: { urls: { self: { issuer: 'https://auth.example/' } } } })
      client = await registerLoginClient(server)
    })
    after(() => server[Symbol.asyncDispose]())

    for (const strategy of ['opaque', 'jwt'])
      describe(`with ${strategy} access tokens`, () => {
        before(() => server.reconfigure({ strategies: { access_token: strategy } }))

        test('of concurrent redemptions of one code one is accepted, and its tokens are revoked (RFC 6749 §4.1.2)', async () => {
          const code = await obtainCode(server, client)
          const { json } = theOneAccepted(await atOnce(() => redeem(server, client, code)))
          assert.deepEqual(await areActive(server, json), [false, false])
          assert.equal((await refresh(server, client, json.refresh_token)).status, 400)
          assert.equal((await server.public('/userinfo', { bearer: json.access_token })).status, 401)
        })

        test('of concurrent uses of one refresh token one is accepted, and the family is revoked (RFC 9700 §4.14.2)', async () => {
          const tokens = await obtainTokens(server, client)
          const { json } = theOneAccepted(await atOnce(() => refresh(server, client, tokens.refresh_token)))
          assert.deepEqual(await areActive(server, json), [false, false])
          assert.deepEqual(await areActive(server, tokens), [false, false])
          assert.equal((await refresh(server, client, json.refresh_token)).status, 400)
        })

        test('within the grace period all of them are accepted, and their tokens stay active', async () => {
          server.reconfigure({ strategies: { access_token: strategy }, ...graceOf('60s') })
          const tokens = await obtainTokens(server, client)
          const answers = await atOnce(() => refresh(server, client, tokens.refresh_token))
          for (const { status, text } of answers) assert.equal(status, 200, text)
          for (const { json } of answers) assert.deepEqual(await areActive(server, json), [true, true])
          assert.deepEqual(await areActive(server, tokens), [false, false])
          for (const { json } of answers) assert.equal((await refresh(server, client, json.refresh_token)).status, 200)
          server.reconfigure({ strategies: { access_token: strategy } })
        })
      })

    test('within the grace period one use over the limit revokes the family', async () => {
      server.reconfigure(graceOf('60s', 3))
      const tokens = await obtainTokens(server, client)
      for (let use = 0; use < 4; use++) assert.equal((await refresh(server, client, tokens.refresh_token)).status, 200)
      const answers = await atOnce(() => refresh(server, client, tokens.refresh_token))
      for (const { status } of answers) assert.equal(status, 400)
      assert.deepEqual(await areActive(server, tokens), [false, false])
      server.reconfigure({})
    })

    test('a code with another client, redirect URI or verifier is refused, is not spent and revokes nothing', async () => {
      const [code, foreign, foreigner] = [
        await obtainCode(server, client),
        await obtainCode(server, client),
        await registerLoginClient(server),
      ]
      const wrongs = () => [
        redeem(server, foreigner, code),
        redeem(server, client, code, { redirect_uri: `${redirectUri}/` }),
        redeem(server, client, code, { code_verifier: foreign.verifier }),
        redeem(server, client, code, { code_verifier: '' }),
      ]
      const refusals = async () => {
        for (const { status, json, text } of await Promise.all(wrongs()))
          assert.deepEqual([status, json.error], [400, 'invalid_grant'], text)
      }
      await refusals()
      const { status, json, text } = await redeem(server, client, code)
      assert.equal(status, 200, text)
      await refusals()
      assert.deepEqual(await areActive(server, json), [true, true])
    })

    test('of concurrent uses of one login verifier one continues, and its login can be completed', async () => {
      const browser = new Browser(server)
      const { address, verifier } = loginRequest(client)
      const back = await acceptedLogin(server, browser, address)
      const answers = await atOnce(() => browser.get(back))
      const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status) as [Received, ...Received[]]
      assert.equal(winner.status, 302)
      for (const answer of others) assertToldToClient(answer, /The login verifier has already been used\./)
      const consented = await grantedConsent(server, winner)
      const code = parameterOf(await browser.get(consented), 'code')
      assert.equal((await redeem(server, client, { code, verifier })).status, 200)
    })

    test('of concurrent uses of one consent verifier one gets the code, and its tokens are active', async () => {
      const browser = new Browser(server)
      const { address, verifier } = loginRequest(client)
      const consented = await grantedConsent(server, await browser.get(await acceptedLogin(server, browser, address)))
      const answers = await atOnce(() => browser.get(consented))
      const withCode = answers.filter((answer) => parameterOf(answer, 'code') !== '')
      assert.equal(withCode.length, 1)
      for (const answer of answers) if (answer !== withCode[0]) assertToldToClient(answer, /The consent verifier has already been used\./)
      const { json } = await redeem(server, client, { code: parameterOf(withCode[0] as Received, 'code'), verifier })
      assertToldToClient(await browser.get(consented), /already been used/)
      assert.deepEqual(await areActive(server, json), [true, true])
    })

    test('of concurrent uses of one logout verifier one ends the session; all get the same redirect, and tokens stay active', async () => {
      const browser = new Browser(server)
      const tokens = await obtainTokens(server, client, { browser, login: { remember: true } })
      const challenge = parameterOf(await browser.get('/oauth2/sessions/logout'), 'logout_challenge')
      const accept = `/admin/oauth2/auth/requests/logout/accept?logout_challenge=${challenge}`
      const { redirect_to } = (await server.admin(accept, { method: 'PUT' })).json
      const answers = await atOnce(() => browser.get(redirect_to))
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [302])
      assert.equal(new Set(answers.map(({ headers }) => headers.location)).size, 1)
      assert.equal(answers.filter(({ headers }) => headers['set-cookie'] !== undefined).length, 1)
      assert.equal((await server.admin(accept, { method: 'PUT' })).status, 409)
      assert.deepEqual(await areActive(server, tokens), [true, true])
    })

    test('of concurrent answers to one login request the last is in force, and only its verifier is accepted', async () => {
      const browser = new Browser(server)
      const challenge = parameterOf(await browser.get(loginRequest(client).address), 'login_challenge')
      const answers = await atOnce((at) =>
        server.admin(`/admin/oauth2/auth/requests/login/accept?login_challenge=${challenge}`, {
          method: 'PUT',
          json: { subject: `person-${at}` },
        }),
      )
      for (const { status } of answers) assert.equal(status, 200)
      const backs = await Promise.all(answers.map(({ json }) => browser.get(json.redirect_to)))
      const on = backs.filter((back) => String(back.headers.location).includes('consent_challenge='))
      assert.equal(on.length, 1)
      assert.deepEqual([...new Set(backs.filter((back) => back !== on[0]).map(({ status }) => status))], [400])
      const asked = await server.admin(
        `/admin/oauth2/auth/requests/consent?consent_challenge=${parameterOf(on[0] as Received, 'consent_challenge')}`,
      )
      assert.equal(asked.json.subject, `person-${backs.indexOf(on[0] as Received)}`)
    })

    test('many tabs of one browser with a cookie log in concurrently', async () => {
      const browser = new Browser(server)
      await obtainTokens(server, client, { browser })
      const tabs = await atOnce(() => obtainTokens(server, client, { browser }))
      for (const tokens of tabs) assert.deepEqual(await areActive(server, tokens), [true, true])
    })

    const ends = {
      revocation: async (_subject: string, tokens: { refresh_token: string }) => {
        const { id, secret } = client
        return server.public('/oauth2/revoke', { method: 'POST', basic: [id, secret], form: { token: tokens.refresh_token } })
      },
      'the withdrawal of consent': (subject: string) =>
        server.admin(`/admin/oauth2/auth/sessions/consent?subject=${subject}&all=true`, { method: 'DELETE' }),
    }
    for (const [what, end] of Object.entries(ends))
      test(`${what} concurrent with refreshes: after its response no token of the grant is active`, async () => {
        for (let round = 0; round < 6; round++) {
          const subject = `p${what.length}-${round}`
          const tokens = await obtainTokens(server, client, { subject })
          const ended = () => end(subject, tokens)
          const refreshed = () => refresh(server, client, tokens.refresh_token)
          const answers = await Promise.all(round % 2 ? [ended(), refreshed()] : [refreshed(), ended()])
          for (const { status, text } of answers) assert.ok([200, 204, 400].includes(status), `${status} ${text}`)
          const all = [tokens, ...answers.map(({ json }) => json).filter((json) => json?.access_token)]
          for (const one of all) assert.deepEqual(await areActive(server, one), [false, false], `round ${round}`)
        }
      })

    test('the withdrawal of consent concurrent with the redemption of its code: no token is active afterwards', async () => {
      for (let round = 0; round < 6; round++) {
        const subject = `w-${round}`
        const code = await obtainCode(server, client, { subject })
        const redeemed = () => redeem(server, client, code)
        const ended = () => server.admin(`/admin/oauth2/auth/sessions/consent?subject=${subject}&all=true`, { method: 'DELETE' })
        const answers = await Promise.all(round % 2 ? [ended(), redeemed()] : [redeemed(), ended()])
        for (const { status, text } of answers) assert.ok([200, 204, 400].includes(status), `${status} ${text}`)
        for (const { json } of answers) if (json?.access_token) assert.deepEqual(await areActive(server, json), [false, false])
      }
    })

    test('the deletion of a client concurrent with its redemptions and refreshes: no token is active afterwards', async () => {
      for (let round = 0; round < 4; round++) {
        const doomed = await registerLoginClient(server)
        const code = await obtainCode(server, doomed)
        const tokens = await obtainTokens(server, doomed)
        const answers = await Promise.all([
          redeem(server, doomed, code),
          server.admin(`/admin/clients/${doomed.id}`, { method: 'DELETE' }),
          refresh(server, doomed, tokens.refresh_token),
        ])
        for (const { status, text } of answers) assert.ok([200, 204, 400, 401].includes(status), `${status} ${text}`)
        for (const { json } of [...answers, { json: tokens }])
          if (json?.access_token) assert.deepEqual(await areActive(server, json), [false, false])
      }
    })

    test('a revocation revokes the whole grant, and a second one gets the same response (RFC 7009 §2.2)', async () => {
      const tokens = await obtainTokens(server, client)
      const answers = await atOnce(() => ends.revocation('', tokens))
      for (const { status } of answers) assert.equal(status, 200)
      assert.equal(await isActive(server, tokens.access_token), false)
    })

    test('the log has no internal error', () => {
      assert.deepEqual(
        server.lines.filter(({ level }) => level === 'error'),
        [],
      )
    })
  })
}

const requests = '/admin/oauth2/auth/requests'

/** The URL with which the browser returns after the login application has accepted. */
async function acceptedLogin(server: TestServer, browser: Browser, address: string): Promise<string> {
  const challenge = parameterOf(await browser.get(address), 'login_challenge')
  const { json } = await server.admin(`${requests}/login/accept?login_challenge=${challenge}`, { method: 'PUT', json: { subject: 'ada' } })
  return json.redirect_to
}

/** The same for the consent application. */
async function grantedConsent(server: TestServer, toConsent: Received): Promise<string> {
  const challenge = parameterOf(toConsent, 'consent_challenge')
  const { json, text } = await server.admin(`${requests}/consent/accept?consent_challenge=${challenge}`, {
    method: 'PUT',
    json: { grant_scope: ['openid', 'offline_access'] },
  })
  assert.ok(json?.redirect_to, text)
  return json.redirect_to
}

function assertToldToClient(answer: Received, description: RegExp): void {
  assert.equal(answer.status, 303, answer.text)
  assert.ok(String(answer.headers.location).startsWith(`${redirectUri}?`))
  assert.equal(parameterOf(answer, 'error'), 'access_denied')
  assert.match(parameterOf(answer, 'error_description'), description)
}
