import { Browser, makeProofKey, type ProofKey } from '../support/browser.ts'
import type { Received } from '../support/request.ts'
import { type ClientName, redirectUriOf, scope } from './clients.ts'
import type { Party, Question } from './party.ts'

/** An array is sent as a repeated parameter; undefined omits a parameter that is sent by default. */
export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>

export interface AuthorizeRequest {
  /** Default: `public`. */
  readonly client?: ClientName
  /** The difference from a valid request. */
  readonly change?: Parameters
  readonly method?: 'GET' | 'POST' | 'PUT'
  /** The content type of the body, if it is not that of a form. */
  readonly type?: string
  /** Appended to the encoded parameters unchanged. */
  readonly raw?: string
  /** An earlier login in this browser. */
  readonly before?: Earlier
  /** The ID token that is sent as the hint: of the earlier login, or of a login in another browser. */
  readonly hint?: 'own' | 'foreign'
}

/** The difference of an earlier login from a valid request, if any. */
export interface Earlier {
  readonly client?: ClientName
  readonly scope?: string
}

export interface Arrival {
  readonly asked: readonly Question[]
  readonly answer: Received
}

export const state = 'state-12345678'
export const proofKey: ProofKey = makeProofKey()

/** A valid request with the change applied. */
export const parametersOf = ({ clients }: Party, { client = 'public', change = {} }: AuthorizeRequest): URLSearchParams => {
  const usual: Parameters = {
    client_id: clients[client].id,
    response_type: 'code',
    redirect_uri: redirectUriOf(client),
    scope,
    state,
    code_challenge: proofKey.challenge,
    code_challenge_method: 'S256',
  }
  const pairs = Object.entries({ ...usual, ...change })
  return new URLSearchParams(pairs.flatMap(([name, value = []]) => [value].flat().map((one) => [name, one])))
}

/** Sends the request and follows it through login and consent, to an error page or the client's redirect URI. */
export async function authorize(party: Party, browser: Browser, asked: AuthorizeRequest): Promise<Arrival> {
  const { method = 'GET', type = 'application/x-www-form-urlencoded', raw = '' } = asked
  const encoded = `${parametersOf(party, asked)}${raw}`
  if (method === 'GET') return walk(party, browser, await browser.get(`/oauth2/auth?${encoded}`))
  return walk(party, browser, await browser.send('/oauth2/auth', { method, headers: { 'content-type': type }, body: encoded }))
}

async function walk(party: Party, browser: Browser, first: Received): Promise<Arrival> {
  const asked: Question[] = []
  let answer = first
  for (let steps = 0; steps < 8; steps++) {
    const location = answer.headers.location
    const step = location === undefined ? undefined : await party.play(browser, new URL(location, party.issuer).href)
    if (!step) return { asked, answer }
    if (step.asked) asked.push(step.asked)
    answer = step.answer
  }
  throw new Error(`too many redirects: ${answer.headers.location}`)
}

/** The response mode and parameters of a response to the client; undefined for a page. */
export function sentToClient({ headers, text }: Received): { way: string; parameters: URLSearchParams } | undefined {
  if (headers.location !== undefined) {
    const { search, hash } = new URL(headers.location)
    return hash === ''
      ? { way: 'query', parameters: new URLSearchParams(search) }
      : { way: 'fragment', parameters: new URLSearchParams(hash.slice(1)) }
  }
  const fields = [...text.matchAll(/<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"/g)].map(([, ...pair]) => pair.map(unescaped))
  return fields.length === 0 ? undefined : { way: 'form_post', parameters: new URLSearchParams(fields) }
}

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const unescaped = (html: string): string => html.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => signs[name] ?? whole)

/** The outcome in one line, which must be equal for both servers. */
export function arrivalIn(party: Party, { client = 'public', change = {} }: AuthorizeRequest, { asked, answer }: Arrival): string {
  const sent = sentToClient(answer)
  if (!sent) return `page ${answer.status}`
  const { way, parameters } = sent
  const one = (name: string): string => parameters.getAll(name).join(' and ')
  const wanted = 'redirect_uri' in change ? [change.redirect_uri].flat()[0] : undefined
  const target = wanted ?? redirectUriOf(client)
  const isAtTarget = way === 'form_post' ? answer.text.includes(`action="${target}"`) : answer.headers.location?.startsWith(target)
  const words = [
    `client by ${way}:`,
    isAtTarget ? '' : 'elsewhere',
    one('error'),
    parameters.has('code') ? 'code' : '',
    parameters.has('access_token') || parameters.has('id_token') ? 'token' : '',
    parameters.has('state') ? stateIn(one('state'), change) : '',
    parameters.has('iss') ? (one('iss') === party.issuer ? 'iss' : 'another iss') : '',
    asked.length > 0 ? `after ${asked.join(', ')}` : '',
  ]
  return words.filter((word) => word !== '').join(' ')
}

/** A browser after a login, and the ID token of that login. */
export interface Visitor {
  readonly browser: Browser
  readonly idToken: string
}

export async function outcomeOfAuthorize(
  party: Party,
  asked: AuthorizeRequest,
  visitorAfter: (login: Earlier) => Promise<Visitor>,
): Promise<string> {
  const visitor = asked.before && (await visitorAfter(asked.before))
  const hint = asked.hint === 'foreign' ? await visitorAfter({}) : visitor
  const request = asked.hint ? { ...asked, change: { ...asked.change, id_token_hint: hint?.idToken } } : asked
  return arrivalIn(party, request, await authorize(party, visitor?.browser ?? newBrowser(party), request))
}

const stateIn = (received: string, { state: sent }: Parameters): string =>
  received === ([sent].flat()[0] ?? state) ? 'state' : `state ${JSON.stringify(received)}`

/** A browser without cookies. */
export const newBrowser = (party: Party): Browser => new Browser(party)
