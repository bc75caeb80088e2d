import { BoundedMap } from '../../lib/bounded-map.ts'

/** How many clients are remembered: those that asked for a token last. */
const mostClients = 10_000

/**
 * When a client's own tokens are to make room: not at each one, as that costs a statement, but at one in ten of what the client may have,
 * and then for those to come. So there are never more than that, and never fewer than nine tenths of it live.
 */
export function tokenRoom() {
  const issued = new BoundedMap<string, number>(mostClients)
  /**
   * How many tokens the client is to have left with this one; undefined where nothing needs to go this time.
   *
   * @param hash of the token: a client that is not remembered begins at a place that it cannot choose
   */
  return (clientId: string, most: number, hash: string): number | undefined => {
    const step = Math.max(1, Math.floor(most / 10))
    const count = (issued.get(clientId) ?? hash.charCodeAt(0) % step) + 1
    issued.set(clientId, count % step)
    return count < step ? undefined : most - step + 1
  }
}
