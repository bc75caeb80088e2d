import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Telemetry } from '../lib/telemetry.ts'

/** Answers what never became a request: bytes that are not HTTP, a head that is too large or too slow. The connection ends with it. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex, requestId: string, telemetry: Telemetry): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = statusOf(error.code)
  tell(telemetry, requestId, error.code ?? 'unreadable', status)
  end(socket, status, requestId, sentences[status])
}

/** We are no proxy (RFC 9110 §9.3.6); Node hands over the bare connection, and without an answer would end it and say nothing. */
export function answerConnect(socket: Duplex, requestId: string, telemetry: Telemetry): void {
  tell(telemetry, requestId, 'CONNECT', 405)
  end(socket, 405, requestId, 'This is not a proxy.', 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n')
}

function tell({ log, count }: Telemetry, requestId: string, reason: string, status: number): void {
  log('info', 'request refused', { request_id: requestId, reason, status })
  count('request_refused', { face: 'plain', reason: 'unreadable' })
}

type Status = 400 | 408 | 431

function statusOf(code: string | undefined): Status {
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
}

const sentences: Record<Status, string> = {
  400: 'This is not a valid HTTP request.',
  408: 'The request did not arrive in time.',
  431: 'The header of the request is larger than this server accepts.',
}

function end(socket: Duplex, status: number, requestId: string, description: string, headers = ''): void {
  socket.on('error', () => {})
  const body = JSON.stringify({ error: 'invalid_request', error_description: description })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nX-Request-Id: ${requestId}\r\n${headers}Content-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
