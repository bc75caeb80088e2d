import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch } from '../../lib/fenced-fetch.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { hasSoundShape, type Jwk, verifyingHalf } from '../../protocol/jwks.ts'

/**
 * The keys at a URL, of which one is wanted: that named `kid`, or where there is no name one that `suits`. Throws what the fetch threw
 * where they cannot be had.
 */
export type RemoteKeys = (uri: string, wanted: WantedKey) => Promise<readonly Jwk[]>

export interface WantedKey {
  readonly kid: string | undefined
  readonly alg: string
  readonly suits: (keys: readonly Jwk[]) => boolean
  /** The one that suits turned out not to be it: it may have been replaced under its name. */
  readonly isOutdated?: true
}

interface Known {
  readonly keys: readonly Jwk[] | undefined
  /** Why there are none. */
  readonly failure?: unknown
  /** Characters of JSON. */
  readonly size: number
  /** Milliseconds since 1970 UTC. */
  readonly fetchedAt: number
  readonly freshUntil: number
}

/** Milliseconds. What a key set's `max-age` may say, and what holds where it says nothing. */
const life = { least: 60_000, most: 3_600_000, usual: 600_000 }
/** Milliseconds between two fetches of one URL, whoever asks: a failure is remembered so long, too. */
const rest = 10_000
/** Bytes of all key sets that are kept, and what each costs besides its keys. */
const mostBytes = 8 * 1024 * 1024
const overhead = 1024
const mostMissed = 10_000
/** Fetches at once of URLs that gave a key set last, and as many of others: who registers silent ones takes no place of the first. */
const mostAtOnce = 32

const order = { types: ['application/json'], maxBytes: 64 * 1024, timeout: 5_000 }

/**
 * Clients' key sets at `jwks_uri`, fetched when they are first needed and kept as long as they say, within bounds: those that were used
 * longest ago make room. Requests that need one set at the same time share one fetch. A set that lacks the key that is wanted is
 * fetched once more, so that a rotated key is found at once; never more often than the rest between two fetches allows, and not for a
 * `kid` that was missed within that time, whether or not the set is kept.
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
    // What is still fresh outlives a failure to look for more.
    const kept = next.keys === undefined && isGood(before, next.fetchedAt) ? { ...before, fetchedAt: next.fetchedAt } : next
    known.set(uri, kept)
    return kept
  }
  /** What is kept, if it may be used without a fetch. */
  const atHand = (uri: string, { suits, isOutdated }: WantedKey, now: number): Known | undefined => {
    const before = known.get(uri)
    if (before === undefined || now >= before.freshUntil) return undefined
    const mayLookAgain = isGood(before, now) && now >= before.fetchedAt + rest && (isOutdated === true || !suits(before.keys))
    if (mayLookAgain) return undefined
    known.set(uri, before)
    return before
  }

  return async (uri, wanted) => {
    const now = deps.clock()
    const name = sha256(JSON.stringify([uri, wanted.kid, wanted.alg]))
    let found = atHand(uri, wanted, now)
    if (!found && wanted.kid !== undefined && now < (missed.get(name) ?? 0) + rest) return []
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
    const { status, headers, body } = await fetch(uri, order, fence())
    if (status !== 200) throw new Error(`the key set was answered with ${status}`)
    const now = clock()
    const keys = usableKeys(JSON.parse(body))
    return { keys, size: JSON.stringify(keys).length, fetchedAt: now, freshUntil: now + lifeOf(headers['cache-control']) }
  } catch (failure) {
    // That this server has no room for the fetch, or stops, says nothing of the key set.
    if (failure instanceof Unavailable) throw failure
    const now = clock()
    return { keys: undefined, size: 0, failure, fetchedAt: now, freshUntil: now + rest }
  }
}

/** A key that we cannot read, or that costs too much to verify with, is no reason to do without the others (RFC 7517 §5). */
function usableKeys(set: unknown): Jwk[] {
  const keys = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('what is there is no JWK Set')
  return keys.filter((key: unknown): key is Jwk => typeof key === 'object' && key !== null && hasSoundShape(key as Jwk)).map(verifyingHalf)
}

/** RFC 9111 §5.2.2: what the answer says of its life, within our bounds. */
function lifeOf(cacheControl: string | string[] | undefined): number {
  const said = String(cacheControl ?? '').toLowerCase()
  if (/\bno-(?:store|cache)\b/.test(said)) return life.least
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})/.exec(said)?.[1]
  return seconds === undefined ? life.usual : Math.min(Math.max(Number(seconds) * 1000, life.least), life.most)
}
