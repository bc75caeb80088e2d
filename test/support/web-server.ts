import { once } from 'node:events'
import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'

/** A web server of a third party, on a loopback address. It counts connections. */
export interface WebServer extends AsyncDisposable {
  readonly port: number
  /** Without a trailing slash. */
  readonly url: string
  connections(): number
}

/** With TLS. */
export const startWebServer = (host: string, certificate: Certificate, listener: RequestListener): Promise<WebServer> =>
  started(createServer({ ...certificate }, listener), 'https', host)

/** Without TLS, on 127.0.0.1. */
export const startPlainWebServer = (listener: RequestListener): Promise<WebServer> =>
  started(createPlainServer(listener), 'http', '127.0.0.1')

async function started(server: Server, scheme: string, host: string): Promise<WebServer> {
  let connections = 0
  server.on('connection', () => connections++)
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${scheme}://${host}:${port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
