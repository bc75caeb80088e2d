import { type RequestListener, request } from 'node:http'
import { selfSigned } from './certificate.ts'
import { startWebServer } from './web-server.ts'

/** A proxy that terminates TLS for several hosts of one machine, like one in front of a server. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number
  /** The listener that requests for `auth.site.test` are forwarded to: plain HTTP on loopback. */
  target: number
}

/** @param others handles requests for every other host */
export async function startTlsFront(hosts: readonly string[], others: RequestListener): Promise<TlsFront> {
  const front = { target: 0 }
  const web = await startWebServer('127.0.0.1', selfSigned(hosts), (incoming, response) => {
    if (!incoming.headers.host?.startsWith('auth.')) return others(incoming, response)
    const { url, method, headers } = incoming
    const onward = request({ host: '127.0.0.1', port: front.target, path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  return Object.assign(front, { port: web.port, [Symbol.asyncDispose]: () => web[Symbol.asyncDispose]() })
}
