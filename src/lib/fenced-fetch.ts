import type { LookupAddress } from 'node:dns'
import { Agent, type Dispatcher } from 'undici'
import type { Clock } from './clock.ts'
import { type Fence, hasFetchedPort, isExempt } from './fence.ts'
import { type LookUp, type LookUpDeps, makeLookUps } from './look-ups.ts'
import { isAddress, isPublicAddress } from './public-address.ts'
import { Unavailable } from './unavailable.ts'

export interface FetchOptions {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The accepted media types, such as `application/json`; a `+json` type counts as JSON. Empty: any. */
  readonly types: readonly string[]
  /** Maximum size of the body in bytes, which is never compressed. `unread`: only status and headers are read. */
  readonly maxBytes: number | 'unread'
  /** Milliseconds for the whole fetch: look-up, connection, response. */
  readonly timeout: number
  /** Aborts the fetch. */
  readonly signal?: AbortSignal
}

/** A response of any status except a redirect. */
export interface Fetched {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** The same error for every failure, so that callers learn nothing about the private network. `cause` is for the log. */
export class FetchFailed extends Error {
  override name = 'FetchFailed'

  constructor(cause: unknown) {
    super('the URL could not be fetched', { cause })
  }
}

/**
 * Fetches a URL. `operator`: the URL is from the operator, so no fence applies.
 *
 * @throws FetchFailed, or Unavailable if the cause is this server: too many look-ups, or its stop
 */
export type FencedFetch = (url: string, options: FetchOptions, fence: Fence | 'operator') => Promise<Fetched>

export interface FencedFetchDeps extends Partial<Pick<LookUpDeps, 'isPublic' | 'servers' | 'system'>> {
  readonly clock?: Clock
  /** Trusted certificates in place of Node's. */
  readonly ca?: string
}

/**
 * Fetches URLs of clients without giving access to the private network (SSRF): https only, no redirects, limits of size and time. The
 * addresses of the name are checked while connecting, and the connection uses a checked address, so a DNS answer that changes between
 * check and connection has no effect.
 */
export function makeFencedFetch(deps: FencedFetchDeps = {}): FencedFetch & AsyncDisposable {
  const { isPublic = isPublicAddress, clock = Date.now, ca, servers, system } = deps
  const lookUps = makeLookUps({ isPublic, clock, servers, system })
  const agents = { fenced: agent(lookUps.fenced, ca), exempt: agent(lookUps.exempt, ca), operator: agent(lookUps.operator, ca) }
  const fencedFetch: FencedFetch = async (url, options, fence) => {
    try {
      const target = new URL(url)
      const way = fence === 'operator' ? fence : isExempt(target, fence) ? 'exempt' : 'fenced'
      if (way === 'fenced') checkTarget(target, isPublic)
      return await send(agents[way], target, options)
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

/** A literal address is not looked up, so it is checked here. */
function checkTarget(target: URL, isPublic: (address: string) => boolean): void {
  const { protocol, hostname, username, password, port } = target
  if (protocol !== 'https:') throw new Error('not https')
  if (username !== '' || password !== '') throw new Error('a URL with credentials')
  if (!hasFetchedPort(target)) throw new Error(`the port ${port} is neither 443 nor above 1023`)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isAddress(host) && !isPublic(host)) throw new Error(`the address ${host} is not public`)
}

async function send(agent: Agent, target: URL, options: FetchOptions): Promise<Fetched> {
  const { method = 'GET', headers, body, types, maxBytes, timeout } = options
  const signal = AbortSignal.any([AbortSignal.timeout(timeout), ...(options.signal ? [options.signal] : [])])
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

/** Closes the connection without reading the rest, and ignores errors of it. */
const drop = (body: Dispatcher.ResponseData['body']) => void body.on('error', () => {}).destroy()

/** undici obeys the signal only when it is connected; this also covers the look-up and the connection. */
function inTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    promise.then(resolve, reject)
  })
}

/** A redirect is always an error, because its target is not checked. */
function checkHead({ statusCode, headers }: Dispatcher.ResponseData, types: readonly string[], maxBytes: number): void {
  if (statusCode >= 300 && statusCode < 400) throw new Error(`a redirect (${statusCode}), which is not followed`)
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const encoding = String(headers['content-encoding'] ?? 'identity')
  // A compressed body is refused, so that the size of the body is the size received (RFC 9110 §12.5.3: only `identity` was accepted).
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
    // With `autoSelectFamily`, Node passes `all: true`, and the look-ups here always return a list.
    autoSelectFamily: true,
    // The address of an idle connection was checked when it was opened, so it is not kept for long.
    keepAliveTimeout: 1_000,
    keepAliveMaxTimeout: 1_000,
    connections: 16,
    pipelining: 1,
    maxHeaderSize: 16_384,
  })

/** A look-up with the signature of `dns.lookup` with `all`. */
const asNodeDoes =
  (lookUp: LookUp) =>
  (hostname: string, _options: object, done: (error: unknown, addresses: LookupAddress[]) => void): void =>
    void lookUp(hostname).then(
      (addresses) => done(null, addresses),
      (error) => done(error, []),
    )
