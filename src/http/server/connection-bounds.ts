import type { Server } from 'node:http'
import type { DropArgument, Socket } from 'node:net'
import { countedAddress } from '../../lib/address-range.ts'
import type { Live } from '../../lib/live.ts'
import type { ConnectionClosed } from './closed-connections.ts'
import { peerAddress } from './peer-address.ts'

export interface ConnectionBounds {
  /** How many connections the listener has open at most. */
  readonly max: number
  /** How many files and connections the process may have open; undefined where nothing bounds them. */
  readonly openFiles: number | undefined
  readonly perAddress?: AddressBound
}

export interface AddressBound {
  /** How many connections one peer address has at most (IPv6: one /64 network). */
  readonly max: Live<number>
  /** Whether an address is left out, as many callers come from it. */
  readonly isExempt: (address: string) => boolean
}

/** Files and connections that are kept for the other listener, the database and files. */
const reserve = 128

/** As many as are wanted and leave the reserve; half of the limit where that is small. */
export function connectionLimit({ max, openFiles }: Pick<ConnectionBounds, 'max' | 'openFiles'>): number {
  return openFiles === undefined ? max : Math.min(max, Math.max(openFiles - reserve, Math.floor(openFiles / 2)))
}

/** Closes what is above the bounds, before a byte of it is read. */
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
