import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { anyUrl } from '../support/any-url.ts'
import type { Received, Sent } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

/**
 * Tests a running server against its API description: every operation gets valid and invalid requests made from its own
 * description, and every answer must have a declared status, the declared media type and a body that fits the declared schema.
 */

interface Media {
  readonly schema: Readonly<Record<string, unknown>>
}
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> }
}

/** The change of a request from the valid one. */
interface Change {
  readonly id: 'own' | 'unknown'
  readonly token: 'own' | 'none' | 'foreign'
  /** Default: the valid body. */
  readonly body: string | undefined
  readonly query: Readonly<Record<string, string>>
}

const valid: Change = { id: 'own', token: 'own', body: undefined, query: {} }

interface Subject {
  readonly client_id: string
  readonly client_secret: string
  readonly registration_access_token: string
}

let serial = 0

/** Creates a key set with one key, for the operations on keys. Returns its name, which is also the kid. */
async function keySet(server: TestServer): Promise<string> {
  const name = `described-${serial++}`
  await server.admin(`/admin/keys/${name}`, { method: 'POST', json: { alg: 'EdDSA', kid: name, use: 'sig' } })
  return name
}

const metadata = { client_name: 'Described', grant_types: ['client_credentials'], scope: 'openid' }

/** A valid body for each operation that has one. */
const validBodies: Readonly<Record<string, (client: Subject, accessToken: string) => string>> = {
  createOidcDynamicClient: () => JSON.stringify(metadata),
  setOidcDynamicClient: () => JSON.stringify(metadata),
  createOAuth2Client: () => JSON.stringify(metadata),
  setOAuth2Client: () => JSON.stringify(metadata),
  patchOAuth2Client: () => JSON.stringify([{ op: 'replace', path: '/client_name', value: 'Patched' }]),
  setOAuth2ClientLifespans: () => JSON.stringify({ client_credentials_grant_access_token_lifespan: '1h' }),
  oauth2TokenExchange: (client) =>
    new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.client_id,
      client_secret: client.client_secret,
      scope: 'openid',
    }).toString(),
  createJsonWebKeySet: () => JSON.stringify({ alg: 'EdDSA', kid: `made-${serial++}`, use: 'sig' }),
  setJsonWebKeySet: () => JSON.stringify({ keys: [] }),
  setJsonWebKey: () => JSON.stringify(foreignKey),
  revokeOAuth2Token: (client) =>
    new URLSearchParams({ token: 'ory_at_nothing', client_id: client.client_id, client_secret: client.client_secret }).toString(),
  introspectOAuth2Token: (_client, accessToken) => new URLSearchParams({ token: accessToken }).toString(),
}

const foreignKey = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), alg: 'EdDSA', kid: 'of-another', use: 'sig' }

/** Operations that cannot succeed here, because they need a person at a browser. They have tests of their own. */
const neverSucceeds =
  /^(oAuth2Authorize(Post)?|getOidcUserInfo(Post)?|revokeOidcSession(Post)?|revokeOAuth2ConsentSessions|(show|post)Fallback\w+|(get|accept|reject)OAuth2\w+Request)$/

for (const listener of ['public', 'admin'] as const)
  describe(`responses of the ${listener} listener match its API description`, () => {
    let server: TestServer
    before(async () => {
      server = await startServer({ settings: { serve: { public: { cors: { enabled: false } } } } })
    })
    after(async () => server[Symbol.asyncDispose]())

    test('for every operation and any request', async () => {
      const document = (await server[listener](listener === 'public' ? '/openapi.json' : '/admin/openapi.json')).json as Document
      const ajv = new Ajv2020({ strict: false, validateFormats: false })
      ajv.addSchema(document, 'document')
      for (const [path, methods] of Object.entries(document.paths))
        for (const [method, operation] of Object.entries(methods)) {
          const seen = new Set<number>()
          await fc.assert(
            fc.asyncProperty(departures(operation, document), async (departure) => {
              const answer = await send(server, listener, method, path, operation, departure)
              seen.add(answer.status)
              checkAnswer(ajv, operation, [path, method], answer)
            }),
            {
              numRuns: 15,
              examples: [
                [valid],
                [{ ...valid, id: 'unknown' }],
                [{ ...valid, token: 'none' }],
                [{ ...valid, query: { subject: 'somebody' } }],
              ],
            },
          )
          const success = Object.keys(operation.responses)
            .map(Number)
            .find((status) => status < 300)
          if (!neverSucceeds.test(operation.operationId)) assert.ok(seen.has(success ?? 0), `${operation.operationId}: ${[...seen]}`)
        }
    })
  })

function departures(operation: Operation, { components }: Document): fc.Arbitrary<Change> {
  const [[type, media] = []] = Object.entries(operation.requestBody?.content ?? {})
  const name = /\w+$/.exec(String(media?.schema.$ref ?? ''))?.[0] ?? ''
  const members = Object.keys(components.schemas[name]?.properties ?? { op: 0, path: 0 })
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name)
  return fc.record({
    id: fc.constantFrom('own' as const, 'unknown' as const),
    token: fc.constantFrom('own' as const, 'none' as const, 'foreign' as const),
    body: fc.oneof(fc.constant(undefined), bodies(type ?? '', members)),
    query: fc.dictionary(fc.constantFrom(...(query.length > 0 ? query : ['q'])), fc.string({ maxLength: 12 }), { maxKeys: 3 }),
  })
}

/** Bodies with the member names of the schema and any values, and bodies of any other form. */
function bodies(type: string, members: readonly string[]): fc.Arbitrary<string> {
  const named = fc.constantFrom(...members)
  if (type === 'application/x-www-form-urlencoded')
    return fc.oneof(
      fc.array(fc.tuple(named, fc.string())).map((pairs) => new URLSearchParams(pairs).toString()),
      fc.string(),
    )
  const url = anyUrl('http', 'https')
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.array(url, { maxLength: 2 }), url)
  const object = fc.dictionary(named, value, { maxKeys: 6 })
  return fc.oneof(
    fc.oneof(object, fc.array(object, { maxLength: 2 })).map((json) => JSON.stringify(json)),
    fc.string(),
  )
}

/** A new client for each request, because some requests delete it. */
async function send(
  server: TestServer,
  listener: 'public' | 'admin',
  method: string,
  path: string,
  operation: Operation,
  { id, token, body, query }: Change,
): Promise<Received> {
  const client: Subject = (await server.public('/oauth2/register', { method: 'POST', json: metadata })).json
  const basic = [client.client_id, client.client_secret] as const
  const form = { grant_type: 'client_credentials' }
  const needsToken = operation.operationId === 'introspectOAuth2Token' && body === undefined
  const accessToken = needsToken ? (await server.public('/oauth2/token', { method: 'POST', basic, form })).json.access_token : ''
  const [type] = Object.keys(operation.requestBody?.content ?? {})
  const own = path.includes('{set}') ? await keySet(server) : client.client_id
  const target = path.replaceAll(/\{\w+\}/g, id === 'own' ? own : 'nobody')
  const needed = operation.parameters?.some(({ name, required, in: place }) => required && place === 'query' && name === 'client_id')
  const search = new URLSearchParams({ ...(needed && id === 'own' && { client_id: own }), ...query }).toString()
  const bearer = { own: client.registration_access_token, none: undefined, foreign: 'not-its-token' }[token]
  const sent: Sent = {
    method: method.toUpperCase(),
    ...(type !== undefined && {
      body: body ?? validBodies[operation.operationId]?.(client, accessToken) ?? '',
      headers: { 'content-type': type },
    }),
    ...(bearer !== undefined && listener === 'public' && path.includes('{') && { bearer }),
  }
  return server[listener](search === '' ? target : `${target}?${search}`, sent)
}

function checkAnswer(ajv: Ajv2020, { operationId, responses }: Operation, [path, method]: [string, string], answer: Received): void {
  const declared = responses[answer.status]
  assert.ok(declared, `${operationId} answers ${answer.status}, which is not declared: ${answer.text.slice(0, 200)}`)
  assert.ok(answer.status < 500 || operationId === 'showFallbackError', `${operationId} answers ${answer.status}`)
  const [[type] = []] = Object.entries(declared.content ?? {})
  if (type === undefined) {
    assert.equal(answer.text, '', operationId)
    return
  }
  assert.equal(String(answer.headers['content-type']).split(';')[0]?.toLowerCase(), type, operationId)
  if (type !== 'application/json') return
  const pointer = ['paths', path, method, 'responses', String(answer.status), 'content', type, 'schema']
  const reference = `document#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
  const validate = ajv.getSchema(reference)
  assert.ok(validate, reference)
  assert.ok(validate(answer.json), `${operationId} ${answer.status}: ${ajv.errorsText(validate.errors)}: ${answer.text.slice(0, 300)}`)
}
