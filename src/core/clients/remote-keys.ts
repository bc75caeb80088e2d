import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch } from '../../lib/fenced-fetch.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { hasSoundShape, type Jwk, verifyingHalf } from '../../protocol/jwks.ts'

/**
 * The keys at a URL, to find one of them: the key named `kid`, or without a name one that `suits`. Throws the error of the fetch where
 * it failed.
 */
export type RemoteKeys = (uri: string, wanted: WantedKey) => Promise<readonly Jwk[]>

export interface WantedKey {
  readonly kid: string | undefined
  readonly alg: string
  readonly suits: (keys: readonly Jwk[]) => boolean
  /** The key that suits did not verify the signature: it may have been replaced under its name. */
  readonly isOutdated?: true
}

interface Known {
  readonly keys: readonly Jwk[] | undefined
  /** The error of a failed fetch. */
  readonly failure?: unknown
  /** Characters of JSON. */
  readonly size: number
  /** Milliseconds since 1970 UTC. */
  readonly fetchedAt: number
  readonly freshUntil: number
}

/** Milliseconds. The bounds of a key set's `max-age`, and the default where there is none. */
const lifespan = { least: 60_000, most: 3_600_000, usual: 600_000 }
/** Milliseconds between two fetches of one URL, and the time for which a failure is cached. */
const pause = 10_000
/** Bytes of all cached key sets, and what each takes besides its keys. */
const mostBytes = 8 * 1024 * 1024
const overhead = 1024
const mostMissed = 10_000
/** Concurrent fetches of URLs whose last fetch succeeded, and as many of others: URLs that never answer cannot use up the former. */
const mostAtOnce = 32

const limits = { types: ['application/json'], maxBytes: 64 * 1024, timeout: 5_000 }

/**
 * Clients' key sets at `jwks_uri`, fetched when they are first needed and cached for their `max-age`, within bounds. The least recently
 * used ones are evicted. Requests that need one set at the same time share one fetch. A set that lacks the wanted key is fetched again,
 * so that a rotated key is found at once, but not within the pause after the last fetch, and not for a `kid` that was not found within
 * that time, whether or not the set is still cached.
 */
export function makeRemoteKeys(deps: { fetch: FencedFetch; fence: Live<Fence>; clock: Clock }): RemoteKeys {
  const known = new BoundedMap<string, Known>(mostBytes, ({ size }, uri) => size + uri.length + overhead)
  const missed = new BoundedMap<string, number>(mostMissed)
  const underWay = new Map<string, Promise<Known>>()
  const places = { proven: mostAtOnce, others: mostAtOnce }

  const refresh = (uri: string): Promise<Known> => {
    const running = underWay.get(uri)
    if (running) return running
    const kind = known.get(uri)?.keys ? 'proven' : 'others'
    if (places[kind] === 0) return Promise.reject(new Unavailable('too many key sets of clients are being fetched', 2))
    places[kind]--
    const fetched = fetchKeys(uri, deps).then((next) => remember(uri, next))
    underWay.set(uri, fetched)
    return fetched.finally(() => {
      underWay.delete(uri)
      places[kind]++
    })
  }
  const remember = (uri: string, next: Known): Known => {
    const before = known.get(uri)
    // A set that is still fresh stays when a new fetch fails.
    const kept = next.keys === undefined && isGood(before, next.fetchedAt) ? { ...before, fetchedAt: next.fetchedAt } : next
    known.set(uri, kept)
    return kept
  }
  /** The cached set, if it may be used without a fetch. */
  const atHand = (uri: string, { suits, isOutdated }: WantedKey, now: number): Known | undefined => {
    const before = known.get(uri)
    if (before === undefined || now >= before.freshUntil) return undefined
    const mayLookAgain = isGood(before, now) && now >= before.fetchedAt + pause && (isOutdated === true || !suits(before.keys))
    if (mayLookAgain) return undefined
    known.set(uri, before)
    return before
  }

  return async (uri, wanted) => {
    const now = deps.clock()
    const name = sha256(JSON.stringify([uri, wanted.kid, wanted.alg]))
    let found = atHand(uri, wanted, now)
    if (!found && wanted.kid !== undefined && now < (missed.get(name) ?? 0) + pause) return []
    found ??= await refresh(uri)
    if (!found.keys) throw found.failure
    if (wanted.kid !== undefined && !wanted.suits(found.keys)) missed.set(name, found.fetchedAt)
    return found.keys
  }
}

const isGood = (entry: Known | undefined, now: number): entry is Known & { keys: readonly Jwk[] } =>
  entry?.keys !== undefined && now < entry.freshUntil

async function fetchKeys(uri: string, { fetch, fence, clock }: Parameters<typeof makeRemoteKeys>[0]): Promise<Known> {
  try {
    const { status, headers, body } = await fetch(uri, limits, fence())
    if (status !== 200) throw new Error(`the response status of the key set was ${status}`)
    const now = clock()
    const keys = usableKeys(JSON.parse(body))
    return { keys, size: JSON.stringify(keys).length, fetchedAt: now, freshUntil: now + lifespanOf(headers['cache-control']) }
  } catch (failure) {
    // This server fetches too much or is stopping: that is no failure of the key set.
    if (failure instanceof Unavailable) throw failure
    const now = clock()
    return { keys: undefined, size: 0, failure, fetchedAt: now, freshUntil: now + pause }
  }
}

/** Keys that are unsupported or too costly to verify with are left out; the others are used (RFC 7517 §5). */
function usableKeys(set: unknown): Jwk[] {
  const keys = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('the response is not a JWK Set')
  return keys.filter((key: unknown): key is Jwk => typeof key === 'object' && key !== null && hasSoundShape(key as Jwk)).map(verifyingHalf)
}

/** RFC 9111 §5.2.2: the response's `max-age`, within bounds. */
function lifespanOf(cacheControl: string | string[] | undefined): number {
  const directives = String(cacheControl ?? '').toLowerCase()
  if (/\bno-(?:store|cache)\b/.test(directives)) return lifespan.least
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})/.exec(directives)?.[1]
  return seconds === undefined ? lifespan.usual : Math.min(Math.max(Number(seconds) * 1000, lifespan.least), lifespan.most)
}
