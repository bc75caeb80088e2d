import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'
import { Places } from './places.ts'
import { resolveName } from './resolve-name.ts'
import { Unavailable } from './unavailable.ts'

/**
 * Every address of a name.
 *
 * @throws Unavailable where too many names are being looked up
 */
export type LookUp = (hostname: string) => Promise<LookupAddress[]>

/** How the name in a URL is looked up, by who chose the URL and what the fence says of it. */
export interface LookUps extends Disposable {
  /** A stranger's, inside the fence: name servers only, and every address is vetted. */
  readonly fenced: LookUp
  /** A stranger's, for which the operator opened the fence: as the system does, /etc/hosts included. */
  readonly exempt: LookUp
  /** The operator's own: as the system does. */
  readonly operator: LookUp
}

export interface LookUpDeps {
  readonly isPublic: (address: string) => boolean
  readonly clock: Clock
  /** The name servers to ask, in place of the system's. */
  readonly servers?: readonly string[] | undefined
  /** In place of `dns.lookup`. */
  readonly system?: LookUp | undefined
}

/** `patience` in milliseconds: a full set of silent look-ups must not use up the time that a fetch has. */
const fencedPlaces = { what: 'name look-ups', atOnce: 32, waiting: 64, patience: 1_000 }
/** `dns.lookup` occupies one of the four threads of libuv and cannot be cancelled: two remain for the operator's names and for files. */
const exemptPlaces = { what: 'name look-ups', atOnce: 2, waiting: 64, patience: 1_000 }

/** How long a failed look-up is remembered, in milliseconds, and how many of them. */
const rest = 10_000
const mostFailures = 256

export function makeLookUps({ isPublic, clock, servers, system = lookUpBySystem }: LookUpDeps): LookUps {
  const stopping = new AbortController()
  const { signal } = stopping
  const fenced = inPlaces(fencedPlaces, (hostname) => resolveName(hostname, { servers, signal }))
  return {
    fenced: vetted(isPublic, shared(rememberingFailures(fenced, clock, signal))),
    exempt: shared(inPlaces(exemptPlaces, system)),
    operator: shared(system),
    [Symbol.dispose]: () => stopping.abort(),
  }
}

const lookUpBySystem: LookUp = (hostname) =>
  new Promise((resolve, reject) =>
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  )

function inPlaces(limits: ConstructorParameters<typeof Places>[0], lookUp: LookUp): LookUp {
  const places = new Places(limits)
  return (hostname) => places.run(() => lookUp(hostname))
}

/** Callers that need one name at the same time share one look-up. */
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

/** A name that failed fails again at once for a while. That there was no place, or that the server stops, is no failure of the name. */
function rememberingFailures(lookUp: LookUp, clock: Clock, stopping: AbortSignal): LookUp {
  const failures = new BoundedMap<string, { readonly error: unknown; readonly until: number }>(mostFailures)
  return async (hostname) => {
    const known = failures.get(hostname)
    if (known && clock() < known.until) throw known.error
    try {
      return await lookUp(hostname)
    } catch (error) {
      if (!stopping.aborted && !(error instanceof Unavailable)) failures.set(hostname, { error, until: clock() + rest })
      throw error
    }
  }
}

/** All addresses of a name, or none if one of them is not public: which one a connection would use cannot be known here. */
function vetted(isPublic: (address: string) => boolean, lookUp: LookUp): LookUp {
  return async (hostname) => {
    const addresses = await lookUp(hostname)
    const strange = addresses.find(({ address }) => !isPublic(address))
    if (strange || addresses.length === 0) throw new Error(`${hostname} resolves to ${strange?.address ?? 'nothing'}`)
    return addresses
  }
}
