import type { Operation } from './operation.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'

/** The error format of a route; `errors/` has a table for each. */
export type Face = 'registration' | 'oauth' | 'userinfo' | 'admin' | 'page' | 'plain'

type AnyResponse = Response<string | Uint8Array>

export type Handler = (request: Request) => AnyResponse | Promise<AnyResponse>

/** Runs before the body is read; throws a Refusal where the request must not pass. */
export type Guard = (request: Request) => void

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly face: Face
  readonly guard: Guard
  /** Whether a page of another origin may call it (CORS). */
  readonly cors: boolean
  /** Whether the origins that a client registered may call it, too (`allowed_cors_origins`). */
  readonly clientCors?: true
  readonly handler: Handler
  /** For `/openapi.json`. */
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
