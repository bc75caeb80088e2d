/** The cases with a login: the requests of browser, login application, consent application and client, in their order. */
import { createHash, randomBytes } from 'node:crypto'
import { basic, bodyOf, check, filled, form, json, WrongAnswer } from './answers.ts'
import type { Caller, Family, Registered, Send } from './caller.ts'
import type { Answer } from './connection.ts'

const scope = 'openid offline_access notes.read'
const redirectUri = 'https://app.example.com/callback'

/** A person's browser without cookies. It follows no redirect by itself, and sends requests only to the target. */
class Browser {
  readonly #send: Send
  readonly #cookies = new Map<string, string>()

  constructor(send: Send) {
    this.#send = send
  }

  /** The redirect target of the response to this address. */
  async follow(address: string): Promise<URL> {
    const { origin } = URL.canParse(address) ? new URL(address) : { origin: '' }
    const cookies = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#send('GET', address.slice(origin.length), cookies === '' ? '' : `cookie: ${cookies}\r\n`)
    check(answer, answer.status === 302 || answer.status === 303, 'a redirect')
    for (const [, name = '', value = ''] of answer.head.matchAll(/\r\nset-cookie: *([^=]+)=([^;\r]*)/gi)) this.#cookies.set(name, value)
    return new URL(locationOf(answer), 'http://127.0.0.1')
  }
}

const locationOf = ({ head }: Answer): string => /\r\nlocation: *([^\r]*)/i.exec(head)?.[1] ?? ''

/**
 * Answers a login or consent request and returns the address to which the browser continues. By Hydra's contract the application does
 * that at the admin listener; oidc-provider's own application, in its process, when the browser arrives.
 */
async function answer(browser: Browser, { sendAdmin }: Caller, question: URL, step: 'login' | 'consent', body: object): Promise<string> {
  const challenge = question.searchParams.get(`${step}_challenge`)
  if (challenge === null) return (await browser.follow(question.href)).href
  const path = `/admin/oauth2/auth/requests/${step}/accept?${step}_challenge=${challenge}`
  return bodyOf(await sendAdmin('PUT', path, json, JSON.stringify(body)), 200).redirect_to as string
}

/** From the authorization request to the tokens: six requests. */
export async function login(caller: Caller): Promise<Family> {
  const client = caller.client()
  const browser = new Browser(caller.send)
  const [state, nonce, verifier] = [1, 2, 3].map(() => randomBytes(32).toString('base64url')) as [string, string, string]
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const proof = { code_challenge: challenge, code_challenge_method: 'S256' }
  const asked = { client_id: client.id, response_type: 'code', redirect_uri: redirectUri, scope, state, nonce, ...proof }
  const toLogin = await browser.follow(`/oauth2/auth?${new URLSearchParams(asked)}`)
  const person = { subject: `person-${caller.serial()}`, remember: true, remember_for: 3_600, acr: '1', amr: ['pwd'] }
  const toConsent = await browser.follow(await answer(browser, caller, toLogin, 'login', person))
  const consent = { grant_scope: scope.split(' '), remember: false }
  const back = await browser.follow(await answer(browser, caller, toConsent, 'consent', consent))
  const code = back.searchParams.get('code') ?? ''
  if (code === '' || back.searchParams.get('state') !== state) throw new WrongAnswer(`wanted code and state, got ${back}`)
  const exchange = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  const refreshToken = await askTokens(caller, client, exchange, nonce)
  return { client, refreshToken }
}

export async function loginAndRefresh(caller: Caller): Promise<void> {
  await refreshOnce(caller, await login(caller))
}

export const refresh = (caller: Caller): Promise<void> => refreshOnce(caller, caller.family())

async function refreshOnce(caller: Caller, family: Family): Promise<void> {
  family.refreshToken = await askTokens(caller, family.client, { grant_type: 'refresh_token', refresh_token: family.refreshToken })
}

/** The new refresh token, after a check of the tokens with it. */
async function askTokens({ send }: Caller, { id, secret }: Registered, asked: Record<string, string>, nonce?: string): Promise<string> {
  const answer = await send('POST', '/oauth2/token', form + basic(id, secret), new URLSearchParams(asked).toString())
  const { access_token, refresh_token, id_token } = bodyOf(answer, 200)
  const isFresh = filled(refresh_token) && refresh_token !== asked.refresh_token
  check(answer, filled(access_token) && isFresh && filled(id_token), 'access token, fresh refresh token and ID token')
  const claims = JSON.parse(Buffer.from((id_token as string).split('.')[1] ?? '', 'base64url').toString())
  check(answer, claims.aud === id || claims.aud?.[0] === id, 'an ID token for the client')
  check(answer, nonce === undefined || claims.nonce === nonce, 'the nonce in the ID token')
  return refresh_token as string
}
