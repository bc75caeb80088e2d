import assert from 'node:assert/strict'
import { Browser, type LoginOptions, logIn, parameterOf } from '../support/browser.ts'
import type { TestServer } from '../support/server.ts'

export interface AtBrowser extends LoginOptions {
  readonly browser?: Browser
}

/** The URL at which the browser returns to the client, after login, and consent if it is asked for. */
export async function addressAfterLogin(
  server: TestServer,
  sentTo: URL,
  { browser = new Browser(server), ...options }: AtBrowser = {},
): Promise<URL> {
  const back = await logIn(server, browser, sentTo.href, options)
  assert.equal(back.status, 303, back.text)
  return new URL(String(back.headers.location))
}

/** The same for response_mode=form_post: the form that the browser posts to the client. */
export async function formAfterLogin(server: TestServer, sentTo: URL, { browser = new Browser(server), ...options }: AtBrowser = {}) {
  const page = await logIn(server, browser, sentTo.href, options)
  assert.equal(page.status, 200, page.text)
  const [, action = ''] = /<form method="post" action="([^"]*)">/.exec(page.text) ?? []
  const fields = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  const body = new URLSearchParams(fields.map(([, name = '', value = '']) => [asText(name), asText(value)]))
  return new Request(asText(action), { method: 'POST', body })
}

/** The parameters that the client gets, in any response mode: success or error. */
export async function answerAfterLogin(server: TestServer, sentTo: URL, options?: AtBrowser): Promise<URLSearchParams> {
  const mode = sentTo.searchParams.get('response_mode')
  if (mode === 'form_post') return new URLSearchParams(await (await formAfterLogin(server, sentTo, options)).text())
  const { search, hash } = await addressAfterLogin(server, sentTo, options)
  return new URLSearchParams((mode === 'fragment' ? hash : search).slice(1))
}

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const asText = (html: string): string => html.replace(/&(#?\w+);/g, (entity, name: string) => characters[name] ?? entity)

/** Accepts the logout and returns the URL at which the browser ends. */
export async function addressAfterLogout(server: TestServer, browser: Browser, sentTo: URL): Promise<URL> {
  const challenge = parameterOf(await browser.get(sentTo.href), 'logout_challenge')
  const path = `/admin/oauth2/auth/requests/logout/accept?logout_challenge=${challenge}`
  const { json } = await server.admin(path, { method: 'PUT' })
  const { headers } = await browser.get(json.redirect_to)
  return new URL(String(headers.location))
}
