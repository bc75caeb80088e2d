import type { FastifyCorsOptions } from '@fastify/cors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Live } from '../../lib/live.ts'
import type { Request } from './request.ts'

/** Which origins may call a listener, and what a preflight allows them; `origin: false` is none. */
export interface CorsSettings {
  readonly origin: false | '*' | (string | RegExp)[]
  readonly methods?: string[]
  readonly allowedHeaders?: string[]
  readonly exposedHeaders?: string[]
  readonly credentials?: boolean
  /** Seconds. */
  readonly maxAge?: number
}

/** The origins that the client of a request registered (`allowed_cors_origins`). */
export type ClientOrigins = (request: Request) => Promise<readonly string[]>

/**
 * Options for each request. The library answers a preflight; a plain OPTIONS goes on to the route, which lists its methods. The library
 * registers a route for preflights to every other path: those paths do not exist, so the request is answered as such.
 */
export function corsOptions(settings: Live<CorsSettings>) {
  return (request: FastifyRequest, callback: (error: Error | null, options: FastifyCorsOptions) => void) => {
    const isPlainOptions = request.method === 'OPTIONS' && !request.headers['access-control-request-method']
    const isUnknownPath = request.routeOptions.url === '*'
    const ignored = isPlainOptions || isUnknownPath || !request.headers.origin
    const configured = settings()
    // A preflight names no client. The origin is checked with the request that follows.
    const isOpen = isForClients(request) && Array.isArray(configured.origin)
    callback(null, ignored ? { origin: false } : { ...configured, ...(isOpen && { origin: true }), strictPreflight: false })
  }
}

const isForClients = ({ method, routeOptions }: FastifyRequest): boolean =>
  method === 'OPTIONS' && routeOptions.config?.route?.cors === 'clients'

/** Allows an origin that the settings do not list and that the client of the request registered. */
export async function allowClientOrigin(request: Request, reply: FastifyReply, clientOrigins: ClientOrigins): Promise<void> {
  const { origin = '' } = request.headers
  if (reply.hasHeader('access-control-allow-origin') || !(await clientOrigins(request)).includes(origin)) return
  reply.header('access-control-allow-origin', origin).header('vary', 'Origin')
}
