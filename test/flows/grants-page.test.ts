import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { mostGrants } from '../../src/core/consents/list-granted-clients.ts'
import { someClient, someGrant } from '../storage/fresh-stores.ts'
import { memoryStores } from '../storage/sqlite-file.ts'
import { Browser, parameterOf } from '../support/browser.ts'
import { granted, grantedTo, now, startFallbackPages } from '../support/fallback-pages.ts'
import {
  areActive,
  isActive,
  type LoginClient,
  loginRequest,
  obtainTokens,
  redirectUri,
  refresh,
  registerLoginClient,
} from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

// The page on which a person sees the clients with access, and withdraws it.

const at = '/oauth2/fallbacks/grants'

const tokenOf = ({ text }: Received): string => /name="form_token" value="([^"]+)"/.exec(text)?.[1] ?? ''
/** The ids of the clients on a page. */
const clientsOn = ({ text }: Received): string[] => [...text.matchAll(/name="client_id" value="([^"]+)"/g)].map(([, id = '']) => id)

function assertPage({ headers, text }: Received, formAction: "'self'" | "'none'"): void {
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action '\w+'; frame-ancestors 'none'$/)
  assert.ok(policy.includes(`form-action ${formAction};`))
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.match(String(headers['cache-control']), /no-store/)
  assert.doesNotMatch(text, /<script|<img|<link|<iframe|\son\w+=|style=/i)
}

describe('the grants page', () => {
  test('O21-24 (OAuth 2.1 §7.12): the page shows for each client its redirect host, its name, whether it is verified, its scopes and the date of consent', async () => {
    await using pages = await startFallbackPages()
    const answer = await pages.ask(at)
    assert.equal(answer.status, 200)
    assertPage(answer, "'self'")
    const [claude = '', own = ''] = answer.text.split('<h2').slice(1)
    assert.match(answer.text, /<h1>Apps with access<\/h1>\s*<p class="soft">You are signed in as <strong><bdi>Ada Lovelace<\/bdi>/)
    assert.match(
      claude,
      /^ id="client-1"><strong>claude\.ai<\/strong><\/h2>\s*<p>It calls itself <strong><bdi>Claude<\/bdi><\/strong>\. <span class="mark care">not verified<\/span><\/p>/,
    )
    assert.deepEqual(
      [...claude.matchAll(/<li>(.*)<\/li>/g)].map(([, line]) => line),
      ['Identify you by an ID that stays the same', 'Keep access while you are not using it', 'Use <code>notes.read</code>'],
    )
    assert.match(claude, /Access since October 13, 2026\./)
    assert.match(
      own,
      /^ id="client-2">An app on one of your devices<\/h2>\s*<p>Its name is <strong><bdi>own<\/bdi><\/strong>\. <span class="mark">verified by the operator/,
    )
    assert.match(own, /Sign-in only\./)
    assert.match(own, /<button aria-describedby="client-2">Remove access<\/button>/)
    assert.deepEqual(clientsOn(answer), ['claude', 'own'])
  })

  test('R7591-33 (RFC 7591 §2.2): the page and the client’s name are in the person’s language', async () => {
    await using pages = await startFallbackPages()
    const { text } = await pages.ask(at, { headers: { 'accept-language': 'de-CH' } })
    assert.match(text, /<html lang="de">[\s\S]*<h1>Apps mit Zugriff<\/h1>[\s\S]*<bdi>Klaus<\/bdi>[\s\S]*Zugriff seit 13\. Oktober 2026\./)
  })

  test('after a withdrawal the page confirms it and has one client less; a second withdrawal finds nothing', async () => {
    await using pages = await startFallbackPages()
    const form = { form_token: tokenOf(await pages.ask(at)), client_id: 'claude' }
    const done = await pages.post('grants', form)
    assert.equal(done.status, 200)
    assertPage(done, "'self'")
    assert.match(done.text, /<title>Access removed: Apps with access<\/title>/)
    assert.match(done.text, /<p class="note" role="status"><strong><bdi>Claude<\/bdi><\/strong> no longer has access\.<\/p>/)
    assert.deepEqual(clientsOn(done), ['own'])
    const again = await pages.post('grants', form)
    assert.match(again.text, /This app had no access any more\./)
    const withdrawn = ['withdraw', 'claude', { subject: 'user-ada', actor: 'person' }]
    assert.deepEqual(pages.acts, [withdrawn, withdrawn])
  })

  test('a form without a client or with an unknown one withdraws nothing', async () => {
    await using pages = await startFallbackPages()
    const form_token = tokenOf(await pages.ask(at))
    for (const form of [
      { form_token },
      { form_token, client_id: '' },
      { form_token, client_id: 'nobody' },
      { form_token, client_id: 'claude\0' },
    ]) {
      const answer = await pages.post('grants', form)
      assert.deepEqual([answer.status, clientsOn(answer).length], [200, 2])
      assert.match(answer.text, /This app had no access any more\./)
    }
    assert.equal((await pages.post('grants', { form_token, client_id: ['claude', 'own'] })).status, 400)
    assert.deepEqual(pages.acts, [])
  })

  test('a form of another session withdraws nothing, and the page shows why (403)', async () => {
    await using pages = await startFallbackPages()
    const token = tokenOf(await pages.ask(at))
    for (const form_token of ['', 'x', 'session-of-ada', `x${token}`, token.slice(0, -4), token.split('.')[1] ?? '']) {
      const answer = await pages.post('grants', { client_id: 'claude', ...(form_token !== '' && { form_token }) })
      assert.equal(answer.status, 403, form_token)
      assertPage(answer, "'self'")
      assert.match(answer.text, /<title>Problem: Apps with access<\/title>/)
      assert.match(answer.text, /role="alert">This page had expired, so no access was removed/)
      assert.equal(clientsOn(answer).length, 2)
    }
    assert.deepEqual(pages.acts, [])
  })

  test('a form from a page of another site is refused (403) before it is read', async () => {
    await using pages = await startFallbackPages()
    const form = { form_token: tokenOf(await pages.ask(at)), client_id: 'claude' }
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'null' },
      { origin: 'https://evil.example' },
    ]) {
      const answer = await pages.post('grants', form, headers)
      assert.equal(answer.status, 403)
      assert.match(answer.text, /sent by a page of another site, so nothing was done/)
    }
    assert.deepEqual(pages.acts, [])
  })

  test('without a session, or for a user who is no longer listed, the page is 401 with a hint what to do', async () => {
    for (const given of [{ isSignedIn: false }, { users: [] }]) {
      await using pages = await startFallbackPages(given)
      for (const answer of [await pages.ask(at), await pages.post('grants', { client_id: 'claude' })]) {
        assert.equal(answer.status, 401)
        assertPage(answer, "'none'")
        assert.match(answer.text, /<h1>You are not signed in<\/h1>[\s\S]*choose “<strong>Keep me signed in on this device<\/strong>”/)
        assert.doesNotMatch(answer.text, /Claude|<form/)
      }
      assert.deepEqual(pages.acts, [])
    }
  })

  test('if the consent page is not in use, the page is 404 with and without a session, and accepts no form', async () => {
    await using pages = await startFallbackPages({ builtIn: false })
    for (const answer of [await pages.ask(at), await pages.post('grants', { client_id: 'claude' })]) {
      assert.equal(answer.status, 404)
      assertPage(answer, "'none'")
      assert.match(answer.text, /<h1>This page is not in use<\/h1>/)
    }
    assert.deepEqual(pages.acts, [])
  })

  test('values of a client are escaped and truncated', async () => {
    const markup = `"><script>x</script><h1 onclick='x'>&amp;`
    const client = { clientId: markup, origin: 'dynamic', metadata: { clientName: `${markup}${'😀'.repeat(100)}` } } as const
    await using pages = await startFallbackPages({
      granted: { clients: [grantedTo(client, { scope: [markup], redirectUris: ['https://['] })] },
    })
    const first = await pages.ask(at)
    for (const { text } of [first, await pages.post('grants', { form_token: tokenOf(first), client_id: markup })]) {
      assert.doesNotMatch(text, /<script|<h1 onclick|\{\w+\}/)
      assert.ok(text.includes(`&amp;amp;${'😀'.repeat(39)}…</bdi>`))
    }
  })

  test('shows when there are no grants, and when there is more than one page of them', async () => {
    await using none = await startFallbackPages({ granted: {} })
    assert.match((await none.ask(at)).text, /No app has access to your account\./)
    await using more = await startFallbackPages({ granted: { clients: granted, next: { grantedAt: now, id: 'abc' } } })
    assert.match((await more.ask(at)).text, new RegExp(`<a href="\\?after=${now}-abc">Show older</a>`))
    await using later = await startFallbackPages({ granted: { next: { grantedAt: now, id: 'abc' } } })
    assert.doesNotMatch((await later.ask(at)).text, /There is nothing here/)
  })

  test('the consent page says where access can be withdrawn later', async () => {
    await using pages = await startFallbackPages()
    const { text } = await pages.ask('/oauth2/fallbacks/consent?consent_challenge=known')
    assert.match(text, /You can remove access later: <a href="grants" target="_blank" rel="noopener">Apps with access<\/a>\./)
  })
})

/** A user as in the setting `users`; no password is used here. */
const users = ['ada', 'eve'].map((username) => ({
  subject: `user-${username}`,
  username,
  password: '$argon2id$v=19$m=19456,t=2,p=1$sS+q3rV2YxQJe4eACo8+7w$9fSpdkpA2O65ValZ2xxB+/n+rrZ17q+JJ/sL5/UHYeY',
}))
const pairwise = { supported_types: ['public', 'pairwise'], pairwise: { salt: 'a-salt-for-tests' } }
const settings = { dev: true, users, oidc: { subject_identifiers: pairwise } }

describe('a person withdraws access', () => {
  let server: TestServer
  let time = Date.now()
  before(async () => {
    server = await startServer({ settings, clock: () => time })
  })
  after(() => server[Symbol.asyncDispose]())

  /** Logs a person in at a new browser, grants the client access and remembers the login. */
  async function letIn(client: LoginClient, username: string, browser = new Browser(server), more: Record<string, unknown> = {}) {
    const options = { browser, subject: `user-${username}`, login: { remember: true }, consent: more }
    return { browser, tokens: await obtainTokens(server, client, options) }
  }

  const withdraw = (browser: Browser, client_id: string, form_token: string, headers: Record<string, string> = {}): Promise<Received> =>
    browser.send(at, { method: 'POST', form: { client_id, form_token }, headers: { 'sec-fetch-site': 'same-origin', ...headers } })

  test('O21-24 (OAuth 2.1 §7.12): withdrawing revokes every token of the client, forgets the consent and writes an audit record with the person as actor', async () => {
    const [app, other] = [await registerLoginClient(server, { client_name: 'Notes' }), await registerLoginClient(server)]
    const { browser, tokens } = await letIn(app, 'ada', undefined, { remember: true })
    const { tokens: untouched } = await letIn(other, 'ada', browser)
    const { tokens: silent } = await letIn(app, 'ada', browser)
    const page = await browser.get(at)
    assert.deepEqual(clientsOn(page).sort(), [app.id, other.id].sort())
    assert.match(
      page.text,
      /<strong>app\.example<\/strong><\/h2>\s*<p>It calls itself <strong><bdi>Notes<\/bdi><\/strong>\. <span class="mark care">not verified/,
    )
    assert.match((await withdraw(browser, app.id, tokenOf(page))).text, /<bdi>Notes<\/bdi><\/strong> no longer has access/)
    for (const each of [tokens, silent]) {
      const { status, json } = await refresh(server, app, each.refresh_token)
      assert.deepEqual([status, json.error], [400, 'invalid_grant'])
      assert.deepEqual(await areActive(server, each), [false, false])
    }
    assert.deepEqual(await areActive(server, untouched), [true, true])
    assert.deepEqual(clientsOn(await browser.get(at)), [other.id])
    const toLogin = await browser.get(loginRequest(app, { prompt: 'none' }).address)
    const asked = await browser.get(await acceptedLogin(parameterOf(toLogin, 'login_challenge')))
    assert.equal(parameterOf(asked, 'error'), 'consent_required')
    const said = server.lines.filter(({ msg }) => msg === 'consents.withdrawn')
    assert.deepEqual(
      said.map(({ actor }) => actor),
      ['person'],
    )
    assert.match((await server.admin('/admin/metrics/prometheus')).text, /clientele_consents_withdrawn_total\{by="person"\} 1/)
  })

  async function acceptedLogin(challenge: string): Promise<string> {
    const path = `/admin/oauth2/auth/requests/login/accept?login_challenge=${challenge}`
    return (await server.admin(path, { method: 'PUT', json: { subject: 'user-ada' } })).json.redirect_to
  }

  test('the grants of another person are neither shown nor changed, whatever the form contains', async () => {
    const [shared, adas] = [await registerLoginClient(server), await registerLoginClient(server)]
    const ada = await letIn(shared, 'ada')
    const { tokens: adasOwn } = await letIn(adas, 'ada', ada.browser)
    const eve = await letIn(shared, 'eve')
    const page = await eve.browser.get(at)
    assert.deepEqual(clientsOn(page), [shared.id])
    const { json: listed } = await server.admin('/admin/oauth2/auth/sessions/consent?subject=user-ada')
    for (const id of [adas.id, ...listed.map((one: { consent_request_id: string }) => one.consent_request_id)]) {
      const form = { client_id: id, id, consent_request_id: id, subject: 'user-ada', all: 'true', form_token: tokenOf(page) }
      const answer = await eve.browser.send(`${at}?subject=user-ada&all=true`, { method: 'POST', form })
      assert.match(answer.text, /This app had no access any more\./)
    }
    assert.equal((await withdraw(eve.browser, shared.id, tokenOf(await ada.browser.get(at)))).status, 403, 'with a form of ada’s')
    assert.deepEqual(await areActive(server, eve.tokens), [true, true])
    assert.equal((await withdraw(eve.browser, shared.id, tokenOf(page))).status, 200)
    assert.deepEqual(await areActive(server, eve.tokens), [false, false])
    assert.deepEqual([...(await areActive(server, ada.tokens)), ...(await areActive(server, adasOwn))], [true, true, true, true])
  })

  test('with force_subject_identifier the withdrawal uses the real subject, and the forced one has no grants', async () => {
    const app = await registerLoginClient(server, { subject_type: 'pairwise' })
    const { browser, tokens } = await letIn(app, 'ada')
    const { sub = '' } = decodeJwt(tokens.id_token)
    assert.notEqual(sub, 'user-ada')
    const namesake = new Browser(server)
    const other = await registerLoginClient(server)
    await obtainTokens(server, other, { browser: namesake, subject: sub, login: { remember: true } })
    server.reconfigure({ users: [...users, { ...users[0], subject: sub, username: 'namesake' }] })
    const page = await namesake.get(at)
    assert.deepEqual(clientsOn(page), [other.id])
    await withdraw(namesake, app.id, tokenOf(page))
    assert.deepEqual(await areActive(server, tokens), [true, true])
    const own = await browser.get(at)
    assert.ok(clientsOn(own).includes(app.id))
    await withdraw(browser, app.id, tokenOf(own))
    assert.deepEqual(await areActive(server, tokens), [false, false])
  })

  test('a forged cookie, or one of another or an ended session, is not a session', async () => {
    const app = await registerLoginClient(server)
    const { browser, tokens } = await letIn(app, 'ada')
    const form_token = tokenOf(await browser.get(at))
    const { sid } = decodeJwt(tokens.id_token)
    for (const cookie of [`ory_hydra_session_dev=${sid}`, `ory_hydra_session_dev=${form_token}`, 'ory_hydra_session_dev=', '']) {
      assert.equal((await server.public(at, { headers: { cookie } })).status, 401, cookie)
      const form = { client_id: app.id, form_token }
      assert.equal((await server.public(at, { method: 'POST', form, headers: { cookie } })).status, 401, cookie)
    }
    await server.admin(`/admin/oauth2/auth/sessions/login?sid=${sid}`, { method: 'DELETE' })
    assert.equal((await withdraw(browser, app.id, form_token)).status, 401)
    const again = await letIn(app, 'ada', browser)
    assert.equal((await withdraw(again.browser, app.id, form_token)).status, 403, 'a form of the previous session')
    assert.deepEqual(await areActive(server, tokens), [true, true])
  })

  test('an expired session is not a session', async () => {
    const app = await registerLoginClient(server)
    const { browser } = await letIn(app, 'ada')
    const form_token = tokenOf(await browser.get(at))
    time += 720 * 3_600_000
    assert.equal((await browser.get(at)).status, 401)
    assert.equal((await withdraw(browser, app.id, form_token)).status, 401)
  })

  test('a request from another site withdraws nothing, even with cookie and form token', async () => {
    const app = await registerLoginClient(server)
    const { browser, tokens } = await letIn(app, 'ada')
    const form_token = tokenOf(await browser.get(at))
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://app.example' }])
      assert.equal((await withdraw(browser, app.id, form_token, headers)).status, 403)
    const query = new URLSearchParams({ client_id: app.id, form_token })
    await browser.get(`${at}?${query}`)
    const type = { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' }
    assert.equal((await browser.send(`${at}?${query}`, { method: 'POST', body: String(query), headers: type })).status, 403)
    assert.deepEqual(await areActive(server, tokens), [true, true])
    const { headers } = await browser.send(at, { headers: { origin: 'https://app.example' } })
    assert.equal(headers['access-control-allow-origin'], undefined)
    assert.equal(headers['x-frame-options'], 'DENY')
  })

  test('a client without active tokens and without remembered consent is not listed', async () => {
    const [gone, kept] = [await registerLoginClient(server), await registerLoginClient(server)]
    const browser = new Browser(server)
    for (const [app, remember] of [
      [gone, false],
      [kept, true],
    ] as const) {
      const { tokens } = await letIn(app, 'eve', browser, { remember })
      await server.public('/oauth2/revoke', { method: 'POST', basic: [app.id, app.secret], form: { token: tokens.refresh_token } })
      assert.equal(await isActive(server, tokens.refresh_token), false)
    }
    const listed = clientsOn(await browser.get(at))
    assert.deepEqual([listed.includes(gone.id), listed.includes(kept.id)], [false, true])
  })
})

test('the page exists exactly if the built-in consent page is in use', async () => {
  const status = async (more: Record<string, unknown>) => {
    await using server = await startServer({ settings: more })
    return (await server.public(at)).status
  }
  assert.equal(await status({ dev: true }), 401)
  assert.equal(await status({}), 404)
  assert.equal(await status({ dev: true, urls: { consent: 'https://ui.example/consent' } }), 404)
  await using server = await startServer({ settings: { dev: true, urls: { login: 'https://ui.example/login' } } })
  const browser = new Browser(server)
  const options = { browser, subject: 'somebody of the operator’s', login: { remember: true } }
  const app = await registerLoginClient(server)
  await obtainTokens(server, app, options)
  const page = await browser.get(at)
  assert.deepEqual([page.status, clientsOn(page)], [200, [app.id]])
  server.reconfigure({ urls: { login: 'https://ui.example/login', consent: 'https://ui.example/consent' } })
  assert.equal((await browser.get(at)).status, 404)
})

test('with many grants the page lists each client once, newest first, with a link to older ones', async () => {
  const stores = await memoryStores()
  const count = mostGrants * 2 + 1
  await stores.act(async (tx) => {
    for (let at = 0; at < 4; at++) await tx.clients.add(someClient(`client-${at}`))
    for (let at = 0; at < count; at++) {
      // The last one is the oldest and the only one of its client.
      const clientId = at === 0 ? 'client-3' : `client-${at % 3}`
      const isSkipped = at % 2 === 0 && ({ isSkipped: true } as const)
      const consent = { remember: false, rememberFor: 0, context: null, redirectUri, request: {}, ...isSkipped }
      await tx.grants.open(
        someGrant(`g${at}`, clientId, { subject: 'user-ada', grantedAt: now + at, expiresAt: now * 2, consent, scope: [`s${at}`] }),
      )
    }
  })
  await using server = await startServer({ settings, database: stores.database })
  const browser = new Browser(server)
  const toLogin = await browser.get(loginRequest(await registerLoginClient(server)).address)
  const path = `/admin/oauth2/auth/requests/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
  await browser.get((await server.admin(path, { method: 'PUT', json: { subject: 'user-ada', remember: true } })).json.redirect_to)
  const seen: string[][] = []
  const scopes = new Set<string>()
  for (let address: string | undefined = at; address !== undefined; ) {
    const page: Received = await browser.get(address)
    assert.equal(page.status, 200)
    seen.push(clientsOn(page).sort())
    // From a part of the grants the first one of a client cannot be known.
    assert.doesNotMatch(page.text, /Access since/)
    for (const [, scope = ''] of page.text.matchAll(/<code>(s\d+)<\/code>/g)) scopes.add(scope)
    const [, older] = /<a href="(\?after=[^"]+)">/.exec(page.text) ?? []
    address = older && at + older
  }
  const three = ['client-0', 'client-1', 'client-2']
  assert.deepEqual(seen, [three, three, ['client-3']])
  assert.equal(scopes.size, count)
  for (const after of ['', 'x', '1', `${'1'.padStart(400, '0')}-g1`, '1-', "1-g' or 1=1", `${now}-${'x'.repeat(100)}`])
    assert.deepEqual(clientsOn(await browser.get(`${at}?${new URLSearchParams({ after })}`)).length, 3, after)
})
