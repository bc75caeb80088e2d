import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Telemetry } from '../../lib/telemetry.ts'
import { connectionClosed } from './closed-connections.ts'
import { boundConnections, type ConnectionBounds } from './connection-bounds.ts'
import { peerAddress } from './peer-address.ts'
import { admitRequest, closeAfter, hasUnanswered } from './request-bounds.ts'
import { headFault } from './request-head.ts'
import { answerConnect, refuseHead } from './unreadable-request.ts'

export interface HttpServerSettings {
  readonly name: 'public' | 'admin'
  readonly bounds: ConnectionBounds
  readonly timeouts?: Timeouts
  readonly telemetry: Telemetry
  readonly nextId: () => string
}

/** Milliseconds. */
export interface Timeouts {
  /** From the first byte of a request, or from the start of the connection, to the end of its head. */
  readonly head: number
  /** From the same moment to the end of its body. */
  readonly request: number
  /** Between two checks of the first two. */
  readonly check: number
  /** Without a byte in either direction, while a response is not read. */
  readonly stalled: number
  /** Without a request, on an idle connection. */
  readonly idle: number
}

const usualTimeouts: Timeouts = { head: 10_000, request: 30_000, check: 1_000, stalled: 30_000, idle: 65_000 }

/** The server of `node:http` under a listener, with its limits: requests above them never reach the framework. */
export function makeHttpServer(handle: RequestListener, settings: HttpServerSettings): Server {
  const { name, bounds, timeouts = usualTimeouts, telemetry, nextId } = settings
  const server = createServer({
    headersTimeout: timeouts.head,
    requestTimeout: timeouts.request,
    connectionsCheckingInterval: timeouts.check,
    keepAliveTimeout: timeouts.idle,
    // `headFault` checks it, so that the response has a request id.
    requireHostHeader: false,
  })
  const closed = connectionClosed(telemetry, name)
  boundConnections(server, bounds, closed)
  tellLowered(server.maxConnections, settings)
  server.setTimeout(timeouts.stalled, (socket: Socket) => {
    if (hasUnanswered(socket)) closed('stalled', peerAddress(socket))
    socket.destroy()
  })

  const refuse = (response: ServerResponse, reason: Parameters<typeof refuseHead>[1]): void => {
    closeAfter(response.req, response)
    refuseHead(response, reason, nextId(), telemetry)
  }
  const admitted =
    (pass: RequestListener): RequestListener =>
    (request, response) => {
      if (!admitRequest(request, response, closed)) return
      const fault = headFault(request)
      if (fault === undefined) pass(request, response)
      else refuse(response, fault)
    }
  server.on('request', admitted(handle))
  server.on(
    'checkContinue',
    admitted((request, response) => {
      response.writeContinue()
      handle(request, response)
    }),
  )
  server.on(
    'checkExpectation',
    admitted((_request, response) => refuse(response, 'expectation')),
  )
  server.on('connect', (_request, socket) => answerConnect(socket, nextId(), telemetry))
  return server
}

function tellLowered(max: number, { name, bounds, telemetry }: HttpServerSettings): void {
  if (max === bounds.max) return
  const facts = { listener: name, max, open_files: bounds.openFiles }
  telemetry.log('warn', `the limit of open files lowers serve.${name}.max_connections`, facts)
}
