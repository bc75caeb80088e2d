import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'

/**
 * `localhost` has two addresses on most machines, and a server listens on one of them. Connections to the other are passed to that server.
 *
 * @returns a server at the other address, where the machine has it; close it together with the first
 */
export function listenOnBothLoopbacks(server: Server): NetServer {
  const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket))
  other.on('drop', (drop) => server.emit('drop', drop))
  // The address does not exist, or its port is in use.
  other.on('error', () => {})
  server.once('listening', () => {
    const { port, family } = server.address() as AddressInfo
    other.maxConnections = server.maxConnections
    other.listen(port, family === 'IPv6' ? '127.0.0.1' : '::1')
  })
  return other
}
