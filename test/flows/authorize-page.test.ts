import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { launchChromium } from '../support/chromium.ts'
import { createClient } from '../support/operator.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

const redirecting = (...redirectUris: string[]) => ({ grant_types: ['authorization_code'], redirect_uris: redirectUris })

/** The request by GET and as a form by POST: RFC 6749 §3.1 and OpenID Connect Core §3.1.2.1 allow both. */
async function visit(server: TestServer, parameters: [string, string][]): Promise<Received> {
  const query = new URLSearchParams(parameters).toString()
  const got = await server.public(`/oauth2/auth?${query}`)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const posted = await server.public('/oauth2/auth', { method: 'POST', body: query, headers })
  assert.deepEqual([posted.status, posted.text], [got.status, got.text])
  for (const answer of [got, posted]) assertPage(answer)
  return got
}

function assertPage({ headers }: Received): void {
  assert.equal(headers.location, undefined)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.match(String(headers['content-security-policy']), /default-src 'none';.*form-action 'none'; frame-ancestors 'none'/)
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.match(String(headers['cache-control']), /no-store/)
  assert.ok(headers['x-request-id'])
}

/** The same for a valid request, which is redirected to the login. */
async function signpost(server: TestServer, parameters: [string, string][]): Promise<Received> {
  return server.public(`/oauth2/auth?${new URLSearchParams(parameters)}`)
}

const lastRefusal = (server: TestServer) => server.lines.filter(({ msg }) => msg === 'request refused').at(-1)

describe('the authorization endpoint shows an error page without a redirect (RFC 6749 §4.1.2.1)', () => {
  test('for a missing, an unknown or a repeated client_id', async () => {
    await using server = await startServer()
    const missing = await visit(server, [['redirect_uri', 'https://evil.example/']])
    assert.equal(missing.status, 400)
    assert.match(missing.text, /parameter <code>client_id<\/code> is missing/)
    assert.match((await visit(server, [['client_id', '']])).text, /<code>client_id<\/code> is missing/)
    const unknown = await visit(server, [
      ['client_id', 'nobody'],
      ['redirect_uri', 'https://evil.example/'],
    ])
    assert.equal(unknown.status, 400)
    assert.match(unknown.text, /not registered here[\s\S]*<code>nobody<\/code>/)
    assert.deepEqual(lastRefusal(server)?.reason, { kind: 'client-unknown', clientId: 'nobody' })
    const twice = await visit(server, [
      ['client_id', 'a'],
      ['client_id', 'b'],
    ])
    assert.equal(twice.status, 400)
    assert.match(twice.text, /<code>client_id<\/code> more than once/)
    assert.deepEqual(lastRefusal(server)?.reason, { kind: 'parameter-doubled', name: 'client_id' })
  })

  test('for a redirect URI that is not exactly registered; the log has it without its query', async () => {
    await using server = await startServer()
    const { id } = await createClient(server, redirecting('https://rp.example/cb'))
    const others = [
      'https://rp.example/cb/',
      'https://rp.example/CB',
      'https://rp.example/cb?x=y',
      'https://rp.example/cb#x',
      'https://rp.example:443/cb',
      'https://rp.example.evil.example/cb',
      'http://rp.example/cb',
      'https://rp.example/cb/../evil',
      '//rp.example/cb',
      'javascript:alert(1)',
      'data:text/html,x',
    ]
    for (const redirectUri of others) {
      const answer = await visit(server, [
        ['client_id', id],
        ['redirect_uri', redirectUri],
      ])
      assert.equal(answer.status, 400, redirectUri)
      assert.match(answer.text, /an address that it has not registered/)
      const redirectUriLogged = redirectUri.split(/[?#]/)[0]
      assert.deepEqual(lastRefusal(server)?.reason, { kind: 'redirect-uri-unregistered', redirectUri: redirectUriLogged })
    }
  })

  test('for a repeated redirect_uri, even if the client has only one', async () => {
    await using server = await startServer()
    const { id } = await createClient(server, redirecting('https://rp.example/cb'))
    const answer = await visit(server, [
      ['client_id', id],
      ['redirect_uri', 'https://rp.example/cb'],
      ['redirect_uri', 'https://evil.example/'],
    ])
    assert.equal(answer.status, 400)
    assert.match(answer.text, /<code>redirect_uri<\/code> more than once/)
  })

  test('for a missing redirect_uri if the client has several or none', async () => {
    await using server = await startServer()
    const several = await createClient(server, redirecting('https://rp.example/a', 'https://rp.example/b'))
    const none = await createClient(server)
    for (const { id } of [several, none]) {
      for (const parameters of [
        [['client_id', id]],
        [
          ['client_id', id],
          ['redirect_uri', ''],
        ],
      ] as [string, string][][]) {
        const answer = await visit(server, parameters)
        assert.equal(answer.status, 400)
        assert.match(answer.text, /parameter <code>redirect_uri<\/code> is missing/)
      }
    }
  })
})

describe('a valid request', () => {
  test('is redirected to the login page; the only registered URI may be omitted (RFC 6749 §3.1.2.3)', async () => {
    await using server = await startServer()
    const { id } = await createClient(server, redirecting('https://rp.example/cb'))
    const full: [string, string][] = [
      ['response_type', 'code'],
      ['client_id', id],
      ['redirect_uri', 'https://rp.example/cb'],
      ['scope', 'openid'],
      ['state', 'a-state-of-the-client'],
    ]
    const short = full.filter(([name]) => name !== 'redirect_uri' && name !== 'scope')
    for (const parameters of [full, short]) {
      const answer = await signpost(server, parameters)
      assert.equal(answer.status, 302)
      assert.match(String(answer.headers.location), /\/oauth2\/fallbacks\/login\?login_challenge=[0-9a-f]{32}[\w-]{32}$/)
    }
  })

  test('may have any port of a loopback redirect URI, and no other difference (RFC 8252 §7.3)', async () => {
    await using server = await startServer()
    const { id } = await createClient(server, redirecting('http://127.0.0.1:1234/cb', 'http://localhost/cb', 'http://[::1]:1/cb'))
    const status = async (redirectUri: string) =>
      (
        await signpost(server, [
          ['response_type', 'code'],
          ['state', 'a-state-of-the-client'],
          ['client_id', id],
          ['redirect_uri', redirectUri],
        ])
      ).status
    for (const uri of ['http://127.0.0.1/cb', 'http://127.0.0.1:65535/cb', 'http://localhost:3000/cb', 'http://[::1]:8080/cb'])
      assert.equal(await status(uri), 302, uri)
    for (const uri of [
      'http://127.0.0.1:1234/other',
      'https://127.0.0.1/cb',
      'http://127.0.0.2/cb',
      'http://localhost:80@evil.example/cb',
      'http://localhost:3000/cb?x',
    ])
      assert.equal(await status(uri), 400, uri)
  })

  test('a newly registered client is accepted at once', async () => {
    await using server = await startServer()
    const { json } = await server.public('/oauth2/register', { method: 'POST', json: { redirect_uris: ['https://rp.example/cb'] } })
    // It needs no state, because it uses PKCE.
    const answer = await signpost(server, [
      ['response_type', 'code'],
      ['client_id', json.client_id],
      ['code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'],
      ['code_challenge_method', 'S256'],
    ])
    assert.equal(answer.status, 302)
    assert.match(String(answer.headers.location), /login_challenge=/)
  })
})

const injections = [
  '"><script>document.title="ran"</script>',
  "'><img src=x onerror=\"document.title='ran'\">",
  '</code></blockquote><h1>ran</h1>',
]

test('in a browser: values of a caller are shown as text, and the page cannot be framed', async () => {
  await using server = await startServer()
  await using browser = await launchChromium()
  const { id } = await createClient(server, redirecting('https://rp.example/cb'))
  const page = await browser.newPage()
  for (const value of injections) {
    for (const query of [`client_id=${encodeURIComponent(value)}`, `client_id=${id}&redirect_uri=${encodeURIComponent(value)}`]) {
      const answer = await page.goto(`${server.publicUrl}/oauth2/auth?${query}`)
      assert.equal(answer?.status(), 400)
      assert.equal(await page.locator('blockquote code').textContent(), value)
      assert.equal(await page.title(), 'The app that sent you here is not set up correctly')
      assert.equal(await page.locator('h1').count(), 1)
      assert.equal(await page.locator('script, img').count(), 0)
    }
  }
  const target = `${server.publicUrl}/oauth2/auth?client_id=${id}`
  await page.goto(`${server.publicUrl}/health/alive`)
  await page.setContent(`<iframe src="${target}"></iframe>`, { waitUntil: 'load' })
  const [, frame] = page.frames()
  assert.doesNotMatch((await frame?.content()) ?? '', /app that sent you here/)
})

test('the page is in the language of ui_locales, or else of the browser', async () => {
  await using server = await startServer()
  const text = async (query: string, language?: string) =>
    (await server.public(`/oauth2/auth${query}`, { ...(language && { headers: { 'accept-language': language } }) })).text
  assert.match(await text('?ui_locales=de'), /<html lang="de">[\s\S]*nicht richtig eingerichtet/)
  assert.match(await text('', 'de-CH, fr;q=0.5'), /<html lang="de">/)
  assert.match(await text('?ui_locales=en', 'de'), /<html lang="en">/)
})
