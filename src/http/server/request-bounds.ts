import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ClosedFor, ConnectionClosed } from './closed-connections.ts'
import { peerAddress } from './peer-address.ts'

/** Unanswered requests of one connection. OAuth clients do not pipeline (RFC 9112 §9.3.2 allows closing). */
const maxUnanswered = 16

/** Requests of one connection. */
const maxRequests = 10_000

/** Chunks of one body. Each costs a microsecond and 200 bytes, however small it is; 1 MiB in packets of 1,400 bytes is 749. */
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
 * Counts a request of a connection, and returns whether to handle it. Node reads 64 KiB at once and emits all requests in them, even after
 * the connection is destroyed: the first request above the limit closes the connection, the later ones are ignored.
 */
export function admitRequest(request: IncomingMessage, response: ServerResponse, closed: ConnectionClosed): boolean {
  const socket: Counted = request.socket
  socket[counts] ??= { received: 0, unanswered: 0, isClosing: false }
  const own = socket[counts]
  if (own.isClosing) return false
  if (own.unanswered === maxUnanswered) {
    cut(request.socket, 'pipelining', closed)
    return false
  }
  own.unanswered += 1
  own.received += 1
  response.on('close', answered)
  if (own.received === maxRequests) closeAfter(request, response)
  if (request.headers['transfer-encoding'] !== undefined) boundChunks(request, response, closed)
  return true
}

/** Closes the connection at the first chunk above the limit, whether or not the body is read. */
function boundChunks(request: IncomingMessage, response: ServerResponse, closed: ConnectionClosed): void {
  let chunks = 0
  const push = request.push.bind(request)
  request.push = (chunk, encoding) => {
    if (chunk === null || ++chunks <= maxChunks) return push(chunk, encoding)
    cut(request.socket, 'chunks', closed)
    return false
  }
  // Marks the body as read: Node discards an unread body without calling `push`. So the rest is discarded here, and the next request is read.
  request.read(0)
  response.on('close', () => request.resume())
}

/** Closes a connection at once. Requests in the rest of the 64 KiB that Node has read are ignored. */
function cut(socket: Socket & Counted, reason: ClosedFor, closed: ConnectionClosed): void {
  const own = socket[counts]
  if (!own || socket.destroyed) return
  closed(reason, peerAddress(socket))
  own.isClosing = true
  stopParsing(socket)
  socket.destroy()
}

/**
 * Node's own client returns 2 to tell the parser that no more messages follow. The interface is not documented: where it is missing, all
 * requests in the 64 KiB are created and ignored, which costs some time and memory.
 */
function stopParsing({ parser }: Socket & { parser?: { onIncoming?: () => number } | null }): void {
  if (parser?.onIncoming) parser.onIncoming = () => 2
}

/** Called when a response was handed to the kernel, or when its connection was closed. */
function answered(this: ServerResponse): void {
  const own = (this.req.socket as Counted)[counts]
  if (own) own.unanswered -= 1
}

/** Makes this response the last of its connection. */
export function closeAfter({ socket }: IncomingMessage, response: ServerResponse): void {
  const own = (socket as Counted)[counts]
  if (own) own.isClosing = true
  stopParsing(socket)
  response.setHeader('connection', 'close')
}

/** Whether the last response of the connection is under way. */
export const isClosing = (socket: Counted): boolean => socket[counts]?.isClosing === true

/** Whether the peer waits for a response, or does not read one. */
export const hasUnanswered = (socket: Counted): boolean => (socket[counts]?.unanswered ?? 0) > 0
