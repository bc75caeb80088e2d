import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch } from '../../lib/fenced-fetch.ts'
import type { Live } from '../../lib/live.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { isUsableKey, type Jwk } from '../../protocol/jwks.ts'

/** The keys at a URL. Throws what the fetch threw where they cannot be had. */
export type RemoteKeys = (uri: string, suits: (keys: readonly Jwk[]) => boolean) => Promise<readonly Jwk[]>

interface Known {
  readonly keys: readonly Jwk[] | undefined
  /** Why there are none. */
  readonly failure?: unknown
  /** Milliseconds since 1970 UTC. */
  readonly fetchedAt: number
  readonly freshUntil: number
}

/** Milliseconds. What a key set's `max-age` may say, and what holds where it says nothing. */
const life = { least: 60_000, most: 3_600_000, usual: 600_000 }
/** Milliseconds between two fetches of one URL, whoever asks: a failure is remembered so long, too. */
const rest = 10_000
const mostSets = 1_000
const mostAtOnce = 32
const mostKeys = 32

const order = { types: ['application/json'], maxBytes: 64 * 1024, timeout: 5_000 }

/**
 * Clients' key sets at `jwks_uri`, fetched when they are first needed and kept as long as they say, within bounds. Requests that need
 * one set at the same time share one fetch. A set that lacks the key that was asked for (`suits`) is fetched once more, so that a
 * rotated key is found at once; never more often than the rest between two fetches allows, so that made-up key ids cost us nothing.
 */
export function makeRemoteKeys(deps: { fetch: FencedFetch; fence: Live<Fence>; clock: Clock }): RemoteKeys {
  const known = new BoundedMap<string, Known>(mostSets)
  const underWay = new Map<string, Promise<Known>>()

  const refresh = (uri: string): Promise<Known> => {
    const running = underWay.get(uri)
    if (running) return running
    if (underWay.size >= mostAtOnce) return Promise.reject(new Unavailable('too many key sets of clients are being fetched', 2))
    const fetched = fetchKeys(uri, deps).then((next) => remember(uri, next))
    underWay.set(uri, fetched)
    return fetched.finally(() => underWay.delete(uri))
  }
  const remember = (uri: string, next: Known): Known => {
    const before = known.get(uri)
    // What is still fresh outlives a failure to look for more.
    const kept = next.keys === undefined && isGood(before, next.fetchedAt) ? { ...before, fetchedAt: next.fetchedAt } : next
    known.set(uri, kept)
    return kept
  }

  return async (uri, suits) => {
    const now = deps.clock()
    const before = known.get(uri)
    const isFresh = before !== undefined && now < before.freshUntil
    const mayLookAgain = isGood(before, now) && now >= before.fetchedAt + rest && !suits(before.keys)
    const { keys, failure } = isFresh && !mayLookAgain ? before : await refresh(uri)
    if (!keys) throw failure
    return keys
  }
}

const isGood = (entry: Known | undefined, now: number): entry is Known & { keys: readonly Jwk[] } =>
  entry?.keys !== undefined && now < entry.freshUntil

async function fetchKeys(uri: string, { fetch, fence, clock }: Parameters<typeof makeRemoteKeys>[0]): Promise<Known> {
  try {
    const { status, headers, body } = await fetch(uri, order, fence())
    if (status !== 200) throw new Error(`the key set was answered with ${status}`)
    const now = clock()
    return { keys: usableKeys(JSON.parse(body)), fetchedAt: now, freshUntil: now + lifeOf(headers['cache-control']) }
  } catch (failure) {
    const now = clock()
    return { keys: undefined, failure, fetchedAt: now, freshUntil: now + rest }
  }
}

/** A key that we cannot read is no reason to do without the others (RFC 7517 §5). */
function usableKeys(set: unknown): Jwk[] {
  const keys = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('what is there is no JWK Set')
  return keys.slice(0, mostKeys).filter((key: unknown): key is Jwk => typeof key === 'object' && key !== null && isUsableKey(key as Jwk))
}

/** RFC 9111 §5.2.2: what the answer says of its life, within our bounds. */
function lifeOf(cacheControl: string | string[] | undefined): number {
  const said = String(cacheControl ?? '').toLowerCase()
  if (/\bno-(?:store|cache)\b/.test(said)) return life.least
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})/.exec(said)?.[1]
  return seconds === undefined ? life.usual : Math.min(Math.max(Number(seconds) * 1000, life.least), life.most)
}
