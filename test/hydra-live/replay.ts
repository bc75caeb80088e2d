import { Browser } from '../support/browser.ts'
import type { Received, Sent } from '../support/request.ts'
import type { TestServer } from '../support/server.ts'
import { type Comparison, type Difference, differences } from './compare.ts'
import type { Exchange } from './exchange.ts'
import { Values } from './values.ts'

export type Servers = Readonly<Record<'main' | 'off' | 'strict', TestServer>>

export interface Outcome {
  readonly exchange: Exchange
  readonly answer: Received
  readonly differences: readonly Difference[]
  /** Whether a value of ours is the one that a text with placeholders describes. */
  readonly matches: Comparison['matches']
}

/**
 * Sends every recorded request to the server of its instance, in order, and compares the answers. A request refused with 400 is sent
 * again as `amend` would have it: so the rest of it is judged all the same, no refusal hides behind another, and later exchanges
 * have the clients that they need. What is found then is at a place that starts with `amended`.
 */
export async function replay(exchanges: readonly Exchange[], servers: Servers, amend: (exchange: Exchange) => unknown): Promise<Outcome[]> {
  const values = new Values()
  const browsers = new Map<string, Browser>()
  const outcomes: Outcome[] = []
  for (const exchange of exchanges) {
    const server = servers[exchange.instance ?? 'main']
    const comparison = comparisonFor(exchange, values, server)
    const missing = values.missing(exchange.request)
    if (missing.length > 0) {
      outcomes.push(notSent(exchange, missing, comparison))
      continue
    }
    const answer = await send(exchange, values, server, browsers)
    keepValues(exchange, answer, values)
    const found = differences(exchange, answer, comparison)
    const body = answer.status === 400 ? amend(exchange) : undefined
    if (body !== undefined) {
      const second = await send({ ...exchange, request: { ...exchange.request, body } }, values, server, browsers)
      keepValues(exchange, second, values)
      found.push(...differences(exchange, second, comparison).map((one) => ({ ...one, place: `amended ${one.place}` })))
    }
    outcomes.push({ exchange, answer, differences: found, matches: comparison.matches })
  }
  return outcomes
}

/** What it needs was not in the answers before it. */
const notSent = (exchange: Exchange, missing: readonly string[], { matches }: Comparison): Outcome => ({
  exchange,
  answer: { status: 0, headers: {}, text: '', json: undefined },
  differences: [{ place: 'request', hydra: missing.join(', '), ours: undefined }],
  matches,
})

function send(exchange: Exchange, values: Values, server: TestServer, browsers: Map<string, Browser>): Promise<Received> {
  const { method, listener, path, headers = {}, body, form, basic } = values.fill(exchange.request)
  const content: Sent = typeof body === 'string' ? { body } : { json: body }
  const sent: Sent = { method, headers, ...content, ...(form && { form }), ...(basic && { basic }) }
  return exchange.browser ? browserOf(exchange, server, browsers).send(path, sent) : server[listener](path, sent)
}

/** One for each flow, and for each server, with the cookies that it is to have. */
function browserOf({ flow = '', browser }: Exchange, server: TestServer, browsers: Map<string, Browser>): Browser {
  const found = browsers.get(flow) ?? new Browser(server)
  browsers.set(flow, found)
  if (browser?.clear_cookies) found.drop('')
  if (browser?.drop_cookie !== undefined) found.drop(browser.drop_cookie)
  return found
}

function keepValues({ capture = {}, request, response }: Exchange, answer: Received, values: Values): void {
  values.capture(capture, answer)
  const next: unknown = answer.json?.registration_access_token
  const [, presented] = /^Bearer (.+)$/.exec(values.fill(request.headers?.authorization ?? '')) ?? []
  if (response.status >= 400 && presented !== undefined && typeof next === 'string') values.replace(presented, next)
}

/** The rules of judgement, and `product.md` on whose words are whose. */
function comparisonFor({ face, deviation, request, response }: Exchange, values: Values, server: TestServer): Comparison {
  const addresses = { 'url:public': server.publicUrl, 'url:issuer': server.publicUrl, 'url:ui': applications }
  const wordsAreOurs = request.path.startsWith('/oauth2/register') && response.status >= 400 && response.status !== 404
  return {
    exact: face === 'flow' || (face === 'admin' && deviation === undefined),
    headers: headersOf(face, request),
    ours: wordsAreOurs ? ['/error', '/error_description'] : [],
    // `<P>` is a fixed paragraph of Hydra's, which we do not send.
    matches: (expected, actual) => values.pattern(expected.replace('<P> ', ''), addresses).test(actual),
    contains: (expected, actual) => values.patternWithin(expected, addresses).test(actual),
  }
}

/** Where the login, consent and logout applications were, to which browsers are sent. */
export const applications = 'http://127.0.0.1:5002'

function headersOf(face: Exchange['face'], { listener, path }: Exchange['request']): string[] {
  const isHydrasDoor = listener === 'admin' || face === 'flow' || ['/oauth2/token', '/oauth2/revoke'].includes(path)
  const challenge = path.startsWith('/userinfo') ? ['www-authenticate'] : []
  return isHydrasDoor ? ['location', 'link', 'content-type', 'cache-control', ...challenge] : []
}
