import type { Operation } from './operation.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'

/** The error format of an endpoint; `errors/` has a table for each. */
export type Face = 'registration' | 'oauth' | 'userinfo' | 'admin' | 'page' | 'plain'

type AnyResponse = Response<string | Uint8Array>

export type Handler = (request: Request) => AnyResponse | Promise<AnyResponse>

/** Runs before the body is read; throws a Refusal where the request must not pass. */
export type Guard = (request: Request) => void

/** What the file of an endpoint exports, as a function of the acts and settings that it needs. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly face: Face
  /** For `/openapi.json`. */
  readonly operation: Operation
  readonly handler: Handler
}

/**
 * Which other origins may call a route (CORS): `none`; `configured`, those of the settings; `clients`, also those that the client of the
 * request registered (`allowed_cors_origins`).
 */
export type Cors = 'none' | 'configured' | 'clients'

export interface Route extends Endpoint {
  readonly guard: Guard
  readonly cors: Cors
}

/** One line of a route table; guard and endpoint are functions of the dependencies. */
export type Line<Deps> = readonly [guard: (deps: Deps) => Guard, cors: Cors, endpoint: (deps: Deps) => Endpoint | readonly Endpoint[]]

type AnyLine = readonly [guard: (deps: never) => Guard, cors: Cors, endpoint: (deps: never) => Endpoint | readonly Endpoint[]]

/** What all guards and endpoints of a table need. */
export type DepsOf<Table extends readonly AnyLine[]> = [Table[number][0 | 2]] extends [(deps: infer Deps) => unknown] ? Deps : never

/** The routes of a table. */
export const routesOf = <Deps>(table: readonly Line<Deps>[], deps: Deps): Route[] =>
  table.flatMap(([guard, cors, endpoint]) => [endpoint(deps)].flat().map((each) => ({ ...each, guard: guard(deps), cors })))

/** The guard of routes that every request may call. */
export const open = (): Guard => () => {}
