import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'

/**
 * `localhost` is two addresses on most machines, and a server listens on one of them: what connects to the other is handed to it.
 *
 * @returns a server that stands in at the other address, where the machine has it; to be closed with the first
 */
export function listenOnBothLoopbacks(server: Server): NetServer {
  const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket))
  other.on('drop', (drop) => server.emit('drop', drop))
  // No such address, or the port is taken there.
  other.on('error', () => {})
  server.once('listening', () => {
    const { port, family } = server.address() as AddressInfo
    other.maxConnections = server.maxConnections
    other.listen(port, family === 'IPv6' ? '127.0.0.1' : '::1')
  })
  return other
}
