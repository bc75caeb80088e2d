import type { AnswerOf, Operation, SchemaOf } from '../server/operation.ts'
import type { Face, Route } from '../server/route.ts'
import { schemas } from './schemas.ts'

/** What is said of the whole. */
export interface About {
  readonly listener: 'public' | 'admin'
  readonly version: string
  /** Where the listener is reached, without a slash at its end; undefined where nobody said. */
  readonly server: string | undefined
}

type Json = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 document of a listener, made of its route table. HEAD goes with every GET, and every path answers OPTIONS; neither is
 * listed.
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
export const documentedPath = ({ path, operation: { names } }: Route): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => `{${names?.[name] ?? name}}`)

/** The same operation at a second path, or by a second method, gets a name of its own. */
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
    clientSecret: { type: 'http', scheme: 'basic', description: 'Client id and secret, form-encoded; or both in the form.' },
  },
  admin: { adminToken: { type: 'http', scheme: 'bearer', description: 'A token of serve.admin.auth, where it is set.' } },
}

function operationObject(route: Route, { listener }: About, operationId: string): Json {
  const { operation, method } = route
  const { tag, summary, description, query = {}, body, proof } = operation
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
    ...(proof && { security: proof === 'clientSecret' ? [{ clientSecret: [] }, {}] : [{ [proof]: [] }] }),
    responses: responses(route, listener),
  }
}

function responses({ operation, face }: Route, listener: About['listener']): Json {
  const all: Record<number, unknown> = {}
  for (const status of refusalsOf(operation, listener)) all[status] = refusal(status, face)
  for (const [status, answer] of Object.entries(operation.answers)) all[Number(status)] = answerObject(answer)
  return all
}

/** What may go wrong with a request whatever it asks for, and what the operation itself refuses. */
function refusalsOf({ refusals = [], body, still }: Operation, listener: About['listener']): number[] {
  const fence = listener === 'admin' ? [401, 403] : []
  return [...refusals, ...fence, ...(still ? [] : [400, 503]), ...(body ? [413] : []), 500]
}

const words: Readonly<Record<number, string>> = {
  400: 'The request cannot be understood, or asks for something that is not to be had; the sentence says what to change.',
  401: 'Who asks is not known, or did not prove it.',
  403: 'It is known who asks, and this is not his to do.',
  404: 'There is no such thing, or the feature is off.',
  409: 'The name is taken.',
  413: 'The body is larger than this server accepts.',
  429: 'Too many wrong secrets; `Retry-After` says when to try again.',
  500: 'Our fault. `X-Request-Id` names the request in our log.',
  503: 'Not now; `Retry-After` says when to try again. Where nothing was changed, the sentence says so.',
}

const refusal = (status: number, face: Face): Json =>
  face === 'page'
    ? answerObject({ description: words[status] ?? '', type: 'text/html', schema: { type: 'string' } })
    : answerObject({ description: words[status] ?? '', schema: 'ErrorOAuth2' })

function answerObject({ description, schema, type = 'application/json', headers = {} }: AnswerOf): Json {
  const entries = Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }])
  return {
    description,
    ...(entries.length > 0 && { headers: Object.fromEntries(entries) }),
    ...(schema !== undefined && { content: { [type]: { schema: schemaObject(schema) } } }),
  }
}

const reference = '#/components/schemas/'
const schemaObject = (schema: SchemaOf): Json => (typeof schema === 'string' ? { $ref: reference + schema } : schema)

/** The names of the schemas that `value` points at, and those that these point at. */
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
