import { BoundedMap } from '../../lib/bounded-map.ts'

/** How many clients are counted: those that got a token last. */
const mostClients = 10_000

/**
 * Decides when a client's oldest tokens are evicted. An eviction costs a statement, so it happens once for a tenth of the limit, and makes
 * space for the tokens up to the next one. A client never has more tokens than the limit, and an eviction leaves nine tenths of it.
 */
export function evictionSchedule() {
  const issued = new BoundedMap<string, number>(mostClients)
  /**
   * How many tokens the client keeps, this one included; undefined if none is evicted now.
   *
   * @param hash of the token: the count of a client that is not in memory starts with a value that the client cannot choose
   */
  return (clientId: string, most: number, hash: string): number | undefined => {
    const step = Math.max(1, Math.floor(most / 10))
    const count = (issued.get(clientId) ?? hash.charCodeAt(0) % step) + 1
    issued.set(clientId, count % step)
    return count < step ? undefined : most - step + 1
  }
}
