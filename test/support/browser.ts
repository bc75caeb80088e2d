import { createHash, randomBytes } from 'node:crypto'
import type { Received, Sent } from './request.ts'
import type { TestServer } from './server.ts'

/** The two listeners of a server, in this process or another. */
export type Listeners = Pick<TestServer, 'public' | 'admin'>

/** A browser that keeps cookies and follows no redirect, so that a test sees each step of a login. */
export class Browser {
  readonly #server: Pick<Listeners, 'public'>
  readonly #cookies = new Map<string, string>()

  constructor(server: Pick<Listeners, 'public'>) {
    this.#server = server
  }

  get(address: string): Promise<Received> {
    return this.send(address, {})
  }

  /** @param address path or URL at the public listener */
  async send(address: string, sent: Sent): Promise<Received> {
    const path = address.startsWith('http') ? address.slice(new URL(address).origin.length) : address
    const answer = await this.#server.public(path, { ...sent, headers: { ...sent.headers, cookie: this.cookieHeader } })
    this.#keep(answer)
    return answer
  }

  get cookieHeader(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  get cookieNames(): string[] {
    return [...this.#cookies.keys()]
  }

  /** Deletes the cookies with this name prefix. */
  drop(prefix: string): void {
    for (const name of this.cookieNames) if (name.startsWith(prefix)) this.#cookies.delete(name)
  }

  #keep({ headers }: Received): void {
    for (const line of [headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
  }
}

/** A parameter of the Location of a response. */
export const parameterOf = ({ headers }: Received, name: string): string => {
  const location = String(headers.location)
  const url = new URL(location)
  return url.searchParams.get(name) ?? new URLSearchParams(url.hash.slice(1)).get(name) ?? ''
}

export interface ProofKey {
  readonly verifier: string
  readonly challenge: string
}

export function makeProofKey(): ProofKey {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export interface LoginOptions {
  readonly subject?: string
  /** Members that the applications send when they accept the login and the consent request. */
  readonly login?: Record<string, unknown>
  readonly consent?: Record<string, unknown>
  /** Parameters of the authorization request. */
  readonly parameters?: Record<string, string>
}

/** The path and query of an authorization request. */
export const authorizeAddress = (clientId: string, parameters: Record<string, string>): string =>
  `/oauth2/auth?${new URLSearchParams({ client_id: clientId, response_type: 'code', state: 'state-12345678', ...parameters })}`

/** Acts as the login and consent applications. Returns the response that redirects the browser to the client. */
export async function logIn(
  server: Listeners,
  browser: Browser,
  address: string,
  { subject = 'person-1', login = {}, consent = {} }: LoginOptions = {},
): Promise<Received> {
  const toLogin = await browser.get(address)
  if (toLogin.status !== 302) return toLogin
  const requests = '/admin/oauth2/auth/requests'
  const answerLogin = `${requests}/login/accept?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
  const accepted = await server.admin(answerLogin, { method: 'PUT', json: { subject, ...login } })
  const toConsent = await browser.get(accepted.json.redirect_to)
  if (toConsent.status !== 302) return toConsent
  const challenge = parameterOf(toConsent, 'consent_challenge')
  const asked = await server.admin(`${requests}/consent?consent_challenge=${challenge}`)
  const grant = {
    grant_scope: asked.json.requested_scope,
    grant_access_token_audience: asked.json.requested_access_token_audience,
    ...consent,
  }
  const granted = await server.admin(`${requests}/consent/accept?consent_challenge=${challenge}`, { method: 'PUT', json: grant })
  return browser.get(granted.json.redirect_to)
}
