import { METHODS } from 'node:http'
import type { Server } from 'node:net'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { answerError } from '../errors/answer-error.ts'
import { readBody } from './body.ts'
import { listenOnBothLoopbacks } from './both-loopbacks.ts'
import type { ClientAddress } from './client-address.ts'
import type { ConnectionBounds } from './connection-bounds.ts'
import { makeHttpServer, type Timeouts } from './http-server.ts'
import { type Answer, empty, json } from './response.ts'
import type { Face, Guard, Route } from './route.ts'
import { knownMethod, makeSender, type Sender } from './send.ts'
import { type AnsweredRequest, tellAnswered } from './tell-answered.ts'
import { answerUnreadable } from './unreadable-request.ts'

/** Which pages of other origins may call us; `origin: false` is none. */
export type CorsSettings = FastifyCorsOptions

export interface ListenerSettings {
  readonly name: 'public' | 'admin'
  /** How it speaks of errors at a path that it does not know. */
  readonly face: Face
  readonly routes: readonly Route[]
  /** Told the routes once, for `/openapi.json`. */
  readonly describe: (routes: readonly Route[]) => void
  readonly telemetry: Telemetry
  /** What it will listen on, as configured. */
  readonly host: string
  readonly bounds: ConnectionBounds
  /** Absent: the usual ones. */
  readonly timeouts?: Timeouts
  /** Bytes. */
  readonly bodyLimit: number
  readonly cors: Live<CorsSettings>
  /** The origins that the client behind a request registered as its own. */
  readonly clientOrigins?: (request: FastifyRequest) => Promise<readonly string[]>
  /** Whose request it is. */
  readonly addressOf: ClientAddress
  readonly rewriteUrl?: (url: string) => string
  /** Runs before everything else, for every request, known path or not. */
  readonly fence: Guard
  /** Whether requests for `/health/…` are logged. */
  readonly logsHealth: boolean
  /** Told of every answered request. */
  readonly answered: (answered: AnsweredRequest) => void
  /** Begins the trace of a request; undefined where none are kept. */
  readonly begun: ((facts: BegunRequest) => RequestSpan) | undefined
}

interface BegunRequest {
  readonly listener: string
  readonly method: string
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}

interface RequestSpan {
  run<T>(work: () => T): T
  end(facts: { route: string; status: number }): void
}

/** Every method that Node can read; `CONNECT` never comes as a request. */
const methods = METHODS.filter((method) => method !== 'CONNECT')

declare module 'fastify' {
  interface FastifyRequest {
    /** When its head had come, by the monotonic clock, in milliseconds; undefined where the head could not be read. */
    began: number | undefined
    /** Undefined where no traces are kept. */
    span: RequestSpan | undefined
    /** Whose request it is: an IP address; empty where the connection is gone already. */
    clientAddress: string
  }
  interface FastifyContextConfig {
    route?: Pick<Route, 'guard' | 'face' | 'clientCors'>
  }
}

/**
 * A listener for a list of routes. What all of them share stands here: the fence and the guards before the body is read, one way to
 * read a body of any media type, 405 with `Allow`, one log line a request, errors by face.
 */
export function makeListener(settings: ListenerSettings): FastifyInstance {
  const { name, routes, telemetry, rewriteUrl } = settings
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
    // No hook runs for these: a path that cannot be decoded, or with too long a part.
    frameworkErrors: (error, request, reply) => send(request, reply, answerError(error, settings.face, telemetry, request.id)),
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, nextId(), telemetry),
  })
  if (settings.host === 'localhost') closeWith(server, listenOnBothLoopbacks(server.server))
  // Bodies are read by us, and only where a handler wants one. The methods that are not ours are known only to be refused.
  for (const method of methods) server.addHttpMethod(method, { overrideExisting: true, hasBody: false })
  server.decorateRequest('began', undefined)
  server.decorateRequest('span', undefined)
  server.decorateRequest('clientAddress', '')
  server.addHook('onRequest', (request, _reply, done) => {
    request.began = performance.now()
    request.span = begin(request, settings)
    request.clientAddress = settings.addressOf(request)
    settings.fence(request)
    request.routeOptions.config?.route?.guard(request)
    done()
  })
  server.setErrorHandler((error, request, reply) => {
    const face = request.routeOptions.config?.route?.face ?? settings.face
    send(request, reply, answerError(error, face, telemetry, request.id))
  })
  server.setNotFoundHandler((request, reply) => send(request, reply, notFound()))
  const [shared, own] = [routes.filter((route) => route.cors), routes.filter((route) => !route.cors)]
  server.register(async (scope) => {
    await scope.register(cors, () => corsFor(settings.cors))
    // What the library answers by itself: a preflight.
    scope.addHook('onSend', (request, reply, _payload, done) => {
      sender.tell(request, reply.header('x-request-id', request.id).statusCode)
      done()
    })
    mount(scope, shared, settings, sender)
  })
  server.register(async (scope) => mount(scope, own, settings, sender))
  return server
}

function closeWith(server: FastifyInstance, other: Server): void {
  server.addHook('preClose', (done) => {
    other.close()
    done()
  })
}

/** Every request gets an id of its own, so that an answer can be found in the log; nothing of a caller's gets into it. */
function requestIds(listener: string): () => string {
  const start = Date.now().toString(36)
  let count = 0
  return () => `${listener}-${start}-${(++count).toString(36)}`
}

/**
 * A preflight is answered by the library; a plain OPTIONS goes on to the route, which says what it allows. The library's own route
 * takes the preflights for every other path: those are unknown, like the path.
 */
function corsFor(settings: Live<CorsSettings>) {
  return (request: FastifyRequest, callback: (error: Error | null, options: FastifyCorsOptions) => void) => {
    const isPlainOptions = request.method === 'OPTIONS' && !request.headers['access-control-request-method']
    const isUnknownPath = request.routeOptions.url === '*'
    const isNoConcern = isPlainOptions || isUnknownPath || !request.headers.origin
    const ofSettings = settings()
    // A preflight does not say which client it is for: the answer to the request itself is what a page may read, or not.
    const isOpen = isForClients(request) && Array.isArray(ofSettings.origin)
    callback(null, isNoConcern ? { origin: false } : { ...ofSettings, ...(isOpen && { origin: true }), strictPreflight: false })
  }
}

const isForClients = ({ method, routeOptions }: FastifyRequest): boolean =>
  method === 'OPTIONS' && routeOptions.config?.route?.clientCors === true

/** Puts a list of routes into a scope. */
function mount(scope: FastifyInstance, routes: readonly Route[], { bodyLimit, clientOrigins }: ListenerSettings, { send }: Sender): void {
  for (const { method, path, guard, face, clientCors, handler } of routes) {
    const takesBody = method !== 'GET'
    scope.route({
      method,
      url: path,
      config: { route: { guard, face, ...(clientCors && { clientCors }) } },
      handler: async (request, reply) => {
        if (takesBody) request.body = await readBody(request.raw, bodyLimit)
        if (clientCors && clientOrigins && request.headers.origin) await allowOwnOrigin(request, reply, clientOrigins)
        send(request, reply, await (request.span ? request.span.run(() => handler(request)) : handler(request)))
      },
    })
  }
  for (const path of new Set(routes.map((route) => route.path))) mountOtherMethods(scope, path, routes, send)
}

/** Where the settings do not allow the origin of a page, the client that it speaks for may have registered it. */
async function allowOwnOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  clientOrigins: (request: FastifyRequest) => Promise<readonly string[]>,
): Promise<void> {
  const { origin = '' } = request.headers
  if (reply.hasHeader('access-control-allow-origin') || !(await clientOrigins(request)).includes(origin)) return
  reply.header('access-control-allow-origin', origin).header('vary', 'Origin')
}

/** RFC 9110 §15.5.6: a known path says which methods it has, to OPTIONS with 204 and to the others with 405. */
function mountOtherMethods(scope: FastifyInstance, path: string, routes: readonly Route[], send: Sender['send']): void {
  const here = routes.filter((route) => route.path === path)
  const [{ guard, face, clientCors }] = here as [Route]
  const offered = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const allow = [...offered, 'OPTIONS'].join(', ')
  const config = { route: { guard, face, ...(clientCors && { clientCors }) } }
  scope.route({ method: 'OPTIONS', url: path, config, handler: (request, reply) => send(request, reply, empty(204, { allow })) })
  const rest = methods.filter((method) => method !== 'OPTIONS' && !offered.includes(method))
  scope.route({
    method: rest,
    url: path,
    config,
    exposeHeadRoute: false,
    handler: (request, reply) => send(request, reply, methodNotAllowed(allow)),
  })
}

function methodNotAllowed(allow: string): Answer {
  return json(405, { error: 'invalid_request', error_description: `This method is not offered here; use one of ${allow}.` }, { allow })
}

/** Hydra's answer to a path that it does not know. */
function notFound(): Answer {
  const reason = 'The requested route does not exist. Make sure you are using the right path, domain, and port.'
  return json(404, { error: { code: 404, message: 'Not Found', reason } })
}

function begin(request: FastifyRequest, { name, begun }: ListenerSettings): RequestSpan | undefined {
  if (!begun) return undefined
  const [traceparent, tracestate] = [request.headers.traceparent, request.headers.tracestate].map((header) => header?.toString())
  return begun({ listener: name, method: knownMethod(request), traceparent, tracestate })
}
