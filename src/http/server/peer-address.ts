import { plainAddress } from '../../lib/address-range.ts'

/** The IP address at the other end of a connection; empty where the connection is already closed. */
export const peerAddress = (socket: { readonly remoteAddress?: string | undefined } = {}): string =>
  plainAddress(socket.remoteAddress ?? '') ?? ''
