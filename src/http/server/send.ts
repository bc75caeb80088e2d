import type { FastifyReply, FastifyRequest } from 'fastify'
import { peerAddress } from './peer-address.ts'
import type { Response } from './response.ts'
import type { AnsweredRequest } from './tell-answered.ts'

export interface Sender {
  send(request: FastifyRequest, reply: FastifyReply, response: Response<string | Uint8Array>): void
  /** The last step of `send`; for responses that are sent otherwise. */
  tell(request: FastifyRequest, status: number): void
}

/** The methods that metrics name; a caller can send any other word. */
const countedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
export const knownMethod = ({ method }: FastifyRequest): string => (countedMethods.includes(method) ? method : 'unknown')

/** Sends the responses of one listener as they are: the framework adds only the headers of CORS. */
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
      // Where the head was rejected no header was read; the peer is all that is known.
      remoteAddress: request.seen?.clientAddress || peerAddress(request.raw.socket),
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
      // A server that stops waits for its connections: one that is kept alive would delay it until the connection is cut.
      if (!reply.server.server.listening) fields.connection = 'close'
      // The reply is taken from the framework only once the head is written: if that throws, the error handler answers.
      reply.raw.writeHead(status, fields)
      reply.hijack()
      // A string is sent with its head in one packet and one system call.
      reply.raw.end(body)
      tell(request, status)
    },
  }
}
