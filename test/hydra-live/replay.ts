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
  /** Whether a value matches a text with placeholders. */
  readonly matches: Comparison['matches']
}

/**
 * Sends every recorded request to the server of its instance, in order, and compares the responses. A request that gets a 400 is sent
 * again as changed by `amend`. So the rest of it is compared, too, one error cannot hide another, and later exchanges
 * have the clients that they need. Differences of the second response have places that start with `amended`.
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

/** The outcome of an exchange that needs a value which no earlier response had. */
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

/** The browser of the flow, after the step's deletion of cookies. */
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

/** How the exchange is compared: exactly or not, with which headers, and whether the error sentences are this server's own. */
function comparisonFor({ face, deviation, request, response }: Exchange, values: Values, server: TestServer): Comparison {
  const addresses = { 'url:public': server.publicUrl, 'url:issuer': server.publicUrl, 'url:ui': applications }
  const hasOwnWords = request.path.startsWith('/oauth2/register') && response.status >= 400 && response.status !== 404
  return {
    exact: face === 'flow' || (face === 'admin' && deviation === undefined),
    headers: headersOf(face, request),
    ours: hasOwnWords ? ['/error', '/error_description'] : [],
    // `<P>` is a fixed paragraph of Hydra's, which this server does not send.
    matches: (expected, actual) => values.pattern(expected.replace('<P> ', ''), addresses).test(actual),
    contains: (expected, actual) => values.patternWithin(expected, addresses).test(actual),
  }
}

/** The URL of the login, consent and logout applications in the recording. */
export const applications = 'http://127.0.0.1:5002'

function headersOf(face: Exchange['face'], { listener, path }: Exchange['request']): string[] {
  const isHydrasContract = listener === 'admin' || face === 'flow' || ['/oauth2/token', '/oauth2/revoke'].includes(path)
  const challenge = path.startsWith('/userinfo') ? ['www-authenticate'] : []
  return isHydrasContract ? ['location', 'link', 'content-type', 'cache-control', ...challenge] : []
}
