import type { IncomingMessage } from 'node:http'
import { type AddressRange, countedAddress, isWithin, plainAddress } from '../../lib/address-range.ts'
import type { Live } from '../../lib/live.ts'
import type { Log } from '../../lib/telemetry.ts'
import { peerAddress } from './peer-address.ts'
import type { Request } from './request.ts'

/** The IP address of the client that sent a message. */
export type ClientAddress = (message: Pick<IncomingMessage, 'headers' | 'socket'>) => string

/**
 * The peer of the socket; where that is a trusted proxy, the rightmost entry of `X-Forwarded-For` that is not a trusted proxy. Any caller
 * can forge the entries left of it. An entry that is not an address ends the search at the proxy that wrote it.
 *
 * @param key the setting that lists the proxies, for the log
 */
export function clientAddress({ trusted, log, key }: { trusted: Live<readonly AddressRange[]>; log: Log; key: string }): ClientAddress {
  let hasWarned = false
  return ({ headers, socket }) => {
    const peer = peerAddress(socket)
    const forwarded = headers['x-forwarded-for']
    if (forwarded === undefined || peer === '') return peer
    const ranges = trusted()
    if (isWithin(ranges, peer)) return rightmostUntrusted(peer, String(forwarded), ranges)
    if (!hasWarned) log('warn', `X-Forwarded-For from an unlisted address is ignored; if it is your proxy, add it to ${key}`, { peer })
    hasWarned = true
    return peer
  }
}

function rightmostUntrusted(peer: string, forwarded: string, trusted: readonly AddressRange[]): string {
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

/** The address by which failed attempts are counted. */
export const countedAddressOf = ({ clientAddress }: Request): string => countedAddress(clientAddress)
