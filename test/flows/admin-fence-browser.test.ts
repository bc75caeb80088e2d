import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { recordSecrets } from '../support/leaks.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** A foreign site, `http://attacker.test:<port>/`, with the pages of a test. */
async function openSite() {
  const pages = new Map<string, string>()
  const server = createServer((request, response) => {
    const html = pages.get(request.url ?? '')
    response.writeHead(html === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' }).end(html ?? '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  pages.set('/', '<!doctype html><title>attacker</title>')
  return {
    port,
    origin: `http://attacker.test:${port}`,
    /** A page of this site at a new URL. */
    page(html: string) {
      const path = `/${pages.size}`
      pages.set(path, `<!doctype html><title>attacker</title>${html}`)
      return `http://attacker.test:${port}${path}`
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

let browser: Browser
let site: Awaited<ReturnType<typeof openSite>>
let server: TestServer
before(async () => {
  ;[browser, site, server] = await Promise.all([launchChromium(), openSite(), startServer()])
})
after(async () => {
  site.close()
  await browser.close()
  await server[Symbol.asyncDispose]()
})

interface Refused {
  readonly status: unknown
  readonly reason: string
}

/** Lets a page send requests to the admin listener, and returns the logged refusals of the listener. */
async function attack(act: (page: Page) => Promise<unknown>): Promise<readonly Refused[]> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const before = server.lines.length
    await Promise.all([reached(before), act(page)])
    assert.deepEqual((await server.admin('/admin/clients')).json, [], 'a client was made')
    return server.lines
      .slice(before)
      .filter(({ msg }) => msg === 'request refused')
      .map(({ status, reason }) => ({ status, reason: (reason as { message: string }).message }))
  } finally {
    await context.close()
  }
}

/**
 * Resolves when the admin listener has answered a request after log line `before`. This reads the server's log, because the
 * browser does not report every request of a frame.
 */
async function reached(before: number): Promise<void> {
  const deadline = performance.now() + 60_000
  const isFromPage = ({ msg, listener, path }: Record<string, unknown>) =>
    msg === 'request' && listener === 'admin' && path !== '/health/alive'
  while (!server.lines.slice(before).some(isFromPage)) {
    assert.ok(performance.now() < deadline, 'the page sent nothing')
    await server.admin('/health/alive')
  }
}

function assertRefused(refusals: readonly Refused[], reason: RegExp): void {
  assert.ok(refusals.length > 0, 'nothing was refused')
  for (const refusal of refusals) {
    assert.equal(refusal.status, 403)
    assert.match(refusal.reason, reason)
  }
}

describe('a page of another origin cannot use the admin listener (serve.admin.auth: none)', () => {
  /** The fields of a text/plain form are sent as `name=value`; this makes JSON of them. */
  const json = JSON.stringify({ client_name: 'Attacker', grant_types: ['client_credentials'] })
  const [name, value] = [`${json.slice(0, -1)},"ignored":"`, '"}']
  const attribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  const form = (action: string, enctype: string) =>
    `<form method=post action="${action}" enctype="${enctype}"><input name="${attribute(name)}" value="${attribute(value)}"></form><script>document.forms[0].submit()</script>`

  for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    test(`a form that is submitted automatically as ${enctype}`, async () => {
      const refusals = await attack((page) => page.goto(site.page(form(`${server.adminUrl}/admin/clients`, enctype))))
      assertRefused(refusals, /Origin/)
    })
  }

  test('without the protection the same text/plain form creates a client: its body is read as JSON', async () => {
    await using other = await startServer()
    const made = await other.admin('/admin/clients', {
      method: 'POST',
      body: `${name}=${value}\r\n`,
      headers: { 'content-type': 'text/plain' },
    })
    assert.equal(made.json.client_name, 'Attacker')
  })

  test('a form in a frame without an origin', async () => {
    const framed = `<iframe sandbox="allow-scripts allow-forms" srcdoc="${attribute(form(`${server.adminUrl}/admin/clients`, 'text/plain'))}"></iframe>`
    const refusals = await attack((page) => page.goto(site.page(framed)))
    assertRefused(refusals, /Origin/)
  })

  test('fetch without CORS', async () => {
    const refusals = await attack(async (page) => {
      await page.goto(site.origin)
      await page.evaluate(([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', body }), [
        `${server.adminUrl}/admin/clients`,
        json,
      ] as const)
    })
    assertRefused(refusals, /Origin/)
  })

  test('fetch with CORS: the page reads nothing, and a request that needs a preflight is not sent', async () => {
    for (const method of ['GET', 'DELETE']) {
      const refusals = await attack(async (page) => {
        await page.goto(site.origin)
        const read = (url: string, how: string) =>
          page.evaluate(([url, how]) => fetch(url, { method: how }).then((response) => response.text(), String), [url, how] as const)
        assert.match(await read(`${server.adminUrl}/admin/clients`, method), /TypeError/)
      })
      assertRefused(refusals, /Origin/)
    }
  })

  for (const [what, html] of [
    ['an image', (url: string) => `<img src="${url}">`],
    ['a script', (url: string) => `<script src="${url}"></script>`],
    ['a frame', (url: string) => `<iframe src="${url}"></iframe>`],
    ['a link that follows itself', (url: string) => `<a href="${url}">x</a><script>document.links[0].click()</script>`],
  ] as const) {
    test(`${what}, which sends no Origin`, async () => {
      const refusals = await attack((page) => page.goto(site.page(html(`${server.adminUrl}/admin/clients`))))
      assertRefused(refusals, /Sec-Fetch-Site/)
    })
  }

  test('another web server on the same host, which is the same site', async () => {
    const refusals = await attack(async (page) => {
      const address = site.page(`<img src="${server.adminUrl}/admin/clients">`)
      await page.goto(address.replace('attacker.test', '127.0.0.1'))
    })
    assertRefused(refusals, /Sec-Fetch-Site/)
  })

  test('a foreign name that now resolves to this machine (DNS rebinding): one origin for the browser', async () => {
    const rebound = `http://rebind.test:${new URL(server.adminUrl).port}`
    const refusals = await attack(async (page) => {
      await page.goto(`${rebound}/`)
      assert.equal(await page.evaluate('location.origin'), rebound)
      const read = await page.evaluate(() => fetch('/admin/clients').then((response) => response.text()))
      assert.match(read, /forbidden/)
      const written = await page.evaluate(() => fetch('/admin/clients', { method: 'POST', body: '{}' }).then(({ status }) => status))
      assert.equal(written, 403)
    })
    const reasons = refusals.map(({ reason }) => /Origin|Host/.exec(reason)?.[0])
    assert.deepEqual(reasons.slice(-2), ['Host', 'Origin'])
  })

  test('the operator may open admin URLs in a browser', async () => {
    const page = await browser.newPage()
    const answer = await page.goto(`${server.adminUrl}/admin/clients`)
    assert.equal(answer?.status(), 200)
    await page.close()
  })
})

describe('a page of another origin registers and manages its client at the public listener (CORS)', () => {
  test('discovery, registration, read, update, token and deletion succeed with preflights, and every error can be read', async () => {
    const page = await browser.newPage()
    await page.goto(site.origin)
    const seen = await page.evaluate(run, server.publicUrl)
    await page.close()
    for (const secret of seen.secrets) recordSecrets(secret)
    const preflights = server.lines.filter(({ method, listener }) => method === 'OPTIONS' && listener === 'public')
    const asked = preflights.map(({ path }) => String(path))
    assert.deepEqual(seen.statuses, {
      metadata: 200,
      jwks: 200,
      registered: 201,
      read: 200,
      unauthorized: 401,
      updated: 200,
      refused: 400,
      token: 200,
      wrongSecret: 401,
      deleted: 204,
    })
    assert.equal(seen.challenges.unauthorized, 'Bearer error="invalid_token"')
    assert.match(String(seen.challenges.wrongSecret), /^Basic /)
    assert.match(String(seen.location), /\/oauth2\/register\//)
    assert.match(seen.refusal, /redirect_uris/)
    for (const path of ['/.well-known/oauth-authorization-server', '/oauth2/register', '/oauth2/token'])
      assert.ok(asked.includes(path), path)
    assert.ok(asked.some((path) => path.startsWith('/oauth2/register/')))
  })

  test('a page cannot read the authorization endpoint or the health checks', async () => {
    const page = await browser.newPage()
    await page.goto(site.origin)
    for (const path of ['/oauth2/auth', '/health/ready']) {
      const read = await page.evaluate((url) => fetch(url).then((response) => response.text(), String), server.publicUrl + path)
      assert.match(read, /TypeError/, path)
    }
    await page.close()
  })
})

/** Runs in the page: the requests of a browser client, with the headers that MCP clients add to every request. */
async function run(base: string) {
  const common = { 'mcp-protocol-version': '2025-11-25' }
  const json = { ...common, 'content-type': 'application/json' }
  const metadata = JSON.stringify({ grant_types: ['client_credentials'], client_name: 'Page' })
  const bearer = (token: string) => ({ ...json, authorization: `Bearer ${token}` })

  const found = await fetch(`${base}/.well-known/oauth-authorization-server`, { headers: common })
  const members = (answer: Response) => answer.json() as Promise<Record<string, string>>
  const { registration_endpoint: endpoint = '', token_endpoint: tokenEndpoint = '', jwks_uri: jwksUri = '' } = await members(found)
  const jwks = await fetch(jwksUri, { headers: common })
  const registered = await fetch(endpoint, { method: 'POST', headers: json, body: metadata })
  const {
    client_id: id = '',
    client_secret: secret = '',
    registration_access_token: first = '',
    registration_client_uri: uri = '',
  } = await members(registered)
  const read = await fetch(uri, { headers: bearer(first) })
  const unauthorized = await fetch(uri, { headers: bearer('wrong') })
  const updated = await fetch(uri, { method: 'PUT', headers: bearer(first), body: metadata })
  const { registration_access_token: next = '' } = await members(updated)
  const refused = await fetch(uri, {
    method: 'PUT',
    headers: bearer(next),
    body: JSON.stringify({ redirect_uris: ['javascript:alert(1)'] }),
  })
  const askToken = (presented: string) =>
    fetch(tokenEndpoint, {
      method: 'POST',
      headers: {
        ...common,
        authorization: `Basic ${btoa(`${id}:${presented}`)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    })
  const token = await askToken(secret)
  const wrongSecret = await askToken('wrong')
  const { access_token: accessToken = '' } = await members(token)
  const deleted = await fetch(uri, { method: 'DELETE', headers: bearer(next) })
  const answers = { metadata: found, jwks, registered, read, unauthorized, updated, refused, token, wrongSecret, deleted }
  return {
    statuses: Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, answer.status])),
    challenges: { unauthorized: unauthorized.headers.get('www-authenticate'), wrongSecret: wrongSecret.headers.get('www-authenticate') },
    location: registered.headers.get('location'),
    refusal: String((await members(refused)).error_description),
    secrets: [secret, first, next, accessToken],
  }
}
