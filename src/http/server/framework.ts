import type { FastifyRequest } from 'fastify'
import type { ClientAddress } from './client-address.ts'
import type { Request } from './request.ts'
import type { Route } from './route.ts'

/** The trace of one request. */
export interface RequestSpan {
  run<T>(work: () => T): T
  end(facts: { route: string; status: number }): void
}

declare module 'fastify' {
  interface FastifyRequest {
    /** When its head was complete, by the monotonic clock, in milliseconds; undefined where the head was rejected before any hook. */
    began: number | undefined
    /** Undefined where no traces are recorded. */
    span: RequestSpan | undefined
    /** The same request for guards and handlers; undefined where the head was rejected before any hook. */
    seen: (Request & { body: Buffer }) | undefined
  }
  interface FastifyContextConfig {
    route?: Pick<Route, 'guard' | 'face' | 'cors'>
  }
}

const noBody = Buffer.alloc(0)

/** The framework's request as ours. */
export function requestOf(request: FastifyRequest, addressOf: ClientAddress): Request & { body: Buffer } {
  return {
    id: request.id,
    method: request.method,
    url: request.url,
    headers: request.headers,
    route: request.routeOptions.url ?? '',
    params: request.params as Request['params'],
    query: request.query as Request['query'],
    clientAddress: addressOf(request.raw),
    body: noBody,
  }
}
