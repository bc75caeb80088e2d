import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup as systemLookup } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { Agent, type Dispatcher } from 'undici'
import { isPublicAddress, urlMatches } from './public-address.ts'

/** What may be fetched from where. */
export interface Fence {
  /** Plain http and private addresses are fine. */
  readonly allowPrivate: boolean
  /** Globs of URLs for which both are fine. */
  readonly exceptions: readonly string[]
}

export interface FetchOrder {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The media types that are taken, such as `application/json`; a `+json` type counts as JSON. Empty: whatever comes. */
  readonly types: readonly string[]
  /** Bytes. */
  readonly maxBytes: number
  /** Milliseconds for all of it: name, connection, answer. */
  readonly timeout: number
}

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

export type FencedFetch = (url: string, order: FetchOrder, fence: Fence) => Promise<Fetched>

/** Resolves every address of a name; `dns.lookup` with `all`. */
export type Resolve = (hostname: string, options: LookupOptions, done: (error: Error | null, addresses: LookupAddress[]) => void) => void

export interface FencedFetchDeps {
  readonly resolve?: Resolve
  readonly isPublic?: (address: string) => boolean
  /** Certificates to trust besides the usual ones. */
  readonly ca?: string
}

/**
 * Fetches a URL that a stranger chose, without becoming his way into our network: https only, no redirects, bounded in size and time.
 * Every address of the name is vetted when the connection is made, and the connection goes to a vetted address: an answer that changes
 * between the check and the connect changes nothing.
 */
export function makeFencedFetch(deps: FencedFetchDeps = {}): FencedFetch & AsyncDisposable {
  const { isPublic = isPublicAddress, resolve = resolveAll } = deps
  const agents = { fenced: agent(vetted(resolve, isPublic), deps.ca), open: agent(resolve, deps.ca) }
  const fencedFetch: FencedFetch = async (url, order, fence) => {
    try {
      const target = new URL(url)
      const isExempt = fence.allowPrivate || fence.exceptions.some((glob) => urlMatches(glob, url))
      if (!isExempt) checkTarget(target, isPublic)
      return await send(isExempt ? agents.open : agents.fenced, target, order)
    } catch (error) {
      throw new FetchFailed(error)
    }
  }
  return Object.assign(fencedFetch, {
    async [Symbol.asyncDispose]() {
      await Promise.all([agents.fenced.destroy(), agents.open.destroy()])
    },
  })
}

/** A literal address is never looked up, so it is vetted here. */
function checkTarget({ protocol, hostname, username, password }: URL, isPublic: (address: string) => boolean): void {
  if (protocol !== 'https:') throw new Error('not https')
  if (username !== '' || password !== '') throw new Error('a URL with credentials')
  const host = hostname.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(host) && !isPublic(host)) throw new Error(`the address ${host} is not public`)
}

async function send(agent: Agent, target: URL, { method = 'GET', headers, body, types, maxBytes, timeout }: FetchOrder): Promise<Fetched> {
  const signal = AbortSignal.timeout(timeout)
  const answer = await agent.request({
    origin: target.origin,
    path: `${target.pathname}${target.search}`,
    method,
    headers: { accept: types.join(', ') || '*/*', 'user-agent': 'clientele', ...headers },
    body: body ?? null,
    signal,
  })
  checkType(answer, types)
  return { status: answer.statusCode, headers: answer.headers, body: await readAtMost(answer, maxBytes) }
}

function checkType({ headers }: Dispatcher.ResponseData, types: readonly string[]): void {
  if (types.length === 0) return
  const type =
    String(headers['content-type'] ?? '')
      .split(';')[0]
      ?.trim()
      .toLowerCase() ?? ''
  const isTaken = types.includes(type) || (types.includes('application/json') && /^application\/[\w.-]+\+json$/.test(type))
  if (!isTaken) throw new Error(`the answer is of type '${type}'`)
}

async function readAtMost({ body, headers }: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw await cut(body, maxBytes)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += (chunk as Buffer).length
    if (size > maxBytes) throw await cut(body, maxBytes)
    chunks.push(chunk as Buffer)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

async function cut(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<Error> {
  body.on('error', () => {})
  body.destroy()
  return new Error(`the answer is larger than ${maxBytes} bytes`)
}

const agent = (lookup: Resolve, ca: string | undefined): Agent =>
  new Agent({
    connect: { lookup: lookup as never, timeout: 5_000, ...(ca !== undefined && { ca }) },
    // A connection that is kept was vetted when it was made; it is not kept for long.
    keepAliveTimeout: 1_000,
    keepAliveMaxTimeout: 1_000,
    connections: 16,
    pipelining: 1,
    maxHeaderSize: 16_384,
  })

const resolveAll: Resolve = (hostname, options, done) => systemLookup(hostname, { ...options, all: true }, done as never)

/** All addresses of a name, or none if one of them is not public: which one a connection would take is not ours to guess. */
function vetted(resolve: Resolve, isPublic: (address: string) => boolean): Resolve {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, [])
      const strange = addresses.find(({ address }) => !isPublic(address))
      if (strange || addresses.length === 0) return done(new Error(`${hostname} resolves to ${strange?.address ?? 'nothing'}`), [])
      done(null, addresses)
    })
  }
}
