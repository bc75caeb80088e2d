import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from './response.ts'
import type { AnsweredRequest } from './tell-answered.ts'

export interface Sender {
  send(request: FastifyRequest, reply: FastifyReply, answer: Answer<string | Uint8Array>): void
  /** What `send` does at its end; for answers that leave by another way. */
  tell(request: FastifyRequest, status: number): void
}

/** Every method of ours; the others are unknown to the metrics, as anybody can make them up. */
const ours = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
export const knownMethod = ({ method }: FastifyRequest): string => (ours.includes(method) ? method : 'unknown')

/** How the answers of one listener leave: as they stand, with nothing of the framework's added but what CORS put there. */
export function makeSender(listener: AnsweredRequest['listener'], answered: (answered: AnsweredRequest) => void): Sender {
  const tell = (request: FastifyRequest, status: number): void => {
    const route = request.routeOptions.url ?? 'unknown'
    request.span?.end({ route, status })
    answered({
      listener,
      requestId: request.id,
      method: request.method,
      knownMethod: knownMethod(request),
      url: request.url,
      route,
      status,
      seconds: request.began === undefined ? 0 : (performance.now() - request.began) / 1000,
      // Where the head could not be read nothing was looked at, and the peer is all there is, if it has not gone.
      remoteAddress: request.clientAddress || (request.raw.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    })
  }
  return {
    tell,
    send(request, reply, { status, headers, body = '' }) {
      const fields: Record<string, number | string | string[] | undefined> = {
        ...reply.getHeaders(),
        'x-request-id': request.id,
        ...headers,
      }
      if (status !== 204) fields['content-length'] = Buffer.byteLength(body)
      // A server that is stopping waits for its connections: one that was kept alive would hold it until it is cut.
      if (!reply.server.server.listening) fields.connection = 'close'
      // Only a head that could be written takes the reply from the framework; what threw is an error for its handler.
      reply.raw.writeHead(status, fields)
      reply.hijack()
      // A text leaves with its head in one packet and one system call.
      reply.raw.end(body)
      tell(request, status)
    },
  }
}
