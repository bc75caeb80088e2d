import type { Received, Sent } from '../support/request.ts'
import { authorize, type Earlier, newBrowser, type Parameters, proofKey, sentToClient, type Visitor } from './authorize.ts'
import { type ClientName, redirectUriOf, scope as usualScope } from './clients.ts'
import type { Party } from './party.ts'

type Form = Record<string, string | readonly string[]>

/** How a client authenticates; `none` sends no client_id either. */
export type Way = 'basic' | 'post' | 'id' | 'none'

const usualWays: Readonly<Record<ClientName, Way>> = {
  basic: 'basic',
  post: 'post',
  public: 'id',
  two: 'basic',
  loopback: 'id',
  codes: 'basic',
}

/** A client of the token and the revocation endpoint. It keeps the responses. */
export class TokenClient {
  readonly #party: Party
  readonly answers: Received[] = []

  constructor(party: Party) {
    this.#party = party
  }

  /** A new code, issued with PKCE unless the change removes it. */
  async code(client: ClientName, change: Parameters = {}): Promise<string> {
    const { answer } = await authorize(this.#party, newBrowser(this.#party), { client, change: { prompt: 'consent', ...change } })
    const code = sentToClient(answer)?.parameters.get('code')
    if (!code) throw new Error(`no code for ${client}: ${answer.status} ${answer.headers.location} ${answer.text.slice(0, 300)}`)
    return code
  }

  /** The refresh token of a new login. */
  async refreshToken(client: ClientName): Promise<string> {
    const { json, text } = await this.redeem(client, await this.code(client))
    if (!json.refresh_token) throw new Error(`no refresh token for ${client}: ${text}`)
    return json.refresh_token
  }

  redeem(client: ClientName, code: string, change: Parameters = {}, way?: Way): Promise<Received> {
    const usual = { grant_type: 'authorization_code', code, redirect_uri: redirectUriOf(client), code_verifier: proofKey.verifier }
    return this.ask(client, { ...usual, ...change }, way)
  }

  refresh(client: ClientName, refreshToken: string, change: Parameters = {}, way?: Way): Promise<Received> {
    return this.ask(client, { grant_type: 'refresh_token', refresh_token: refreshToken, ...change }, way)
  }

  revoke(client: ClientName, token: string, change: Parameters = {}, way?: Way): Promise<Received> {
    return this.ask(client, { token, ...change }, way, this.secretOf(client), '/oauth2/revoke')
  }

  /** @param secret sent in place of the client's own */
  ask(
    client: ClientName,
    fields: Parameters,
    way: Way = usualWays[client],
    secret: string = this.secretOf(client),
    path = '/oauth2/token',
  ): Promise<Received> {
    const { id } = this.#party.clients[client]
    const form = given({
      ...((way === 'post' || way === 'id') && { client_id: id }),
      ...(way === 'post' && { client_secret: secret }),
      ...fields,
    })
    return this.send({ method: 'POST', form, ...(way === 'basic' && { basic: [id, secret] }) }, '', path)
  }

  idOf(client: ClientName): string {
    return this.#party.clients[client].id
  }

  secretOf(client: ClientName): string {
    return this.#party.clients[client].secret
  }

  async send(sent: Sent, query = '', path = '/oauth2/token'): Promise<Received> {
    const answer = await this.#party.public(`${path}${query}`, sent)
    this.answers.push(answer)
    return answer
  }
}

const given = (fields: Parameters): Form =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

/** The outcome in one line, which must be equal for both servers: the last response, and how many of all access tokens are active at the end. */
export async function outcomeOfToken(party: Party, run: (client: TokenClient) => Promise<unknown>): Promise<string> {
  const client = new TokenClient(party)
  await run(client)
  const last = client.answers.at(-1)
  if (!last) throw new Error('nothing was sent')
  const tokens = client.answers.flatMap(({ json }) => json?.access_token ?? [])
  const active = await Promise.all(tokens.map(async (bearer) => (await party.public('/userinfo', { bearer })).status === 200))
  const words = [
    last.json?.access_token ? issuedIn(last) : `${last.status} ${last.json?.error ?? 'no error'}`,
    // RFC 6749 §5.2: a 401 to a request with Authorization names the scheme.
    last.status === 401 ? (last.headers['www-authenticate'] ? 'challenged' : 'unchallenged') : '',
    // RFC 6749 §5.1
    last.json?.access_token && !/no-store/.test(last.headers['cache-control'] ?? '') ? 'may be cached' : '',
    tokens.length > 0 ? `${active.filter((one) => one).length} of ${tokens.length} active` : '',
  ]
  return words.filter((word) => word !== '').join(', ')
}

function issuedIn({ json }: Received): string {
  const kinds = ['access', 'id', 'refresh'].filter((kind) => typeof json[`${kind}_token`] === 'string')
  return `${kinds.join(' + ')} for ${String(json.scope).split(' ').sort().join(' ')}`
}

/** A browser after a complete login with its own person. */
export async function visitorAfter(party: Party, { client = 'public', scope = usualScope }: Earlier): Promise<Visitor> {
  const browser = newBrowser(party)
  const { answer } = await authorize(party, browser, { client, change: { scope } })
  const code = sentToClient(answer)?.parameters.get('code') ?? ''
  const { json, text } = await new TokenClient(party).redeem(client, code)
  if (!json.id_token) throw new Error(`no ID token for ${client}: ${text}`)
  return { browser, idToken: json.id_token }
}
