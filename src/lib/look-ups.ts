import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'
import { ConcurrencyLimit, type ConcurrencyOptions } from './concurrency-limit.ts'
import { resolveName } from './resolve-name.ts'
import { Unavailable } from './unavailable.ts'

/**
 * Returns all addresses of a name.
 *
 * @throws Unavailable if too many names are being looked up
 */
export type LookUp = (hostname: string) => Promise<LookupAddress[]>

/** How the name in a URL is looked up, depending on who chose the URL and on the fence. */
export interface LookUps extends Disposable {
  /** A URL of a client: by name servers only, and every address must be public. */
  readonly fenced: LookUp
  /** A URL of a client that the operator exempted: by the system, with /etc/hosts. */
  readonly exempt: LookUp
  /** A URL of the operator: by the system. */
  readonly operator: LookUp
}

export interface LookUpDeps {
  readonly isPublic: (address: string) => boolean
  readonly clock: Clock
  /** Name servers in place of the system's. */
  readonly servers?: readonly string[] | undefined
  /** In place of `dns.lookup`. */
  readonly system?: LookUp | undefined
}

/** A short `maxWait`, so that unanswered look-ups of others do not use up the timeout of a fetch. */
const fencedLimit = { what: 'name look-ups', running: 32, waiting: 64, maxWait: 1_000 }
/** `dns.lookup` occupies one of the four threads of libuv and cannot be cancelled: two remain for the operator's names and for files. */
const exemptLimit = { what: 'name look-ups', running: 2, waiting: 64, maxWait: 1_000 }

/** How long a failed look-up is cached, in milliseconds, and how many of them. */
const failureLifespan = 10_000
const mostFailures = 256

export function makeLookUps({ isPublic, clock, servers, system = lookUpBySystem }: LookUpDeps): LookUps {
  const stopping = new AbortController()
  const { signal } = stopping
  const fenced = limited(fencedLimit, (hostname) => resolveName(hostname, { servers, signal }))
  return {
    fenced: vetted(isPublic, shared(cachingFailures(fenced, clock, signal))),
    exempt: shared(limited(exemptLimit, system)),
    operator: shared(system),
    [Symbol.dispose]: () => stopping.abort(),
  }
}

const lookUpBySystem: LookUp = (hostname) =>
  new Promise((resolve, reject) =>
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  )

function limited(options: ConcurrencyOptions, lookUp: LookUp): LookUp {
  const limit = new ConcurrencyLimit(options)
  return (hostname) => limit.run(() => lookUp(hostname))
}

/** Concurrent look-ups of one name are one look-up. */
function shared(lookUp: LookUp): LookUp {
  const underWay = new Map<string, Promise<LookupAddress[]>>()
  return (hostname) => {
    const running = underWay.get(hostname)
    if (running) return running
    const started = lookUp(hostname).finally(() => underWay.delete(hostname))
    underWay.set(hostname, started)
    return started
  }
}

/** A failure is cached for a while, unless the cause was the concurrency limit or the stop of the server. */
function cachingFailures(lookUp: LookUp, clock: Clock, stopping: AbortSignal): LookUp {
  const failures = new BoundedMap<string, { readonly error: unknown; readonly until: number }>(mostFailures)
  return async (hostname) => {
    const known = failures.get(hostname)
    if (known && clock() < known.until) throw known.error
    try {
      return await lookUp(hostname)
    } catch (error) {
      if (!stopping.aborted && !(error instanceof Unavailable)) failures.set(hostname, { error, until: clock() + failureLifespan })
      throw error
    }
  }
}

/** Fails if any address is not public, because it is not known here which one a connection will use. */
function vetted(isPublic: (address: string) => boolean, lookUp: LookUp): LookUp {
  return async (hostname) => {
    const addresses = await lookUp(hostname)
    const strange = addresses.find(({ address }) => !isPublic(address))
    if (strange || addresses.length === 0) throw new Error(`${hostname} resolves to ${strange?.address ?? 'nothing'}`)
    return addresses
  }
}
