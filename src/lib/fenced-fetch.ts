import type { LookupAddress } from 'node:dns'
import { Agent, type Dispatcher } from 'undici'
import type { Clock } from './clock.ts'
import { type Fence, hasFetchedPort, isExempt } from './fence.ts'
import { type LookUp, type LookUpDeps, makeLookUps } from './look-ups.ts'
import { isAddress, isPublicAddress } from './public-address.ts'
import { Unavailable } from './unavailable.ts'

export interface FetchOrder {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The media types that are taken, such as `application/json`; a `+json` type counts as JSON. Empty: whatever comes. */
  readonly types: readonly string[]
  /** Bytes of the body, which is never compressed. `unread`: the status and headers say it all, and what follows them is dropped. */
  readonly maxBytes: number | 'unread'
  /** Milliseconds for all of it: name, connection, answer. */
  readonly timeout: number
  /** Ends the fetch early. */
  readonly signal?: AbortSignal
}

/** An answer of any status but a redirect. */
export interface Fetched {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** The one error that callers see, whatever went wrong: what lies in our network shows in none of it. `cause` is for our log. */
export class FetchFailed extends Error {
  override name = 'FetchFailed'

  constructor(cause: unknown) {
    super('the URL could not be fetched', { cause })
  }
}

/**
 * Fetches a URL. `operator`: it is the operator's own, so no fence holds for it.
 *
 * @throws FetchFailed, or Unavailable where the fault is this server's: too much is under way, or it stops
 */
export type FencedFetch = (url: string, order: FetchOrder, fence: Fence | 'operator') => Promise<Fetched>

export interface FencedFetchDeps extends Partial<Pick<LookUpDeps, 'isPublic' | 'servers' | 'system'>> {
  readonly clock?: Clock
  /** The certificates to trust, in place of Node's own. */
  readonly ca?: string
}

/**
 * Fetches a URL that a stranger chose, so that it gives no access to our own network: https only, no redirects, bounded in size and time.
 * Every address of the name is vetted when the connection is made, and the connection goes to a vetted address: an answer that changes
 * between the check and the connect changes nothing.
 */
export function makeFencedFetch(deps: FencedFetchDeps = {}): FencedFetch & AsyncDisposable {
  const { isPublic = isPublicAddress, clock = Date.now, ca, servers, system } = deps
  const lookUps = makeLookUps({ isPublic, clock, servers, system })
  const agents = { fenced: agent(lookUps.fenced, ca), exempt: agent(lookUps.exempt, ca), operator: agent(lookUps.operator, ca) }
  const fencedFetch: FencedFetch = async (url, order, fence) => {
    try {
      const target = new URL(url)
      const way = fence === 'operator' ? fence : isExempt(target, fence) ? 'exempt' : 'fenced'
      if (way === 'fenced') checkTarget(target, isPublic)
      return await send(agents[way], target, order)
    } catch (error) {
      throw error instanceof Unavailable ? error : new FetchFailed(error)
    }
  }
  return Object.assign(fencedFetch, {
    async [Symbol.asyncDispose]() {
      lookUps[Symbol.dispose]()
      await Promise.all(Object.values(agents).map((one) => one.destroy()))
    },
  })
}

/** A literal address is never looked up, so it is vetted here. */
function checkTarget(target: URL, isPublic: (address: string) => boolean): void {
  const { protocol, hostname, username, password, port } = target
  if (protocol !== 'https:') throw new Error('not https')
  if (username !== '' || password !== '') throw new Error('a URL with credentials')
  if (!hasFetchedPort(target)) throw new Error(`the port ${port} is neither 443 nor above 1023`)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isAddress(host) && !isPublic(host)) throw new Error(`the address ${host} is not public`)
}

async function send(agent: Agent, target: URL, order: FetchOrder): Promise<Fetched> {
  const { method = 'GET', headers, body, types, maxBytes, timeout } = order
  const signal = AbortSignal.any([AbortSignal.timeout(timeout), ...(order.signal ? [order.signal] : [])])
  signal.throwIfAborted()
  const asked = agent.request({
    origin: target.origin,
    path: `${target.pathname}${target.search}`,
    method,
    headers: { accept: types.join(', ') || '*/*', 'accept-encoding': 'identity', 'user-agent': 'clientele', ...headers },
    body: body ?? null,
    signal,
  })
  const answer = await inTime(asked, signal)
  try {
    checkHead(answer, types, maxBytes === 'unread' ? Number.POSITIVE_INFINITY : maxBytes)
    const { statusCode: status, headers } = answer
    if (maxBytes !== 'unread') return { status, headers, body: await readAtMost(answer.body, maxBytes) }
    drop(answer.body)
    return { status, headers, body: '' }
  } catch (error) {
    drop(answer.body)
    throw error
  }
}

/** Nobody will read the rest: the connection is closed, and what it says of that is of no interest. */
const drop = (body: Dispatcher.ResponseData['body']) => void body.on('error', () => {}).destroy()

/** The client heeds the signal once it is connected; the name and the connection must not take longer, either. */
function inTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    promise.then(resolve, reject)
  })
}

/** A redirect would lead where nobody looked, so it is an error whatever it carries. */
function checkHead({ statusCode, headers }: Dispatcher.ResponseData, types: readonly string[], maxBytes: number): void {
  if (statusCode >= 300 && statusCode < 400) throw new Error(`a redirect (${statusCode}), which is not followed`)
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const encoding = String(headers['content-encoding'] ?? 'identity')
  // Nothing is decompressed, so the size of what came is the size of what is read (RFC 9110 §12.5.3: only `identity` was accepted).
  if (maxBytes !== Number.POSITIVE_INFINITY && encoding.toLowerCase() !== 'identity')
    throw new Error(`the answer has the encoding '${encoding}'`)
  const type = mediaType(headers['content-type'])
  const isTaken = types.length === 0 || types.includes(type) || (types.includes('application/json') && jsonLike.test(type))
  if (!isTaken) throw new Error(`the answer is of type '${type}'`)
}

const jsonLike = /^application\/[\w.-]+\+json$/

const mediaType = (header: string | string[] | undefined): string => (String(header ?? '').split(';')[0] ?? '').trim().toLowerCase()

async function readAtMost(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

const tooLarge = (maxBytes: number) => new Error(`the answer is larger than ${maxBytes} bytes`)

const agent = (lookUp: LookUp, ca: string | undefined): Agent =>
  new Agent({
    connect: { lookup: asNodeDoes(lookUp) as never, timeout: 5_000, ...(ca !== undefined && { ca }) },
    // Our look-ups always answer with a list, which is what a connection that tries several addresses asks for.
    autoSelectFamily: true,
    // A connection that is kept was vetted when it was made; it is not kept for long.
    keepAliveTimeout: 1_000,
    keepAliveMaxTimeout: 1_000,
    connections: 16,
    pipelining: 1,
    maxHeaderSize: 16_384,
  })

/** A look-up in the form of `dns.lookup` with `all`. */
const asNodeDoes =
  (lookUp: LookUp) =>
  (hostname: string, _options: object, done: (error: unknown, addresses: LookupAddress[]) => void): void =>
    void lookUp(hostname).then(
      (addresses) => done(null, addresses),
      (error) => done(error, []),
    )
