import type { Server } from 'node:http'
import type { DropArgument, Socket } from 'node:net'
import { countedAddress } from '../../lib/address-range.ts'
import type { Live } from '../../lib/live.ts'
import type { ConnectionClosed } from './closed-connections.ts'
import { peerAddress } from './peer-address.ts'

export interface ConnectionBounds {
  /** The maximum number of open connections of the listener. */
  readonly max: number
  /** The maximum number of open files and connections of the process; undefined where there is none. */
  readonly openFiles: number | undefined
  readonly perAddress?: AddressBound
}

export interface AddressBound {
  /** The maximum number of connections of one peer address (IPv6: one /64 network). */
  readonly max: Live<number>
  /** Whether an address has no limit, as many callers share it. */
  readonly isExempt: (address: string) => boolean
}

/** Reserved for the other listener, the database and files. */
const reserve = 128

/** The configured maximum, lowered so that the reserve is left; half of the process limit where that limit is small. */
export function connectionLimit({ max, openFiles }: Pick<ConnectionBounds, 'max' | 'openFiles'>): number {
  return openFiles === undefined ? max : Math.min(max, Math.max(openFiles - reserve, Math.floor(openFiles / 2)))
}

/** Closes connections above the limits before a byte is read. */
export function boundConnections(server: Server, bounds: ConnectionBounds, closed: ConnectionClosed): void {
  server.maxConnections = connectionLimit(bounds)
  server.on('drop', (drop?: DropArgument) => closed('full', peerAddress(drop)))
  if (bounds.perAddress) server.on('connection', boundAddresses(bounds.perAddress, closed))
}

function boundAddresses({ max, isExempt }: AddressBound, closed: ConnectionClosed): (socket: Socket) => void {
  const open = new Map<string, number>()
  return (socket) => {
    const address = peerAddress(socket)
    if (address === '' || isExempt(address)) return
    const peer = countedAddress(address)
    const connections = open.get(peer) ?? 0
    if (connections >= max()) {
      closed('address', address)
      return void socket.destroy()
    }
    open.set(peer, connections + 1)
    socket.once('close', () => release(open, peer))
  }
}

function release(open: Map<string, number>, peer: string): void {
  const rest = (open.get(peer) ?? 1) - 1
  if (rest > 0) open.set(peer, rest)
  else open.delete(peer)
}
