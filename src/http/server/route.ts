import type { FastifyRequest } from 'fastify'
import type { Operation } from './operation.ts'
import type { Answer } from './response.ts'

/** Which family of errors a route answers with; `errors.ts` has one table for each. */
export type Face = 'registration' | 'oauth' | 'userinfo' | 'admin' | 'page' | 'plain'

type AnyAnswer = Answer<string | Uint8Array>

export type Handler = (request: FastifyRequest) => AnyAnswer | Promise<AnyAnswer>

/** Lets a request pass, or throws the Refusal that says why not; runs before the body is read. */
export type Guard = (request: FastifyRequest) => void

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly face: Face
  readonly guard: Guard
  /** Whether a page of another origin may call it (CORS). */
  readonly cors: boolean
  /** Whether a client's own origins may call it, too (`allowed_cors_origins`). */
  readonly clientCors?: true
  readonly handler: Handler
  /** What it does and answers, for `/openapi.json`. */
  readonly operation: Operation
}

/** A line of a route table. */
export type Line = Omit<Route, 'operation'>

/** Joins the lines of a table with what is said of each handler: one that nobody described does not compile. */
export function described<Name extends string>(
  lines: readonly Line[],
  handlers: Readonly<Record<Name, Handler>>,
  operations: Readonly<Record<NoInfer<Name>, Operation>>,
): Route[] {
  const names = new Map(Object.entries<Handler>(handlers).map(([name, handler]) => [handler, name as Name]))
  return lines.map((line) => {
    const name = names.get(line.handler)
    if (name === undefined) throw new Error(`the handler of ${line.method} ${line.path} has no name`)
    return { ...line, operation: operations[name] }
  })
}

export const open: Guard = () => {}

/** The path parameter that Fastify decoded. */
export const pathId = (request: FastifyRequest): string => (request.params as { id: string }).id

/** The same, of a client. No client's id holds a NUL, and not every database can be asked for one. */
export const pathClientId = (request: FastifyRequest): string => pathId(request).replaceAll('\0', '\ufffd')

/** The second path parameter of the routes for one key. */
export const pathKid = (request: FastifyRequest): string => (request.params as { kid: string }).kid

/** A query parameter that was sent once and says something; undefined otherwise. */
export function queryParameter(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, unknown>)[name]
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first !== '' ? first : undefined
}
