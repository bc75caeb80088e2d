import assert from 'node:assert/strict'
import { authorizeAddress, Browser, type Listeners, type LoginOptions, logIn, makeProofKey, parameterOf } from './browser.ts'
import type { Received } from './request.ts'

/** The credentials of a client with logins. */
export interface LoginClient {
  readonly id: string
  /** Empty for a public client. */
  readonly secret: string
}

export const redirectUri = 'https://app.example/cb'

/** Registers a client with the grants authorization_code and refresh_token. */
export async function registerLoginClient(server: Listeners, members: Record<string, unknown> = {}): Promise<LoginClient> {
  const { status, json, text } = await server.public('/oauth2/register', {
    method: 'POST',
    json: {
      client_name: 'An app',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid offline_access',
      ...members,
    },
  })
  assert.equal(status, 201, text)
  return { id: json.client_id, secret: json.client_secret ?? '' }
}

/** An authorization request with PKCE, and the verifier for its code. */
export function loginRequest(client: LoginClient, parameters: Record<string, string> = {}): { address: string; verifier: string } {
  const { verifier, challenge } = makeProofKey()
  const proof = { code_challenge: challenge, code_challenge_method: 'S256' }
  const address = authorizeAddress(client.id, { redirect_uri: redirectUri, scope: 'openid offline_access', ...proof, ...parameters })
  return { address, verifier }
}

/** A code, and the verifier to redeem it. */
export interface Issued {
  readonly code: string
  readonly verifier: string
}

/** A complete login up to the code. */
export async function obtainCode(
  server: Listeners,
  client: LoginClient,
  { browser = new Browser(server), parameters = {}, ...options }: LoginOptions & { browser?: Browser } = {},
): Promise<Issued> {
  const { address, verifier } = loginRequest(client, parameters)
  const back = await logIn(server, browser, address, options)
  assert.equal(back.status, 303, back.text)
  const code = parameterOf(back, 'code')
  assert.notEqual(code, '', String(back.headers.location))
  return { code, verifier }
}

/** The built-in consent page after a login. */
export async function seeConsentPage(
  server: Listeners,
  client: LoginClient,
  {
    browser = new Browser(server),
    subject = 'person-1',
    parameters = {},
    language,
  }: { browser?: Browser; subject?: string; parameters?: Record<string, string>; language?: string } = {},
): Promise<Received> {
  const toLogin = await browser.get(loginRequest(client, parameters).address)
  const path = `/admin/oauth2/auth/requests/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
  const toConsent = await browser.get((await server.admin(path, { method: 'PUT', json: { subject } })).json.redirect_to)
  const headers = language === undefined ? {} : { 'accept-language': language }
  return browser.send(String(toConsent.headers.location), { headers })
}

export const redeem = (
  server: Listeners,
  client: LoginClient,
  { code, verifier }: Issued,
  form: Record<string, string> = {},
): Promise<Received> =>
  askAs(server, client, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier, ...form })

export const refresh = (
  server: Listeners,
  client: LoginClient,
  refreshToken: string,
  form: Record<string, string> = {},
): Promise<Received> => askAs(server, client, { grant_type: 'refresh_token', refresh_token: refreshToken, ...form })

/** A token request of a confidential or a public client. */
const askAs = (server: Listeners, { id, secret }: LoginClient, form: Record<string, string>): Promise<Received> =>
  secret === ''
    ? server.public('/oauth2/token', { method: 'POST', form: { client_id: id, ...form } })
    : server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
}

/** A complete login up to the tokens. */
export async function obtainTokens(
  server: Listeners,
  client: LoginClient,
  options: LoginOptions & { browser?: Browser } = {},
): Promise<Tokens> {
  const { redirect_uri = redirectUri } = options.parameters ?? {}
  const { status, json, text } = await redeem(server, client, await obtainCode(server, client, options), { redirect_uri })
  assert.equal(status, 200, text)
  return json
}

export const isActive = async (server: Listeners, token: string): Promise<boolean> => {
  const { status, json, text } = await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token } })
  assert.equal(status, 200, text)
  return json.active
}

/** Whether the access and the refresh token of a response are active. */
export const areActive = (server: Listeners, { access_token, refresh_token }: Tokens): Promise<boolean[]> =>
  Promise.all([access_token, refresh_token].map((token) => isActive(server, token)))
