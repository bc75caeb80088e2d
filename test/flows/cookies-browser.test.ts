import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Browser as Chromium, Page } from 'playwright-core'
import { Browser, parameterOf } from '../support/browser.ts'
import { launchChromium } from '../support/chromium.ts'
import { type LoginClient, loginRequest, registerLoginClient } from '../support/login-client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startTlsFront, type TlsFront } from '../support/tls-front.ts'

// What only a browser decides: which cookies it keeps. The server is at auth.site.test, an attacker at evil.site.test, over TLS.

const requests = '/admin/oauth2/auth/requests'

let chromium: Chromium
let front: TlsFront
let server: TestServer
let client: LoginClient
const at = (host: string, path = '/') => `https://${host}.site.test:${front.port}${path}`
before(async () => {
  chromium = await launchChromium()
  const hosts = ['auth', 'evil', 'login', 'app'].map((name) => `${name}.site.test`)
  front = await startTlsFront(hosts, (request, response) => {
    const planted = new URL(request.url ?? '', at('evil')).searchParams.getAll('set')
    response.writeHead(200, { 'content-type': 'text/html', ...(planted.length > 0 && { 'set-cookie': planted }) })
    response.end('<!doctype html><title>A page</title>')
  })
  const urls = { self: { issuer: at('auth') }, login: at('login', '/login'), consent: at('login', '/consent') }
  server = await startServer({ settings: { urls } })
  front.target = Number(new URL(server.publicUrl).port)
  client = await registerLoginClient(server, { redirect_uris: [at('app', '/cb')] })
})
after(async () => {
  await chromium.close()
  await front[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const request = () => loginRequest(client, { redirect_uri: at('app', '/cb') })
const inUrl = (page: Page, name: string): string => new URL(page.url()).searchParams.get(name) ?? ''
const cookiesOf = (context: BrowserContext) => context.cookies().then((all) => new Map(all.map((cookie) => [cookie.name, cookie])))

/** The address that the login or consent application sends a browser on to. */
async function accepted(step: 'login' | 'consent', challenge: string, json: Record<string, unknown>): Promise<string> {
  const answer = await server.admin(`${requests}/${step}/accept?${step}_challenge=${challenge}`, { method: 'PUT', json })
  assert.equal(answer.status, 200, answer.text)
  return answer.json.redirect_to
}

describe('in a browser, over https', () => {
  test('a CSRF cookie planted from a sibling domain does not lead into the session of an attacker (RFC 9700 §4.7)', async () => {
    const mallory = new Browser(server)
    const toLogin = await mallory.get(request().address)
    const [name = '', value = ''] = mallory.cookieHeader.split('=')
    const link = await accepted('login', parameterOf(toLogin, 'login_challenge'), { subject: 'mallory', remember: true })

    const context = await chromium.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    const unprefixed = name.replace('__Host-', '')
    const spellings = [unprefixed, `__Host-${unprefixed}`, `=__Host-${unprefixed}`]
    const set = spellings.map((name) => ['set', `${name}=${value}; Domain=site.test; Path=/; Secure`])
    await page.goto(at('evil', `/?${new URLSearchParams(set)}`))
    assert.deepEqual([...(await cookiesOf(context)).keys()], [unprefixed])
    await page.goto(link)
    assert.equal(inUrl(page, 'error'), 'request_forbidden', page.url())
    assert.deepEqual([...(await cookiesOf(context)).keys()], [unprefixed])
    await context.close()
  })

  test('the cookies have the prefix __Host-, and two tabs log in to one client at once', async () => {
    const context = await chromium.newContext({ ignoreHTTPSErrors: true })
    const tabs = [await context.newPage(), await context.newPage()]
    for (const tab of tabs) await tab.goto(at('auth', request().address))
    for (const tab of tabs) await tab.goto(await accepted('login', inUrl(tab, 'login_challenge'), { subject: 'ada', remember: true }))
    for (const tab of tabs)
      await tab.goto(await accepted('consent', inUrl(tab, 'consent_challenge'), { grant_scope: ['openid'], remember: true }))
    for (const tab of tabs) assert.match(inUrl(tab, 'code'), /^ory_ac_/, tab.url())
    const cookies = await cookiesOf(context)
    assert.deepEqual([...cookies.keys()].map((name) => name.replace(/_\d+$/, '')).toSorted(), [
      '__Host-ory_hydra_consent_csrf',
      '__Host-ory_hydra_login_csrf',
      '__Host-ory_hydra_session',
    ])
    for (const { domain, path, secure, httpOnly } of cookies.values())
      assert.deepEqual({ domain, path, secure, httpOnly }, { domain: 'auth.site.test', path: '/', secure: true, httpOnly: true })
    await context.close()
  })
})
