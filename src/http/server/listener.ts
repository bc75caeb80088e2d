import type { Server } from 'node:net'
import cors from '@fastify/cors'
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { listenOnBothLoopbacks } from './both-loopbacks.ts'
import type { ClientAddress } from './client-address.ts'
import type { ConnectionBounds } from './connection-bounds.ts'
import { type ClientOrigins, type CorsSettings, corsOptions } from './cors.ts'
import { type RequestSpan, requestOf } from './framework.ts'
import { makeHttpServer, type Timeouts } from './http-server.ts'
import { mountRoutes, parsedMethods } from './mount-routes.ts'
import { json, type Response } from './response.ts'
import type { Face, Guard, Route } from './route.ts'
import { knownMethod, makeSender } from './send.ts'
import { type AnsweredRequest, tellAnswered } from './tell-answered.ts'
import { answerUnreadable } from './unreadable-request.ts'

export interface ListenerSettings {
  readonly name: 'public' | 'admin'
  /** The error format for paths without a route. */
  readonly face: Face
  readonly routes: readonly Route[]
  /** Called once with the routes, for `/openapi.json`. */
  readonly describe: (routes: readonly Route[]) => void
  readonly answerError: (error: unknown, face: Face, telemetry: Telemetry, requestId: string) => Response
  readonly telemetry: Telemetry
  /** The configured host. */
  readonly host: string
  readonly bounds: ConnectionBounds
  /** Absent: the defaults. */
  readonly timeouts?: Timeouts
  /** Bytes. */
  readonly bodyLimit: number
  readonly cors: Live<CorsSettings>
  readonly clientOrigins?: ClientOrigins
  readonly addressOf: ClientAddress
  readonly rewriteUrl?: (url: string) => string
  /** Runs first for every request, with or without a route. */
  readonly fence: Guard
  /** Whether requests for `/health/…` are logged. */
  readonly logsHealth: boolean
  /** Called for every answered request. */
  readonly answered: (answered: AnsweredRequest) => void
  /** Begins the trace of a request; undefined where no traces are recorded. */
  readonly begun: ((facts: BegunRequest) => RequestSpan) | undefined
}

interface BegunRequest {
  readonly listener: string
  readonly method: string
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}

/** What the process does with a listener. */
export type Listener = Pick<FastifyInstance, 'listen' | 'close' | 'server' | 'inject'>

/**
 * A listener for a list of routes, with what all routes share: the fence and the guards run before the body is read, a body of any media
 * type is read in one way, other methods are 405 with `Allow`, each request is one log line, and the route's face decides the error format.
 */
export function makeListener(settings: ListenerSettings): Listener {
  const { name, routes, telemetry, rewriteUrl, answerError } = settings
  settings.describe(routes)
  const nextId = requestIds(name)
  const sender = makeSender(name, tellAnswered({ log: telemetry.log, logsHealth: settings.logsHealth, count: settings.answered }))
  const { send } = sender
  const server = fastify({
    serverFactory: (handle) => makeHttpServer(handle, { ...settings, nextId }),
    genReqId: nextId,
    rewriteUrl: ({ url = '/' }) => rewriteUrl?.(url) ?? url,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    // No hook runs for these errors: a path that cannot be decoded, or with a parameter that is too long.
    frameworkErrors: (error, request, reply) => send(request, reply, answerError(error, settings.face, telemetry, request.id)),
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, nextId(), telemetry),
  })
  if (settings.host === 'localhost') closeWith(server, listenOnBothLoopbacks(server.server))
  // We read bodies ourselves, where a handler needs one. Methods that no route has are registered only to be answered with 405.
  for (const method of parsedMethods) server.addHttpMethod(method, { overrideExisting: true, hasBody: false })
  server.decorateRequest('began', undefined)
  server.decorateRequest('span', undefined)
  server.decorateRequest('seen', undefined)
  server.addHook('onRequest', (request, _reply, done) => {
    request.began = performance.now()
    request.span = begin(request, settings)
    const seen = requestOf(request, settings.addressOf)
    request.seen = seen
    settings.fence(seen)
    request.routeOptions.config?.route?.guard(seen)
    done()
  })
  server.setErrorHandler((error, request, reply) => {
    const face = request.routeOptions.config?.route?.face ?? settings.face
    send(request, reply, answerError(error, face, telemetry, request.id))
  })
  server.setNotFoundHandler((request, reply) => send(request, reply, notFound()))
  const [shared, own] = [routes.filter(({ cors }) => cors !== 'none'), routes.filter(({ cors }) => cors === 'none')]
  server.register(async (scope) => {
    await scope.register(cors, () => corsOptions(settings.cors))
    // A preflight, which the library answers itself.
    scope.addHook('onSend', (request, reply, _payload, done) => {
      sender.tell(request, reply.header('x-request-id', request.id).statusCode)
      done()
    })
    mountRoutes(scope, shared, settings, sender)
  })
  server.register(async (scope) => mountRoutes(scope, own, settings, sender))
  return server
}

function closeWith(server: FastifyInstance, other: Server): void {
  server.addHook('preClose', (done) => {
    other.close()
    done()
  })
}

/** A new id for each request, by which its response is found in the log; it contains nothing that the caller sent. */
function requestIds(listener: string): () => string {
  const start = Date.now().toString(36)
  let count = 0
  return () => `${listener}-${start}-${(++count).toString(36)}`
}

/** Hydra's answer to a path without a route. */
function notFound(): Response {
  const reason = 'The requested route does not exist. Make sure you are using the right path, domain, and port.'
  return json(404, { error: { code: 404, message: 'Not Found', reason } })
}

function begin(request: FastifyRequest, { name, begun }: ListenerSettings): RequestSpan | undefined {
  if (!begun) return undefined
  const [traceparent, tracestate] = [request.headers.traceparent, request.headers.tracestate].map((header) => header?.toString())
  return begun({ listener: name, method: knownMethod(request), traceparent, tracestate })
}
