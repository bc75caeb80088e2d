import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionClosed } from './closed-connections.ts'
import { peerAddress } from './peer-address.ts'

/** Requests of one connection that are not answered yet. No OAuth client pipelines (RFC 9112 §9.3.2 lets a server close). */
const maxUnanswered = 16

/** Requests of one connection in all. */
const maxRequests = 10_000

/** Pieces of one chunked body. Each costs a microsecond and 200 bytes, however small it is; 1 MiB in packets of 1,400 bytes is 749. */
const maxChunks = 1_024

const counts = Symbol('requests of this connection')

interface Counts {
  received: number
  unanswered: number
  /** No request after this is handled (RFC 9112 §9.6). */
  isClosing: boolean
}

type Counted = Duplex & { [counts]?: Counts }

/**
 * Counts a request against its connection, and says whether to handle it. Node reads 64 KiB at once and emits all requests in them,
 * whatever is done to the connection meanwhile: the first one too many closes it, the others are left alone.
 */
export function admitRequest(request: IncomingMessage, response: ServerResponse, closed: ConnectionClosed): boolean {
  const socket: Counted = request.socket
  socket[counts] ??= { received: 0, unanswered: 0, isClosing: false }
  const own = socket[counts]
  if (own.isClosing) return false
  if (own.unanswered === maxUnanswered) {
    cut(request.socket, () => closed('pipelining', addressOf(request)))
    return false
  }
  own.unanswered += 1
  own.received += 1
  response.on('close', answered)
  if (own.received === maxRequests) closeAfter(request, response)
  if (request.headers['transfer-encoding'] !== undefined) boundChunks(request, response, closed)
  return true
}

/** Closes the connection at the first chunk too many, whether or not the body is read. */
function boundChunks(request: IncomingMessage, response: ServerResponse, closed: ConnectionClosed): void {
  let chunks = 0
  const push = request.push.bind(request)
  request.push = (chunk, encoding) => {
    if (chunk === null || ++chunks <= maxChunks) return push(chunk, encoding)
    cut(request.socket, () => closed('chunks', addressOf(request)))
    return false
  }
  // Counts as begun to be read: Node drops a body that was not, without a call to `push`. So we drop what is left, and the next request is read.
  request.read(0)
  response.on('close', () => request.resume())
}

const addressOf = ({ socket }: IncomingMessage): string => peerAddress(socket)

/** Closes a connection at once. What is left of the 64 KiB that Node has read is parsed and left alone. */
function cut(socket: Socket & Counted, tell: () => void): void {
  const own = socket[counts]
  if (!own || socket.destroyed) return
  tell()
  own.isClosing = true
  stopParsing(socket)
  socket.destroy()
}

/**
 * The answer 2 is how Node's own client tells the parser that no more requests follow. It is no documented interface: where it is
 * missing, all requests in the 64 KiB are made only to be left alone, which takes time and memory for a moment.
 */
function stopParsing({ parser }: Socket & { parser?: { onIncoming?: () => number } | null }): void {
  if (parser?.onIncoming) parser.onIncoming = () => 2
}

/** Of a response: it has left for the kernel, or never will. */
function answered(this: ServerResponse): void {
  const own = (this.req.socket as Counted)[counts]
  if (own) own.unanswered -= 1
}

/** Makes this answer the last of its connection. */
export function closeAfter({ socket }: IncomingMessage, response: ServerResponse): void {
  const own = (socket as Counted)[counts]
  if (own) own.isClosing = true
  stopParsing(socket)
  response.setHeader('connection', 'close')
}

/** Whether the answer that ends the connection is on its way. */
export const isClosing = (socket: Counted): boolean => socket[counts]?.isClosing === true

/** Whether the peer waits for an answer, or does not read the one it has got. */
export const hasUnanswered = (socket: Counted): boolean => (socket[counts]?.unanswered ?? 0) > 0
