import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { barriers } from '../support/accessibility.ts'
import { makeProofKey } from '../support/browser.ts'
import { launchChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

// A complete login in a real browser, with the built-in pages as the login application.

/** A user with the password of the quick start, `try-clientele`. */
const ada = {
  subject: 'user-ada',
  username: 'ada',
  password: '$argon2id$v=19$m=19456,t=2,p=1$sS+q3rV2YxQJe4eACo8+7w$9fSpdkpA2O65ValZ2xxB+/n+rrZ17q+JJ/sL5/UHYeY',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
}

/** The client: a page that shows the parameters it gets. */
async function startClient(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><html lang="en"><title>The app</title><h1>Back in the app</h1><p>${request.method}</p></html>`)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() }
}

async function look(page: Page, name: string): Promise<void> {
  assert.deepEqual(await barriers(page), [], name)
  const folder = process.env.CLIENTELE_SCREENSHOTS
  if (folder) await page.screenshot({ path: join(folder, `whole-${name}.png`), fullPage: true })
}

describe('a person at a browser', () => {
  let browser: Browser
  let server: TestServer
  let app: { url: string; close: () => void }
  before(async () => {
    browser = await launchChromium()
    server = await startServer({ settings: { dev: true, users: [ada] } })
    app = await startClient()
  })
  after(async () => {
    app.close()
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  const authorizeUrl = (clientId: string, challenge: string, more: Record<string, string> = {}) => {
    const query = { client_id: clientId, redirect_uri: `${app.url}/cb`, response_type: 'code', scope: 'openid profile offline_access' }
    const proof = { code_challenge: challenge, code_challenge_method: 'S256' }
    return `${server.publicUrl}/oauth2/auth?${new URLSearchParams({ ...query, state: 'state-12345678', ...proof, ...more })}`
  }

  test('signs in, consents, returns to the client, logs in again without a password, and signs out', async () => {
    const { json: client } = await server.public('/oauth2/register', {
      method: 'POST',
      json: {
        client_name: 'Notes',
        redirect_uris: [`${app.url}/cb`],
        post_logout_redirect_uris: [`${app.url}/bye`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile offline_access',
      },
    })
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 } })
    const { verifier, challenge } = makeProofKey()
    await page.goto(authorizeUrl(client.client_id, challenge))
    await look(page, 'sign-in')
    await page.getByLabel('User name').fill('ada')
    await page.getByLabel('Password').fill('try-clientele')
    await page.getByLabel(/signed in/i).check()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await look(page, 'consent')
    assert.match((await page.textContent('main')) ?? '', /not verified/i)
    await page.setViewportSize({ width: 360, height: 740 })
    await look(page, 'consent-phone')
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(`${app.url}/cb?**`)
    const landed = new URL(page.url()).searchParams
    assert.equal(landed.get('iss'), server.issuer)
    assert.equal(landed.get('state'), 'state-12345678')
    const tokens = await server.public('/oauth2/token', {
      method: 'POST',
      basic: [client.client_id, client.client_secret],
      form: {
        grant_type: 'authorization_code',
        code: landed.get('code') ?? '',
        redirect_uri: `${app.url}/cb`,
        code_verifier: verifier,
      },
    })
    assert.equal(tokens.status, 200, tokens.text)
    assert.ok(tokens.json.refresh_token)

    const second = makeProofKey()
    await page.goto(authorizeUrl(client.client_id, second.challenge))
    assert.equal(await page.getByLabel('Password').count(), 0, 'the session is remembered')

    const goodbye = { id_token_hint: tokens.json.id_token, post_logout_redirect_uri: `${app.url}/bye`, state: 's' }
    await page.goto(`${server.publicUrl}/oauth2/sessions/logout?${new URLSearchParams(goodbye)}`)
    await look(page, 'sign-out')
    assert.match((await page.textContent('main')) ?? '', /signed in as Ada Lovelace/)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${app.url}/bye?state=s`)
    // Once more: of the session in the ID token this browser knows nothing any longer.
    await page.goto(`${server.publicUrl}/oauth2/sessions/logout?${new URLSearchParams(goodbye)}`)
    await look(page, 'leaving')
    await page.getByRole('link', { name: /Continue to/ }).click()
    await page.waitForURL(`${app.url}/bye?state=s`)
    await page.goto(authorizeUrl(client.client_id, second.challenge, { prompt: 'none' }))
    await page.waitForURL(`${app.url}/cb?**`)
    assert.equal(new URL(page.url()).searchParams.get('error'), 'login_required')
    await page.close()
  })

  test('denies access, and the client gets the error', async () => {
    const { json: client } = await server.public('/oauth2/register', { method: 'POST', json: { redirect_uris: [`${app.url}/cb`] } })
    const page = await browser.newPage()
    await page.goto(authorizeUrl(client.client_id, makeProofKey().challenge, { response_mode: 'form_post' }))
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.waitForURL(`${app.url}/cb`)
    assert.match((await page.textContent('p')) ?? '', /POST/)
    await page.close()
  })
})
