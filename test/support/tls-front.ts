import { type RequestListener, request } from 'node:http'
import { selfSigned } from './certificate.ts'
import { startWebServer } from './web-server.ts'

/** A proxy that ends TLS for several hosts of one machine, as the one in front of a server does. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number
  /** Where `auth.site.test` is answered: a plain listener on loopback. */
  target: number
}

/** @param others answers for every other host */
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
