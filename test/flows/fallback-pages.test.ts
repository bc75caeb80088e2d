import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConsentDecision } from '../../src/core/authorization/authorization-flow.ts'
import { ada, type FallbackPages, now, password, startFallbackPages } from '../support/fallback-pages.ts'
import type { Received } from '../support/request.ts'

const signInAt = '/oauth2/fallbacks/login?login_challenge=known'
const consentAt = '/oauth2/fallbacks/consent?consent_challenge=known'
const signOutAt = '/oauth2/fallbacks/logout?logout_challenge=known'

const right = { login_challenge: 'known', username: 'ada', password, action: 'sign-in' }
const allow = { consent_challenge: 'known', action: 'allow' }

function assertPage({ headers, text }: Received, hasForm: boolean): void {
  const policy = String(headers['content-security-policy'])
  assert.match(
    policy,
    /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; (form-action 'none'; )?frame-ancestors 'none'$/,
  )
  // Browsers apply form-action to the redirects after a form, too, and these end at the client.
  assert.equal(policy.includes('form-action'), !hasForm)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.match(String(headers['cache-control']), /no-store/)
  assert.equal(headers.location, undefined)
  assert.doesNotMatch(text, /<script|<img|<link|<iframe|\son\w+=|style=/i)
  assert.match(text, /^<!doctype html>\n<html lang="(en|de)">/)
}

function assertGoesOn({ status, headers }: Received): void {
  assert.equal(status, 303)
  assert.equal(headers.location, '/landed?verifier=1')
  assert.match(String(headers['cache-control']), /no-store/)
  assert.equal(headers['referrer-policy'], 'no-referrer')
}

const checkboxes = ({ text }: Received) =>
  [...text.matchAll(/type="checkbox" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => `${name}=${value}`)

describe('every page (RFC 9700 §4.2.4, §4.16: no framing, no foreign content, no referrer)', () => {
  test('has these headers, with and without a form', async () => {
    await using pages = await startFallbackPages()
    for (const path of [signInAt, consentAt, signOutAt]) {
      const answer = await pages.ask(path)
      assert.equal(answer.status, 200)
      assertPage(answer, true)
    }
    for (const path of [
      '/oauth2/fallbacks/logout/callback',
      '/oauth2/fallbacks/error?error=x',
      '/oauth2/fallbacks/login?login_challenge=gone',
    ])
      assertPage(await pages.ask(path), false)
    assertPage(await pages.post('login', { ...right, password: 'wrong' }), true)
  })

  test('with an unknown or missing challenge is 404 with a hint what to do, for every step and method', async () => {
    await using pages = await startFallbackPages()
    for (const step of ['login', 'consent', 'logout']) {
      const answers = [
        await pages.ask(`/oauth2/fallbacks/${step}`),
        await pages.ask(`/oauth2/fallbacks/${step}?${step}_challenge=other`),
        await pages.post(step, { [`${step}_challenge`]: 'other', action: 'allow' }),
        await pages.post(step, {}),
      ]
      for (const answer of answers) {
        assert.equal(answer.status, 404)
        assert.match(answer.text, /expired or was already used[\s\S]*Go back to the app/)
      }
    }
    assert.deepEqual(pages.acts, [])
  })

  test('that is not in use is 200 with the setting of the operator’s own page, and accepts no form', async () => {
    await using pages = await startFallbackPages({ builtIn: false })
    for (const [step, form] of [
      ['login', right],
      ['consent', allow],
      ['logout', { logout_challenge: 'known', action: 'sign-out' }],
    ] as const) {
      for (const answer of [await pages.ask(`/oauth2/fallbacks/${step}?${step}_challenge=known`), await pages.post(step, form)]) {
        assert.equal(answer.status, 200)
        assertPage(answer, false)
        assert.match(answer.text, new RegExp(`is not set up here[\\s\\S]*<code>urls\\.${step}</code>[\\s\\S]*<code>dev: true</code>`))
      }
    }
    assert.deepEqual(pages.acts, [])
  })

  test('is in the language of ui_locales, or else of the browser, or else in English', async () => {
    const titles = async (uiLocales: readonly string[], acceptLanguage?: string) => {
      await using pages = await startFallbackPages({ login: { uiLocales }, consent: { uiLocales } })
      const headers = acceptLanguage === undefined ? {} : { 'accept-language': acceptLanguage }
      const [signIn, consent] = [await pages.ask(signInAt, { headers }), await pages.ask(consentAt, { headers })]
      return [signIn, consent].map(({ text }) => /<html lang="(\w+)">[\s\S]*<title>(.*)<\/title>/.exec(text)?.slice(1).join(' '))
    }
    const [english, german] = [
      ['en Sign in', 'en Allow access?'],
      ['de Anmelden', 'de Zugriff erlauben?'],
    ]
    assert.deepEqual(await titles([]), english)
    assert.deepEqual(await titles(['de-CH']), german)
    assert.deepEqual(await titles(['fr', 'DE', 'en']), german)
    assert.deepEqual(await titles(['en'], 'de'), english)
    assert.deepEqual(await titles(['xx', '__proto__', ''], 'de'), german)
    assert.deepEqual(await titles([], 'fr, en;q=0.5, de;q=0.8'), german)
    assert.deepEqual(await titles([], 'de;q=0, *'), english)
    assert.deepEqual(await titles([], 'de;q=x, ;;;,'), english)
  })

  test('R7591-33 (RFC 7591 §2.2): each language-tagged member is chosen separately, by the person’s languages', async () => {
    const localized = {
      'client_name#de': 'Notizen',
      'client_name#fr-CA': 'Carnet',
      'tos_uri#fr': 'https://claude.ai/fr/terms',
      'policy_uri#DE': 'https://claude.ai/de/privacy',
    }
    const seen = async (uiLocales: readonly string[], acceptLanguage: string) => {
      await using pages = await startFallbackPages({ consent: { localized, uiLocales } })
      const { text } = await pages.ask(consentAt, { headers: { 'accept-language': acceptLanguage } })
      const links = [...text.matchAll(/<a href="https:\/\/claude\.ai\/([^"]*)"/g)].map(([, path]) => path)
      return [/<html lang="(\w+)">/.exec(text)?.[1], /<bdi>(.*?)<\/bdi>/.exec(text)?.[1], ...links]
    }
    assert.deepEqual(await seen([], 'it'), ['en', 'Claude', '', 'privacy', 'terms'])
    assert.deepEqual(await seen([], 'fr-CA'), ['en', 'Carnet', '', 'privacy', 'fr/terms'])
    assert.deepEqual(await seen([], 'fr, de;q=0.5'), ['de', 'Notizen', '', 'de/privacy', 'fr/terms'])
    assert.deepEqual(await seen(['de-AT'], 'fr-CA'), ['de', 'Notizen', '', 'de/privacy', 'fr/terms'])
    assert.deepEqual(await seen([`de-${'x'.repeat(10_000)}`], '__proto__, constructor, *'), ['de', 'Claude', '', 'privacy', 'terms'])
  })

  test('R7591-33 (RFC 7591 §2.2), R7591-81 (RFC 7591 §5): a language-tagged name is truncated, escaped and isolated like the untagged one', async () => {
    const name = `\u202e<b onclick="x">${'😀'.repeat(100)}`
    const said = { clientName: 'Claude', localized: { 'client_name#de': name, 'client_uri#de': 'javascript:alert(1)' } }
    await using pages = await startFallbackPages({ consent: said, logoutClient: said })
    for (const path of [consentAt, signOutAt]) {
      const { text } = await pages.ask(path, { headers: { 'accept-language': 'de-CH' } })
      assert.ok(text.includes(`<strong><bdi>&lt;b onclick=&quot;x&quot;&gt;${'😀'.repeat(65)}…</bdi></strong>`), text)
      assert.doesNotMatch(text, /javascript:|<b |\u202e/)
    }
  })

  test('refuses a form from a page of another site (403) before reading it', async () => {
    await using pages = await startFallbackPages()
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'null' },
      { 'sec-fetch-site': 'cross-site', origin: pages.url },
      { origin: 'https://evil.example' },
      { origin: pages.url.replace('http:', 'https:') },
      { origin: `${pages.url}.evil.example` },
    ]
    for (const headers of foreign) {
      for (const [step, form] of [
        ['login', right],
        ['consent', allow],
        ['logout', { logout_challenge: 'known', action: 'sign-out' }],
      ] as const) {
        const answer = await pages.post(step, form, headers)
        assert.equal(answer.status, 403, JSON.stringify(headers))
        assert.match(answer.text, /sent by a page of another site, so nothing was done/)
        assertPage(answer, false)
      }
    }
    assert.deepEqual(pages.acts, [])
    for (const headers of [{}, { origin: pages.url }, { origin: 'null' }, { origin: pages.url, 'sec-fetch-site': 'same-origin' }])
      assertGoesOn(await pages.post('login', right, headers))
  })

  test('R7591-81 (RFC 7591 §5): a client’s name is shown as text, and so is every other value from a caller', async () => {
    const markup = `"><script>x</script><h1 onclick='x'>&amp;`
    const escaped = '&quot;&gt;&lt;script&gt;x&lt;/script&gt;&lt;h1 onclick=&#39;x&#39;&gt;&amp;amp;'
    await using pages = await startFallbackPages({
      login: { loginHint: markup },
      consent: {
        clientName: markup,
        requestedScope: [markup],
        requestedAudience: [markup],
        subject: markup,
        clientUri: `https://x.example/${markup}`,
      },
      logoutClient: { clientName: markup },
    })
    const query = new URLSearchParams({ error: markup, error_description: markup })
    const counts: Record<string, number> = { [signInAt]: 1, [consentAt]: 6, [signOutAt]: 1, [`/oauth2/fallbacks/error?${query}`]: 2 }
    for (const [path, count] of Object.entries(counts)) {
      const { text } = await pages.ask(path)
      assert.equal(text.split(escaped).length - 1, count, path)
      assert.doesNotMatch(text, /<script|<h1 onclick|\{\w+\}/)
    }
    const again = await pages.post('login', { ...right, username: markup, password: 'wrong' })
    assert.equal(again.text.split(escaped).length - 1, 1)
    assert.doesNotMatch(again.text, /<script/)
  })
})

describe('signing in', () => {
  test('shows the redirect host, labels its fields, and fills in login_hint', async () => {
    await using pages = await startFallbackPages({ login: { loginHint: 'ada' } })
    const { text } = await pages.ask(signInAt)
    assert.match(text, /to continue to <strong>claude\.ai<\/strong>/)
    assert.match(
      text,
      /<label for="username">User name<\/label>\s*<input id="username" name="username" required type="text" autocomplete="username"[^>]* value="ada">/,
    )
    assert.match(
      text,
      /<label for="password">Password<\/label>\s*<input id="password" name="password" required type="password" autocomplete="current-password" autofocus>/,
    )
  })

  test('with the right password the browser is redirected, and the login is remembered if asked', async () => {
    await using pages = await startFallbackPages()
    assertGoesOn(await pages.post('login', right))
    assertGoesOn(await pages.post('login', { ...right, username: ' ada ', remember: 'yes' }))
    const accepted = { subject: 'user-ada', remember: false, amr: ['pwd'] }
    assert.deepEqual(pages.acts, [
      ['acceptLogin', 'known', accepted],
      ['acceptLogin', 'known', { ...accepted, remember: true }],
    ])
  })

  test('a wrong name and a wrong password get the same 401; the name is kept, the password is not', async () => {
    await using pages = await startFallbackPages()
    const wrong = await pages.post('login', { ...right, password: 'Wrong-Password-1' })
    const nobody = await pages.post('login', { ...right, username: 'bob' })
    for (const answer of [wrong, nobody]) {
      assert.equal(answer.status, 401)
      assert.match(answer.text, /<p class="problem" id="problem" role="alert">The user name or the password is wrong\.<\/p>/)
      assert.match(answer.text, /<title>Problem: Sign in<\/title>/)
      assert.ok(!answer.text.includes('Wrong-Password-1') && !answer.text.includes(password))
    }
    assert.equal(nobody.text.replace('value="bob"', 'value="ada"'), wrong.text)
    for (const form of [{ login_challenge: 'known' }, { ...right, username: '' }, { ...right, password: '' }])
      assert.equal((await pages.post('login', form)).status, 401)
    assert.deepEqual(pages.acts, [])
  })

  test('repeated fields are refused', async () => {
    await using pages = await startFallbackPages()
    const twice = await pages.post('login', { ...right, username: ['ada', 'bob'] })
    assert.equal(twice.status, 400)
    assert.deepEqual(pages.acts, [])
  })

  test('wrong passwords are rate limited by name and address, also for unknown names: 429 with Retry-After', async () => {
    let time = now
    await using pages = await startFallbackPages({ clock: () => time })
    const attempt = (username: string, word: string, address: string) =>
      pages.post('login', { ...right, username, password: word }, { 'x-test-address': address })
    for (const username of ['ada', 'nobody']) {
      for (let count = 0; count < 11; count++) assert.equal((await attempt(username, 'wrong', '192.0.2.1')).status, 401)
      const slowed = await attempt(username, password, '192.0.2.1')
      assert.equal(slowed.status, 429)
      assert.equal(slowed.headers['retry-after'], '1')
      assert.match(slowed.text, /Too many attempts\. Seconds to wait: 1\./)
    }
    assert.equal((await attempt('ada', password, '192.0.2.2')).status, 303)
    time += 1_000
    assert.equal((await attempt('ada', password, '192.0.2.1')).status, 303)
    assert.equal((await attempt('ada', 'wrong', '192.0.2.1')).status, 401)
  })

  test('cancelling rejects the request, whatever the fields contain', async () => {
    await using pages = await startFallbackPages()
    assertGoesOn(await pages.post('login', { ...right, action: 'cancel' }))
    assert.deepEqual(pages.acts, [['rejectLogin', 'known']])
  })

  test('a remembered session is redirected at once, except for a user who is no longer listed', async () => {
    await using pages = await startFallbackPages({ login: { skip: true, subject: ada.subject } })
    assertGoesOn(await pages.ask(signInAt))
    assert.deepEqual(pages.acts, [['acceptLogin', 'known', { subject: 'user-ada', remember: false, amr: [] }]])
    await using empty = await startFallbackPages({ login: { skip: true, subject: ada.subject }, users: [] })
    assertGoesOn(await empty.ask(signInAt))
    assert.deepEqual(empty.acts, [['rejectLogin', 'known']])
  })
})

const claims = { name: 'Ada Lovelace', preferred_username: 'ada', email: 'ada@example.com' }

const acceptedConsent = ({ acts }: FallbackPages) => acts[0]?.[2] as ConsentDecision

describe('the consent page', () => {
  test('R7591-81 (RFC 7591 §5), MCP-15, O21-24 (OAuth 2.1 §7.12): the redirect host comes first, then the client’s own name, marked as such', async () => {
    await using pages = await startFallbackPages()
    const { text } = await pages.ask(consentAt)
    assert.match(text, /<h1><strong>claude\.ai<\/strong> asks for access<\/h1>/)
    assert.match(text, /It calls itself <strong><bdi>Claude<\/bdi><\/strong>\. <span class="mark care">not verified<\/span>/)
    assert.ok(text.indexOf('claude.ai</strong>') < text.indexOf('<bdi>Claude'))
    assert.match(text, /You are signed in as <strong><bdi>Ada Lovelace<\/bdi><\/strong>/)
    assert.match(text, /<code>https:\/\/mcp\.example\.com\/notes<\/code>/)
    assert.match(text, /Registered here since October 13, 2026\./)
    assert.doesNotMatch(text, /new here/)
  })

  test('R7591-81 (RFC 7591 §5): a name cannot reverse the text around it or push it off the page', async () => {
    await using pages = await startFallbackPages({ consent: { clientName: `\u202eresU \u0000${'😀'.repeat(100)}` } })
    assert.ok((await pages.ask(consentAt)).text.includes(`It calls itself <strong><bdi>resU ${'😀'.repeat(75)}…</bdi></strong>.`))
  })

  test('R7591-15 (RFC 7591 §2), R7591-87 (RFC 7591 §5): the client’s links are shown and send no referrer; a value that is not a web URL is no link', async () => {
    await using pages = await startFallbackPages({ consent: { tosUri: 'javascript:alert(1)' } })
    const { text } = await pages.ask(consentAt)
    const links = [...text.matchAll(/<a href="(\w+:[^"]*)"([^>]*)>/g)]
    assert.deepEqual(
      links.map(([, href]) => href),
      ['https://claude.ai/', 'https://claude.ai/privacy'],
    )
    for (const [, , attributes] of links) assert.equal(attributes, ' target="_blank" rel="noopener noreferrer nofollow"')
    assert.doesNotMatch(text, /javascript:/)
  })

  test('each known scope has a description, both offline scopes share one line, and any other scope is shown as is', async () => {
    await using pages = await startFallbackPages()
    const answer = await pages.ask(consentAt)
    assert.deepEqual(checkboxes(answer), ['scope=profile', 'scope=email', 'scope=offline_access', 'scope=notes.read', 'remember=yes'])
    for (const words of [
      'Identify you by an ID',
      'See your name',
      'See your e-mail address',
      'Keep access while',
      'Use <code>notes.read</code>',
    ])
      assert.ok(answer.text.includes(words), words)
  })

  test('MCP-16, R8252-14 (RFC 8252 §8.6): an app on this device is named as such, with a warning, and consent is not remembered', async () => {
    for (const view of [
      { redirectHost: '127.0.0.1:33418', isLoopback: true },
      { redirectHost: 'localhost', isLoopback: true },
      { redirectHost: 'cursor:', isLoopback: false },
    ]) {
      await using pages = await startFallbackPages({ consent: view, login: view })
      const answer = await pages.ask(consentAt)
      const name = view.isLoopback ? 'An app on this device' : 'The app on this device that opens <strong>cursor:</strong> links'
      assert.ok(answer.text.includes(`<h1>${name} asks for access</h1>`))
      assert.match(answer.text, /Any program on this device can claim to be this app/)
      assert.ok(!checkboxes(answer).includes('remember=yes'))
      assertGoesOn(await pages.post('consent', { ...allow, remember: 'yes' }))
      assert.equal(acceptedConsent(pages).remember, false)
      assert.match((await pages.ask(signInAt)).text, /to continue to (an|the) app on this device/)
    }
  })

  test('a verified client is marked as such, without a warning, and consent for a loopback URI is remembered where the client’s standing says so', async () => {
    await using pages = await startFallbackPages({ consent: { verified: true, redirectHost: 'localhost' } })
    const answer = await pages.ask(consentAt)
    assert.match(answer.text, /Its name is <strong><bdi>Claude<\/bdi><\/strong>\. <span class="mark">verified by the operator<\/span>/)
    assert.doesNotMatch(answer.text, /not verified|class="care-note|Registered here/)
    assert.ok(checkboxes(answer).includes('remember=yes'))
  })

  test('R7591-81 (RFC 7591 §5): a client registered within the last week is marked as new', async () => {
    await using pages = await startFallbackPages({ consent: { firstSeen: now - 1_000 } })
    assert.match((await pages.ask(consentAt)).text, /<span class="mark care">new here<\/span>/)
  })

  test('only checked scopes are granted, with their claims', async () => {
    await using pages = await startFallbackPages()
    const all = ['profile', 'email', 'offline_access', 'notes.read']
    assertGoesOn(await pages.post('consent', { ...allow, scope: all, remember: 'yes' }))
    assertGoesOn(await pages.post('consent', { ...allow, scope: ['notes.read', 'notes.write', 'offline'] }))
    assertGoesOn(await pages.post('consent', { ...allow, scope: 'profile' }))
    const grantAudience = ['https://mcp.example.com/notes']
    const everything = ['openid', 'profile', 'email', 'offline_access', 'offline', 'notes.read']
    const { email: _, ...profile } = claims
    assert.deepEqual(pages.acts, [
      ['acceptConsent', 'known', { grantScope: everything, grantAudience, remember: true, idTokenClaims: claims }],
      ['acceptConsent', 'known', { grantScope: ['openid', 'notes.read'], grantAudience, remember: false, idTokenClaims: {} }],
      ['acceptConsent', 'known', { grantScope: ['openid', 'profile'], grantAudience, remember: false, idTokenClaims: profile }],
    ])
  })

  test('any form value other than the accepting one denies', async () => {
    await using pages = await startFallbackPages()
    for (const action of ['deny', '', 'ALLOW']) assertGoesOn(await pages.post('consent', { ...allow, action, scope: 'profile' }))
    assert.deepEqual(pages.acts, Array(3).fill(['rejectConsent', 'known']))
  })

  test('skipped consent is redirected at once, with all requested scopes', async () => {
    await using pages = await startFallbackPages({ consent: { skip: true, requestedScope: ['openid', 'email'] } })
    assertGoesOn(await pages.ask(consentAt))
    const accepted = {
      grantScope: ['openid', 'email'],
      grantAudience: ['https://mcp.example.com/notes'],
      remember: false,
      idTokenClaims: { email: claims.email },
    }
    assert.deepEqual(pages.acts, [['acceptConsent', 'known', accepted]])
  })

  test('an unknown subject is shown as is and has no claims', async () => {
    await using pages = await startFallbackPages({ consent: { subject: 'user-of-another-login' } })
    assert.match((await pages.ask(consentAt)).text, /signed in as <strong><bdi>user-of-another-login<\/bdi>/)
    await pages.post('consent', { ...allow, scope: ['profile', 'email'] })
    assert.deepEqual(acceptedConsent(pages).idTokenClaims, {})
  })

  test('without scopes there is no list', async () => {
    await using pages = await startFallbackPages({ consent: { requestedScope: [], requestedAudience: [] } })
    const answer = await pages.ask(consentAt)
    assert.match(answer.text, /It only asks you to sign in\./)
    assert.doesNotMatch(answer.text, /<fieldset>|For use with/)
  })
})

describe('signing out', () => {
  const posted = (pages: FallbackPages, action: string) => pages.post('logout', { logout_challenge: 'known', action })

  test('is asked first, names who asks and the account, and is done on a yes', async () => {
    await using pages = await startFallbackPages()
    const { text } = await pages.ask(signOutAt)
    assert.match(text, /<h1>Sign out\?<\/h1>\s*<p><strong><bdi>Claude<\/bdi><\/strong> asks to sign you out here\.<\/p>/)
    assert.match(text, /You are signed in as <strong><bdi>Ada Lovelace<\/bdi><\/strong>\./)
    assertGoesOn(await posted(pages, 'sign-out'))
    assert.deepEqual(pages.acts, [['acceptLogout', 'known']])
    await using unnamed = await startFallbackPages({ logoutClient: null })
    assert.match((await unnamed.ask(signOutAt)).text, /You are about to sign out here\./)
  })

  test('any form value other than the confirming one keeps the session, and the page says so', async () => {
    await using pages = await startFallbackPages()
    for (const action of ['stay', '']) {
      const answer = await posted(pages, action)
      assert.equal(answer.status, 200)
      assert.match(answer.text, /<h1>You are still signed in<\/h1>/)
    }
    assert.deepEqual(pages.acts, [])
  })

  test('ends on a page with 200, as in Hydra', async () => {
    await using pages = await startFallbackPages({ builtIn: false })
    const answer = await pages.ask('/oauth2/fallbacks/logout/callback')
    assert.equal(answer.status, 200)
    assert.match(answer.text, /<h1>You are signed out<\/h1>/)
  })
})

test('the error page shows error and description separately, with Hydra’s status (500); both are optional', async () => {
  await using pages = await startFallbackPages({ builtIn: false })
  const both = await pages.ask('/oauth2/fallbacks/error?error=my_err&error_description=some+text')
  assert.equal(both.status, 500)
  assert.match(both.text, /<blockquote><code>my_err<\/code><\/blockquote>\s*<blockquote><code>some text<\/code><\/blockquote>/)
  const none = await pages.ask('/oauth2/fallbacks/error', { headers: { 'accept-language': 'de' } })
  assert.equal(none.status, 500)
  assert.match(none.text, /<h1>Etwas ist schiefgegangen<\/h1>[\s\S]*Es gibt keine weiteren Einzelheiten/)
  const long = await pages.ask(`/oauth2/fallbacks/error?error_description=${'x'.repeat(5_000)}`)
  assert.ok(long.text.includes(`${'x'.repeat(1_000)}…`) && !long.text.includes('x'.repeat(1_001)))
})
