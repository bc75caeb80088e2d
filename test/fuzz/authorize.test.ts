import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Database } from '../../src/storage/database.ts'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { anyCharacter } from '../support/any-character.ts'
import { Browser, parameterOf } from '../support/browser.ts'
import { isActive, type LoginClient, loginRequest, obtainCode, obtainTokens, redeem, redirectUri } from '../support/login-client.ts'
import { startPostgres } from '../support/postgres.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { assertWellFormed, fuzzFactor } from './fuzzed-server.ts'
import { afterLogout, encoded, members, mutated, mutations, redirectUris } from './hostile-login.ts'

const postgres = await startPostgres()
after(() => postgres[Symbol.asyncDispose]())

const databases: Record<string, { open: () => Promise<Database>; runs: number }> = {
  SQLite: { open: async () => openSqlite('memory'), runs: 400 },
  PostgreSQL: { open: async () => openPostgres(await postgres.createDatabase()), runs: 150 },
}

const authorizeNames = [
  'client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'prompt', 'max_age', 'login_hint', 'id_token_hint', 'acr_values', 'ui_locales', 'display',
  'audience', 'resource', 'code_challenge', 'code_challenge_method', 'request', 'request_uri', 'registration', 'claims', 'login_verifier', 'consent_verifier', 'login_challenge',
] // biome-ignore format: a list of words reads best as one
const tokenNames = [
  'grant_type',
  'code',
  'redirect_uri',
  'code_verifier',
  'refresh_token',
  'scope',
  'audience',
  'resource',
  'client_id',
  'client_secret',
]
const logoutNames = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state', 'logout_verifier', 'logout_challenge']
const loginMembers = [
  'subject',
  'remember',
  'remember_for',
  'extend_session_lifespan',
  'acr',
  'amr',
  'context',
  'force_subject_identifier',
  'identity_provider_session_id',
]
const consentMembers = ['grant_scope', 'grant_access_token_audience', 'session', 'remember', 'remember_for', 'context', 'handled_at']
const rejectMembers = ['error', 'error_description', 'error_hint', 'error_debug', 'status_code']

/** Placeholders for values that exist only during a run. */
const own = ['<id_token>', '<code>', '<refresh_token>', '<access_token>', '<challenge>', '<verifier>', '<client>']

const requests = '/admin/oauth2/auth/requests'

/** A value in one case of four. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })

for (const [name, { open, runs }] of Object.entries(databases))
  describe(`mutated requests of a login, on ${name}`, () => {
    let server: TestServer
    const clients: LoginClient[] = []
    const known = new Map<string, string>()
    const reached = new Map<string, number>()
    const count = (what: string) => reached.set(what, (reached.get(what) ?? 0) + 1)
    before(async () => {
      const database = await open()
      await migrateUp(database)
      server = await startServer({ database, settings: { urls: { post_logout_redirect: 'https://our.example/bye' } } })
      const members = { redirect_uris: redirectUris, grant_types: ['authorization_code', 'refresh_token'], scope: 'openid offline_access' }
      const more = { audience: ['https://api.example/'], post_logout_redirect_uris: [afterLogout] }
      const bySelf = await server.public('/oauth2/register', { method: 'POST', json: members })
      const byAdmin = await server.admin('/admin/clients', { method: 'POST', json: { ...members, ...more, application_type: 'native' } })
      for (const { json, text } of [bySelf, byAdmin]) {
        assert.ok(json.client_secret, text)
        clients.push({ id: json.client_id, secret: json.client_secret })
      }
    })
    after(() => server[Symbol.asyncDispose]())

    const filled = (text: string): string => text.replace(/^<(\w+)>$/, (stand) => known.get(stand) ?? stand)

    /** Asserts that the response is well formed and redirects only to registered URIs. */
    function judge(answer: Received, what: string): void {
      count(`${what} ${answer.status}`)
      // A token may contain any word by chance.
      const body = answer.text.replace(/"[\w.-]{43,}"/g, '"token"')
      assertWellFormed({ ...answer, headers: answer.headers as Record<string, string>, body }, what)
      const targets = [answer.headers.location, /action="([^"]*)"/.exec(answer.text)?.[1]?.replaceAll('&amp;', '&')]
      for (const target of targets) if (target !== undefined) assert.ok(mayBeSentTo(target), target)
    }

    const mayBeSentTo = (target: string): boolean =>
      target.startsWith(`${server.publicUrl}/`) ||
      /^https:\/\/our\.example\/bye$/.test(target) ||
      /^http:\/\/127\.0\.0\.1(:\d{1,5})?\/cb([?#]|$)/.test(target) ||
      /^http:\/\/\[::1\](:\d{1,5})?\/cb([?#]|$)/.test(target) ||
      [...redirectUris, afterLogout].some((uri) => target === uri || ['?', '#', '&'].some((mark) => target.startsWith(uri + mark)))

    const someone = fc.constantFrom(0, 1).map((at) => () => clients[at] as LoginClient)
    const method = fc.constantFrom('GET', 'GET', 'POST')

    const authorize = (how: string, query: string, browser: Browser): Promise<Received> =>
      how === 'GET'
        ? browser.get(`/oauth2/auth?${query}`)
        : server.public('/oauth2/auth', {
            method: 'POST',
            body: query,
            headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: browser.cookieHeader },
          })

    const requestOf = (client: LoginClient, over: Record<string, string> = {}): Record<string, string> => ({
      ...Object.fromEntries(new URLSearchParams(loginRequest(client, over).address.split('?')[1])),
    })

    test('authorization requests by GET and POST get a well-formed response', async () => {
      for (const client of clients) known.set('<id_token>', (await obtainTokens(server, client)).id_token)
      const browser = new Browser(server)
      await obtainTokens(server, clients[0] as LoginClient, { browser, login: { remember: true } })
      await fc.assert(
        fc.asyncProperty(someone, method, mutations(authorizeNames, own), fc.boolean(), async (client, how, changes, isKnown) => {
          known.set('<client>', client().id)
          const query = encoded(mutated(requestOf(client()), changes).map(([name, value]) => [name, filled(value)]))
          judge(await authorize(how, query, isKnown ? browser : new Browser(server)), `authorize by ${how}`)
        }),
        { numRuns: runs * 2 * fuzzFactor },
      )
      for (const seen of ['authorize by GET 302', 'authorize by GET 303', 'authorize by GET 400', 'authorize by POST 302'])
        assert.ok(reached.has(seen), seen)
    })

    test('queries and cookies that are not well-formed text get a well-formed response', async () => {
      const odd = fc.oneof(
        fc.constantFrom('%', '%zz', '%ff', '%c0%af', '%ed%a0%80', '=', '&', '&&', ';', '+', '[]=', '?'),
        fc.stringMatching(/^[!-~]{0,30}$/),
      )
      const cookie = fc.array(
        fc.tuple(
          fc.constantFrom('ory_hydra_session', 'ory_hydra_login_csrf_1', '<csrf>', '', '__proto__'),
          fc.oneof(fc.stringMatching(/^[ -~]{0,60}$/), fc.base64String()),
        ),
        { maxLength: 4 },
      )
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('/oauth2/auth', '/oauth2/sessions/logout'),
          odd,
          odd,
          cookie,
          async (path, front, back, cookies) => {
            const query = `${front}&${encoded(Object.entries(requestOf(clients[0] as LoginClient)))}&${back}`
            const headers = { cookie: cookies.map((pair) => pair.join('=')).join('; ') }
            judge(await server.public(`${path}?${query.replaceAll('#', '')}`, { headers }), `odd text at ${path}`)
          },
        ),
        { numRuns: runs * fuzzFactor },
      )
    })

    test('complete logins with mutated answers and redirects get well-formed responses', async () => {
      const course = fc.record({
        who: someone,
        mode: fc.constantFrom('query', 'fragment', 'form_post'),
        login: members(loginMembers),
        consent: members(consentMembers),
        rejection: seldom(members(rejectMembers)),
        onTheWay: seldom(mutations(authorizeNames, own)),
        drop: fc.constantFrom('-', '-', '-', '-', 'ory_hydra_login', 'ory_hydra_consent', 'ory_hydra'),
      })
      await fc.assert(
        fc.asyncProperty(course, async ({ who, mode, login, consent, rejection, onTheWay, drop }) => {
          const browser = new Browser(server)
          const asked = await browser.get(`/oauth2/auth?${encoded(Object.entries(requestOf(who(), { response_mode: mode })))}`)
          let back = await answered(asked, 'login', { subject: 'ada', ...login }, onTheWay === null ? rejection : null)
          browser.drop(drop)
          const toConsent = back === undefined ? undefined : await wayBack(browser, back, onTheWay)
          if (toConsent?.status !== 302 || !parameterOf(toConsent, 'consent_challenge')) return
          back = await answered(toConsent, 'consent', { grant_scope: ['openid', 'offline_access'], ...consent }, rejection)
          if (back === undefined) return
          const last = await wayBack(browser, back, onTheWay)
          const code =
            mode === 'form_post' ? /name="code" value="([^"]+)"/.exec(last.text)?.[1] : last.headers.location && parameterOf(last, 'code')
          if (code) count('a code was issued')
        }),
        { numRuns: runs * fuzzFactor },
      )
      for (const seen of [
        'a code was issued',
        'login accept 400',
        'consent accept 200',
        'login reject 200',
        'way back 303',
        'way back 302',
      ])
        assert.ok(reached.has(seen), seen)
    })

    async function answered(
      asked: Received,
      step: 'login' | 'consent',
      acceptance: Record<string, unknown>,
      rejection: Record<string, unknown> | null,
    ): Promise<string | undefined> {
      const challenge = parameterOf(asked, `${step}_challenge`)
      known.set('<challenge>', challenge)
      judge(await server.admin(`${requests}/${step}?${step}_challenge=${challenge}`), `${step} request`)
      const what = rejection === null ? 'accept' : 'reject'
      const sent = { method: 'PUT', json: rejection ?? acceptance }
      const answer = await server.admin(`${requests}/${step}/${what}?${step}_challenge=${challenge}`, sent)
      judge(answer, `${step} ${what}`)
      return answer.json.redirect_to
    }

    async function wayBack(browser: Browser, address: string, changes: Parameters<typeof mutated>[1] | null): Promise<Received> {
      const query = new URL(address).searchParams
      known.set('<verifier>', query.get('login_verifier') ?? query.get('consent_verifier') ?? '')
      const pairs = mutated(Object.fromEntries(query), changes ?? []).map(([name, value]) => [name, filled(value)] as const)
      const answer = await browser.get(`/oauth2/auth?${encoded(pairs)}`)
      judge(answer, 'way back')
      return answer
    }

    test('token requests for codes and refresh tokens get well-formed responses', async () => {
      const [client] = clients as [LoginClient]
      await fc.assert(
        fc.asyncProperty(fc.boolean(), mutations(tokenNames, own), async (isCode, changes) => {
          const issued = await obtainCode(server, client, { parameters: { audience: '' } })
          const tokens = isCode ? undefined : (await redeem(server, client, issued)).json
          known.set('<code>', issued.code)
          known.set('<refresh_token>', tokens?.refresh_token ?? '')
          const form: Record<string, string> = isCode
            ? { grant_type: 'authorization_code', code: issued.code, redirect_uri: redirectUri, code_verifier: issued.verifier }
            : { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
          const body = encoded(mutated(form, changes).map(([name, value]) => [name, filled(value)]))
          const headers = { 'content-type': 'application/x-www-form-urlencoded' }
          const answer = await server.public('/oauth2/token', { method: 'POST', basic: [client.id, client.secret], body, headers })
          judge(answer, 'token')
          if (answer.status === 200 && answer.json.token_type) assert.equal(await isActive(server, answer.json.access_token), true)
          // A refused request does not spend the code or token: the right request succeeds afterwards, unless the wrong one was a complete replay.
          else if (isCode) assert.equal((await redeem(server, client, issued)).status, 200)
        }),
        { numRuns: Math.ceil(runs / 2) * fuzzFactor },
      )
      for (const seen of ['token 200', 'token 400']) assert.ok(reached.has(seen), seen)
    })

    test('requests about challenges and sessions get well-formed responses', async () => {
      const challenge = fc.oneof(
        fc.constantFrom('', '<challenge>', 'x', '0'.repeat(64)),
        fc.string({ unit: anyCharacter, maxLength: 70 }),
        fc
          .tuple(fc.nat(63), fc.constantFrom(...'0aA_-~\0'))
          .map(([at, character]) => `${'0'.repeat(at)}${character}${'0'.repeat(63 - at)}`),
      )
      const steps = fc.constantFrom(
        ...['login', 'consent', 'logout'].flatMap((step) => ['', '/accept', '/reject'].map((what) => [step, what] as const)),
      )
      const text = fc.oneof(fc.constantFrom('', 'ada', 'a\0b', '%', 'true'), fc.string({ unit: anyCharacter, maxLength: 20 }))
      const whole = fc.constantFrom<[string, string][]>(
        [['subject', 'ada']],
        [['subject', 'a\0b']],
        [
          ['subject', 'ada'],
          ['all', 'true'],
        ],
        [['sid', 'a\0b']],
        [['consent_request_id', '\0']],
        [
          ['subject', '\0'],
          ['client', '\0'],
        ],
      )
      const some = fc.array(
        fc.tuple(
          fc.constantFrom('subject', 'client', 'all', 'sid', 'consent_request_id', 'page_size', 'page_token', 'login_session_id'),
          text,
        ),
        { maxLength: 3 },
      )
      const ofSessions = fc.oneof(whole, some)
      const sessions = fc.tuple(fc.constantFrom('GET', 'DELETE'), fc.constantFrom('consent', 'login'), ofSessions)
      const body = members([...loginMembers, ...consentMembers, ...rejectMembers])
      await fc.assert(
        fc.asyncProperty(steps, challenge, body, sessions, async ([step, what], one, json, [how, kind, query]) => {
          const path = `${requests}/${step}${what}?${encoded([[`${step}_challenge`, filled(one)]])}`
          judge(await server.admin(path, what === '' ? {} : { method: 'PUT', json }), `${step}${what}`)
          judge(await server.admin(`/admin/oauth2/auth/sessions/${kind}?${encoded(query)}`, { method: how }), `sessions ${how} ${kind}`)
        }),
        { numRuns: runs * fuzzFactor },
      )
      for (const seen of ['sessions DELETE consent 204', 'sessions GET consent 200', 'login/accept 404']) assert.ok(reached.has(seen), seen)
    })

    test('logouts by GET and POST get a well-formed response', async () => {
      const [, client] = clients as [LoginClient, LoginClient]
      await fc.assert(
        fc.asyncProperty(method, mutations(logoutNames, own), fc.boolean(), async (how, changes, isConfirmed) => {
          const browser = new Browser(server)
          const { id_token, access_token } = await obtainTokens(server, client, { browser, login: { remember: true } })
          known.set('<id_token>', id_token)
          known.set('<access_token>', access_token)
          known.set('<client>', client.id)
          const form = { id_token_hint: id_token, client_id: client.id, post_logout_redirect_uri: afterLogout, state: 'a b&c' }
          const query = encoded(mutated(form, changes).map(([name, value]) => [name, filled(value)]))
          const sent = {
            method: 'POST',
            body: query,
            headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: browser.cookieHeader },
          }
          const path = '/oauth2/sessions/logout'
          const asked = await (how === 'GET' ? browser.get(`${path}?${query}`) : server.public(path, sent))
          judge(asked, `logout by ${how}`)
          const challenge = asked.status === 302 ? parameterOf(asked, 'logout_challenge') : ''
          if (challenge === '' || !isConfirmed) return
          const accepted = await server.admin(`${requests}/logout/accept?logout_challenge=${challenge}`, { method: 'PUT' })
          const done = await browser.get(accepted.json.redirect_to)
          judge(done, 'logged out')
          // 200: without an ID token the browser leaves after a click.
          assert.ok([200, 302].includes(done.status), String(done.status))
        }),
        { numRuns: Math.ceil(runs / 3) * fuzzFactor },
      )
      for (const seen of ['logout by GET 302', 'logout by GET 400', 'logged out 302']) assert.ok(reached.has(seen), seen)
    })

    test('afterwards the server is healthy, and its log has no internal error', async (t) => {
      t.diagnostic(JSON.stringify(Object.fromEntries([...reached].toSorted())))
      await obtainTokens(server, clients[0] as LoginClient)
      assert.deepEqual(
        server.lines.filter(({ level }) => level === 'error'),
        [],
      )
      assert.equal(({} as Record<string, unknown>).admin, undefined, 'no prototype was touched')
    })
  })
