import type { Received, Sent } from '../support/request.ts'
import type { TestServer } from '../support/server.ts'
import { type Comparison, type Difference, differences } from './compare.ts'
import type { Exchange, ExchangeRequest } from './exchange.ts'
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
  const outcomes: Outcome[] = []
  for (const exchange of exchanges) {
    const server = servers[exchange.instance ?? 'main']
    const comparison = comparisonFor(exchange, values, server)
    const answer = await send(exchange.request, values, server)
    keepValues(exchange, answer, values)
    const found = differences(exchange, answer, comparison)
    const body = answer.status === 400 ? amend(exchange) : undefined
    if (body !== undefined) {
      const second = await send({ ...exchange.request, body }, values, server)
      keepValues(exchange, second, values)
      found.push(...differences(exchange, second, comparison).map((one) => ({ ...one, place: `amended ${one.place}` })))
    }
    outcomes.push({ exchange, answer, differences: found, matches: comparison.matches })
  }
  return outcomes
}

function send(recorded: ExchangeRequest, values: Values, server: TestServer): Promise<Received> {
  const { method, listener, path, headers = {}, body, form, basic } = values.fill(recorded)
  const content: Sent = typeof body === 'string' ? { body } : { json: body }
  return server[listener](path, { method, headers, ...content, ...(form && { form }), ...(basic && { basic }) })
}

function keepValues({ capture = {}, request, response }: Exchange, answer: Received, values: Values): void {
  values.capture(capture, answer)
  const next: unknown = answer.json?.registration_access_token
  const [, presented] = /^Bearer (.+)$/.exec(values.fill(request.headers?.authorization ?? '')) ?? []
  if (response.status >= 400 && presented !== undefined && typeof next === 'string') values.replace(presented, next)
}

/** The rules of judgement, and `product.md` on whose words are whose. */
function comparisonFor({ face, deviation, request, response }: Exchange, values: Values, server: TestServer): Comparison {
  const addresses = { 'url:public': server.publicUrl, 'url:issuer': server.publicUrl }
  const isHydrasDoor = request.listener === 'admin' || ['/oauth2/token', '/oauth2/revoke'].includes(request.path)
  const wordsAreOurs = request.path.startsWith('/oauth2/register') && response.status >= 400 && response.status !== 404
  return {
    exact: face === 'flow' || (face === 'admin' && deviation === undefined),
    headers: isHydrasDoor ? ['location', 'link', 'content-type', 'cache-control'] : [],
    ours: wordsAreOurs ? ['/error', '/error_description'] : [],
    // `<P>` is a fixed paragraph of Hydra's, which we do not send.
    matches: (expected, actual) => values.pattern(expected.replace('<P> ', ''), addresses).test(actual),
  }
}
