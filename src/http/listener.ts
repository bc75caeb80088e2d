import { METHODS } from 'node:http'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Live } from '../lib/live.ts'
import type { Telemetry } from '../lib/telemetry.ts'
import { type Answer, empty, json } from './answer.ts'
import type { ClientAddress } from './client-address.ts'
import { answerError } from './errors.ts'
import type { Face, Guard, Route } from './route.ts'
import { answerConnect, answerUnreadable } from './unreadable-request.ts'

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
  /** Told of every answered request. `route` is the pattern of the table, `unknown` where none fits; so is the method. */
  readonly answered: (facts: { listener: string; route: string; method: string; status: number; seconds: number }) => void
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
const ours = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Milliseconds: a request that has not arrived by then, or a connection that has been idle so long, is closed. */
const requestTimeout = 30_000
const keepAliveTimeout = 65_000

declare module 'fastify' {
  interface FastifyRequest {
    /** The media type of the body, in lower case, without parameters; empty where none was sent. */
    bodyMediaType: string
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
 * A listener for a list of routes. What all of them share stands here: the fence and the guards before the body is read, one body
 * parser for every media type, 405 with `Allow`, one log line a request, errors by face.
 */
export function makeListener(settings: ListenerSettings): FastifyInstance {
  const { routes, telemetry } = settings
  settings.describe(routes)
  const nextId = requestIds(settings.name)
  const logAnswered = logRequest(settings)
  const server = fastify({
    bodyLimit: settings.bodyLimit,
    requestTimeout,
    keepAliveTimeout,
    genReqId: nextId,
    rewriteUrl: (request) => settings.rewriteUrl?.(request.url ?? '/') ?? request.url ?? '/',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    // No hook runs for these: a path that cannot be decoded, or with too long a part.
    frameworkErrors(error, request, reply) {
      send(reply.header('x-request-id', request.id), answerError(error, settings.face, telemetry, request.id))
      logAnswered(request, reply)
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, nextId(), telemetry),
  })
  server.server.on('connect', (_request, socket) => answerConnect(socket, nextId(), telemetry))
  // The others are known only to be refused, before a body is read.
  for (const method of methods) if (!ours.includes(method)) server.addHttpMethod(method, { overrideExisting: true })
  server.decorateRequest('bodyMediaType', '')
  server.decorateRequest('span', undefined)
  server.decorateRequest('clientAddress', '')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  server.addHook('onRequest', (request, reply, done) => {
    request.span = begin(request, settings)
    takeMediaType(request)
    request.clientAddress = settings.addressOf(request)
    reply.header('x-request-id', request.id)
    settings.fence(request)
    request.routeOptions.config?.route?.guard(request)
    done()
  })
  server.addHook('onResponse', (request, reply, done) => {
    logAnswered(request, reply)
    done()
  })
  server.setErrorHandler((error, request, reply) => {
    send(reply, answerError(error, request.routeOptions.config?.route?.face ?? settings.face, telemetry, request.id))
  })
  server.setNotFoundHandler((_request, reply) => send(reply, notFound()))
  const [shared, own] = [routes.filter((route) => route.cors), routes.filter((route) => !route.cors)]
  server.register(async (scope) => {
    await scope.register(cors, () => corsFor(settings.cors))
    mount(scope, shared, settings.clientOrigins)
  })
  server.register(async (scope) => mount(scope, own))
  return server
}

/** Every request gets an id of its own, so that an answer can be found in the log; nothing of a caller's gets into it. */
function requestIds(listener: string): () => string {
  const start = Date.now().toString(36)
  let count = 0
  return () => `${listener}-${start}-${(++count).toString(36)}`
}

/** Fastify would answer 415 to a header that it cannot parse; we read the body whatever the header says. */
function takeMediaType(request: FastifyRequest): void {
  const { headers } = request.raw
  const sent = headers['content-type']
  if (sent === undefined) return
  request.bodyMediaType = (sent.split(';')[0] ?? '').trim().toLowerCase()
  headers['content-type'] = 'application/octet-stream'
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

function mount(scope: FastifyInstance, routes: readonly Route[], clientOrigins?: ListenerSettings['clientOrigins']): void {
  for (const { method, path, guard, face, clientCors, handler } of routes) {
    scope.route({
      method,
      url: path,
      config: { route: { guard, face, ...(clientCors && { clientCors }) } },
      handler: async (request, reply) => {
        if (clientCors && clientOrigins && request.headers.origin) await allowOwnOrigin(request, reply, clientOrigins)
        return send(reply, await (request.span ? request.span.run(() => handler(request)) : handler(request)))
      },
    })
  }
  for (const path of new Set(routes.map((route) => route.path))) mountOtherMethods(scope, path, routes)
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
function mountOtherMethods(scope: FastifyInstance, path: string, routes: readonly Route[]): void {
  const here = routes.filter((route) => route.path === path)
  const [{ guard, face, clientCors }] = here as [Route]
  const offered = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const allow = [...offered, 'OPTIONS'].join(', ')
  const config = { route: { guard, face, ...(clientCors && { clientCors }) } }
  scope.route({ method: 'OPTIONS', url: path, config, handler: (_request, reply) => send(reply, empty(204, { allow })) })
  const rest = methods.filter((method) => method !== 'OPTIONS' && !offered.includes(method))
  scope.route({
    method: rest,
    url: path,
    config,
    exposeHeadRoute: false,
    handler: (_request, reply) => send(reply, methodNotAllowed(allow)),
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

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  reply.code(status).headers(headers)
  // A server that is stopping waits for its connections: one that was kept alive would hold it until it is cut.
  if (!reply.server.server.listening) reply.header('connection', 'close')
  // Fastify would complete Hydra's bare `application/json` with a charset if it were given a text.
  return reply.send(headers['content-type'] === 'application/json' ? Buffer.from(body ?? '') : body)
}

const knownMethod = ({ method }: FastifyRequest): string => (ours.includes(method) ? method : 'unknown')

function begin(request: FastifyRequest, { name, begun }: ListenerSettings): RequestSpan | undefined {
  if (!begun) return undefined
  const [traceparent, tracestate] = [request.headers.traceparent, request.headers.tracestate].map((header) => header?.toString())
  return begun({ listener: name, method: knownMethod(request), traceparent, tracestate })
}

function logRequest({ name, telemetry, logsHealth, answered }: ListenerSettings) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const [route, status] = [request.routeOptions.url ?? 'unknown', reply.statusCode]
    answered({ listener: name, route, method: knownMethod(request), status, seconds: reply.elapsedTime / 1000 })
    request.span?.end({ route, status })
    const path = loggedPath(request.url)
    if (logsHealth || !path.startsWith('/health/')) {
      telemetry.log('info', 'request', {
        listener: name,
        request_id: request.id,
        method: request.method,
        path,
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
        // Where the head could not be read nothing was looked at, and the peer is all there is.
        remote_address: request.clientAddress || request.ip.replace(/^::ffff:/, ''),
      })
    }
  }
}

/** The path, without the query: people put secrets there. */
function loggedPath(url: string): string {
  const [path = ''] = url.split('?', 1)
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}
