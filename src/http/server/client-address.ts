import type { FastifyRequest } from 'fastify'
import { type AddressRange, countedAddress, isWithin, plainAddress } from '../../lib/address-range.ts'
import type { Live } from '../../lib/live.ts'
import type { Log } from '../../lib/telemetry.ts'

/** Whose request it is, by address. */
export type ClientAddress = (request: FastifyRequest) => string

/**
 * The socket's peer; where that is a proxy of the operator's, the rightmost entry of `X-Forwarded-For` that is not. What stands left
 * of that entry anybody could have written. An entry that is no address ends the search at the proxy that wrote it down.
 *
 * @param key the setting that lists the proxies, for the log
 */
export function clientAddress({ trusted, log, key }: { trusted: Live<readonly AddressRange[]>; log: Log; key: string }): ClientAddress {
  let hasWarned = false
  return ({ raw }) => {
    const peer = plainAddress(raw.socket.remoteAddress ?? '') ?? ''
    const forwarded = raw.headers['x-forwarded-for']
    if (forwarded === undefined || peer === '') return peer
    const ranges = trusted()
    if (isWithin(ranges, peer)) return rightmostStranger(peer, String(forwarded), ranges)
    if (!hasWarned) log('warn', `X-Forwarded-For from an unlisted address is ignored; if it is your proxy, add it to ${key}`, { peer })
    hasWarned = true
    return peer
  }
}

function rightmostStranger(peer: string, forwarded: string, trusted: readonly AddressRange[]): string {
  let nearest = peer
  for (const entry of forwarded.split(',').reverse()) {
    const address = plainAddress(withoutPort(entry.trim()))
    if (address === undefined) return nearest
    nearest = address
    if (!isWithin(trusted, address)) return address
  }
  return nearest
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
const withoutPort = (entry: string): string => /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry.replace(/^([\d.]+):\d+$/, '$1')

/** What the failures of this request's sender are counted by. */
export const countedAddressOf = ({ clientAddress }: FastifyRequest): string => countedAddress(clientAddress)
