import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'

/** Somebody's web server, with TLS, on an address of loopback; it counts who connects. */
export interface WebServer extends AsyncDisposable {
  readonly port: number
  connections(): number
}

export async function startWebServer(host: string, certificate: Certificate, listener: RequestListener): Promise<WebServer> {
  let connections = 0
  const server = createServer({ ...certificate }, listener)
  server.on('connection', () => connections++)
  await once(server.listen(0, host), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
