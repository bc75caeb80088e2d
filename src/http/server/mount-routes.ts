import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { readBody } from './body.ts'
import { allowClientOrigin, type ClientOrigins } from './cors.ts'
import { empty, json, type Response } from './response.ts'
import type { Route } from './route.ts'
import type { Sender } from './send.ts'

/** Every method that Node parses; `CONNECT` never arrives as a request. */
export const parsedMethods = METHODS.filter((method) => method !== 'CONNECT')

interface MountSettings {
  /** Bytes. */
  readonly bodyLimit: number
  readonly clientOrigins?: ClientOrigins
}

/** Registers routes with the framework, and for each path the answer to every other method. */
export function mountRoutes(scope: FastifyInstance, routes: readonly Route[], settings: MountSettings, { send }: Sender): void {
  for (const route of routes) mountRoute(scope, route, settings, send)
  for (const path of new Set(routes.map((route) => route.path))) mountOtherMethods(scope, path, routes, send)
}

function mountRoute(scope: FastifyInstance, route: Route, { bodyLimit, clientOrigins }: MountSettings, send: Sender['send']): void {
  const { method, path, cors, handler } = route
  const hasBody = method !== 'GET'
  scope.route({
    method,
    url: path,
    config: configOf(route),
    handler: async (request, reply) => {
      const { span } = request
      const seen = request.seen as NonNullable<typeof request.seen>
      if (hasBody) seen.body = await readBody(request.raw, bodyLimit)
      if (cors === 'clients' && clientOrigins && seen.headers.origin) await allowClientOrigin(seen, reply, clientOrigins)
      send(request, reply, await (span ? span.run(() => handler(seen)) : handler(seen)))
    },
  })
}

const configOf = ({ guard, face, cors }: Route) => ({ route: { guard, face, cors } })

/** RFC 9110 §15.5.6: a known path lists its methods, to OPTIONS with 204 and to the others with 405. */
function mountOtherMethods(scope: FastifyInstance, path: string, routes: readonly Route[], send: Sender['send']): void {
  const here = routes.filter((route) => route.path === path)
  const offered = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const allow = [...offered, 'OPTIONS'].join(', ')
  const config = configOf(here[0] as Route)
  scope.route({ method: 'OPTIONS', url: path, config, handler: (request, reply) => send(request, reply, empty(204, { allow })) })
  const rest = parsedMethods.filter((method) => method !== 'OPTIONS' && !offered.includes(method))
  scope.route({
    method: rest,
    url: path,
    config,
    exposeHeadRoute: false,
    handler: (request, reply) => send(request, reply, methodNotAllowed(allow)),
  })
}

function methodNotAllowed(allow: string): Response {
  return json(405, { error: 'invalid_request', error_description: `This method is not offered here; use one of ${allow}.` }, { allow })
}
