import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Telemetry } from '../../lib/telemetry.ts'
import { isClosing } from './request-bounds.ts'
import type { HeadFault } from './request-head.ts'

/** Answers bytes that are not a request: not HTTP, or with a head that is too large or too slow. Closes the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex, requestId: string, telemetry: Telemetry): void {
  // Bytes after the last request of a connection are not answered, and must not cut off its response.
  if (socket.writableEnded || isClosing(socket)) return void closeSoon(socket)
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = statusOf(error.code)
  tell(telemetry, requestId, error.code ?? 'unreadable', status)
  end(socket, status, requestId, sentences[status])
}

/** This is not a proxy (RFC 9110 §9.3.6). Node hands over the bare connection, and would close it without a response. */
export function answerConnect(socket: Duplex, requestId: string, telemetry: Telemetry): void {
  if (isClosing(socket)) return void closeSoon(socket)
  tell(telemetry, requestId, 'CONNECT', 405)
  end(socket, 405, requestId, 'This is not a proxy.', 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n')
}

/** Refuses a request by its head, before the framework sees it. The response is sent after those of earlier requests. */
export function refuseHead(response: ServerResponse, reason: HeadFault | 'expectation', requestId: string, telemetry: Telemetry): void {
  const [status, sentence] = headRefusals[reason]
  tell(telemetry, requestId, reason, status)
  const body = bodyOf(sentence)
  response.writeHead(status, { 'x-request-id': requestId, 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const headRefusals: Record<HeadFault | 'expectation', readonly [status: number, sentence: string]> = {
  'http-version': [400, 'The HTTP version of the request is neither 1.0 nor 1.1.'],
  'no-host': [400, 'The request has no Host field.'],
  'two-hosts': [400, 'The request has more than one Host field.'],
  'invalid-host': [400, 'The Host field of the request is not valid.'],
  // RFC 9110 §10.1.1
  expectation: [417, 'The only expectation that this server meets is 100-continue.'],
}

function tell({ log, count }: Telemetry, requestId: string, reason: string, status: number): void {
  log('info', 'request refused', { request_id: requestId, reason, status })
  count('request_refused', { face: 'plain', reason: 'unreadable' })
}

type Status = 400 | 408 | 413 | 431

function statusOf(code: string | undefined): Status {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 431
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408
    default:
      return 400
  }
}

const sentences: Record<Status, string> = {
  400: 'This is not a valid HTTP request.',
  408: 'The request did not arrive in time.',
  413: 'The extensions of the chunks are larger than this server accepts.',
  431: 'The header of the request is larger than this server accepts.',
}

const contentType = 'application/json; charset=utf-8'
const bodyOf = (description: string): string => JSON.stringify({ error: 'invalid_request', error_description: description })

/** Milliseconds for the peer to read the response and close its half of the connection; if closed at once, the response could be lost. */
const lingering = 1_000

function end(socket: Duplex, status: number, requestId: string, description: string, headers = ''): void {
  socket.on('error', () => {})
  const body = bodyOf(description)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nX-Request-Id: ${requestId}\r\n${headers}Content-Type: ${contentType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  closeSoon(socket)
}

const closing = new WeakSet<Duplex>()

function closeSoon(socket: Duplex): void {
  if (closing.has(socket)) return
  closing.add(socket)
  const cut = setTimeout(() => socket.destroy(), lingering).unref()
  socket.once('close', () => clearTimeout(cut))
}
