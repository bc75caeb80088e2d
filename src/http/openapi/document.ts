import type { Operation, ResponseOf, SchemaOf } from '../server/operation.ts'
import type { Face, Route } from '../server/route.ts'
import { schemas } from './schemas.ts'

/** What the document says about the listener. */
export interface About {
  readonly listener: 'public' | 'admin'
  readonly version: string
  /** The URL of the listener, without a trailing slash; undefined where it is not configured. */
  readonly server: string | undefined
}

type Json = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 document of a listener, made from its route table. HEAD and OPTIONS, which every path has, are not listed.
 */
export function openApiDocument(routes: readonly Route[], about: About): Json {
  const used = new Set<string>()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = documentedPath(route)
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operationObject(route, about, idOf(route, used))
  }
  const named = namesIn(paths)
  return {
    openapi: '3.1.0',
    info: {
      title: `Clientele, ${about.listener} API`,
      version: about.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(about.server !== undefined && { servers: [{ url: about.server }] }),
    ...(about.listener === 'admin' && { security: [{ adminToken: [] }, {}] }),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => named.has(name))),
      securitySchemes: securitySchemes[about.listener],
    },
  }
}

/** `/admin/keys/:id` → `/admin/keys/{set}` */
export const documentedPath = ({ path, operation: { pathNames } }: Route): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => `{${pathNames?.[name] ?? name}}`)

/** The same operation at a second path or with a second method gets another operationId. */
function idOf({ operation, method, path }: Route, used: Set<string>): string {
  let id = operation.id
  if (used.has(id)) id += `${method.charAt(0)}${method.slice(1).toLowerCase()}`
  if (used.has(id)) id = operation.id + path.replaceAll(/[^a-z0-9]+([a-z0-9]?)/gi, (_, letter: string) => letter.toUpperCase())
  used.add(id)
  return id
}

const securitySchemes = {
  public: {
    registrationAccessToken: { type: 'http', scheme: 'bearer', description: 'The registration access token of the client.' },
    accessToken: { type: 'http', scheme: 'bearer', description: 'An access token of this server.' },
    clientSecret: { type: 'http', scheme: 'basic', description: 'Client id and secret, form-encoded; or both as form parameters.' },
  },
  admin: { adminToken: { type: 'http', scheme: 'bearer', description: 'A token of serve.admin.auth, where it is set.' } },
}

function operationObject(route: Route, { listener }: About, operationId: string): Json {
  const { operation, method } = route
  const { tag, summary, description, query = {}, body, security } = operation
  const parameters = [
    ...[...documentedPath(route).matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(method === 'POST' ? [] : Object.entries(query)).map(([name, { schema, ...rest }]) => ({
      name,
      in: 'query',
      schema: schemaObject(schema),
      ...rest,
    })),
  ]
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { [body.type]: { schema: schemaObject(body.schema) } } } }),
    ...(security && { security: security === 'clientSecret' ? [{ clientSecret: [] }, {}] : [{ [security]: [] }] }),
    responses: responses(route, listener),
  }
}

function responses({ operation, face }: Route, listener: About['listener']): Json {
  const all: Record<number, unknown> = {}
  for (const status of errorsOf(operation, listener)) all[status] = errorObject(status, face)
  for (const [status, answer] of Object.entries(operation.responses)) all[Number(status)] = responseObject(answer)
  return all
}

/** The errors that any request can get, and those of the operation. */
function errorsOf({ errors = [], body, isStatic }: Operation, listener: About['listener']): number[] {
  const fence = listener === 'admin' ? [401, 403] : []
  return [...errors, ...fence, ...(isStatic ? [] : [400, 503]), ...(body ? [413] : []), 500]
}

const descriptions: Readonly<Record<number, string>> = {
  400: 'The request is not valid; the description says what to change.',
  401: 'Authentication is missing or failed.',
  403: 'Not permitted.',
  404: 'Not found, or the feature is off.',
  409: 'Conflict: the name is already in use, or the state has changed.',
  413: 'The body is larger than this server accepts.',
  429: 'Too many wrong secrets; `Retry-After` says when to try again.',
  500: 'Internal error. `X-Request-Id` identifies the request in the log of the server.',
  503: 'Temporarily unavailable; `Retry-After` says when to try again. The description says whether nothing was changed.',
}

const errorObject = (status: number, face: Face): Json =>
  face === 'page'
    ? responseObject({ description: descriptions[status] ?? '', type: 'text/html', schema: { type: 'string' } })
    : responseObject({ description: descriptions[status] ?? '', schema: 'ErrorOAuth2' })

function responseObject({ description, schema, type = 'application/json', headers = {} }: ResponseOf): Json {
  const entries = Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }])
  return {
    description,
    ...(entries.length > 0 && { headers: Object.fromEntries(entries) }),
    ...(schema !== undefined && { content: { [type]: { schema: schemaObject(schema) } } }),
  }
}

const reference = '#/components/schemas/'
const schemaObject = (schema: SchemaOf): Json => (typeof schema === 'string' ? { $ref: reference + schema } : schema)

/** The names of the schemas that `value` refers to, directly and indirectly. */
function namesIn(value: unknown, names = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return names
  for (const [key, part] of Object.entries(value)) {
    if (key !== '$ref' || typeof part !== 'string') namesIn(part, names)
    else if (!names.has(part.slice(reference.length))) {
      names.add(part.slice(reference.length))
      namesIn(schemas[part.slice(reference.length)], names)
    }
  }
  return names
}
