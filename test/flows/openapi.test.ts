import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { documentedPath } from '../../src/http/openapi/document.ts'
import type { Route } from '../../src/http/server/route.ts'
import { adminTable, publicTable } from '../support/route-tables.ts'
import { startServer } from '../support/server.ts'

const tables: Record<'public' | 'admin', readonly Route[]> = {
  public: publicTable(),
  admin: adminTable(),
}

const pathOf = { public: '/openapi.json', admin: '/admin/openapi.json' }
const placesOf = (routes: readonly Route[]): string[] => routes.map((route) => `${route.method} ${documentedPath(route)}`).sort()
// biome-ignore lint/suspicious/noExplicitAny: a document of JSON.
const placesIn = (document: any): string[] =>
  Object.entries<object>(document.paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .sort()

for (const listener of ['public', 'admin'] as const)
  describe(`the OpenAPI document of the ${listener} listener`, () => {
    test('is valid OpenAPI 3.1', async () => {
      await using server = await startServer()
      const { json } = await server[listener](pathOf[listener])
      const { valid, errors } = await new Validator().validate(json)
      assert.deepEqual(errors, undefined)
      assert.equal(valid, true)
      assert.equal(json.openapi, '3.1.0')
    })

    test('lists every route of the table with its errors and a unique operationId', async () => {
      await using server = await startServer()
      const { json } = await server[listener](pathOf[listener])
      assert.deepEqual(placesIn(json), placesOf(tables[listener]))
      // biome-ignore lint/suspicious/noExplicitAny: a document of JSON.
      const operations = Object.values<any>(json.paths).flatMap((methods) => Object.values<any>(methods))
      const ids = operations.map(({ operationId }) => operationId)
      assert.equal(new Set(ids).size, ids.length)
      for (const { operationId, responses, summary } of operations) {
        assert.ok(summary, operationId)
        assert.ok(Object.keys(responses).some((status) => Number(status) < 400) || operationId === 'showFallbackError', operationId)
        assert.ok(responses[500].content, operationId)
      }
    })

    test('is also a page with every operation, without scripts and without styles or pictures from elsewhere', async () => {
      await using server = await startServer()
      const { status, headers, text } = await server[listener](listener === 'public' ? '/reference' : '/admin/reference')
      assert.equal(status, 200)
      assert.match(
        String(headers['content-security-policy']),
        /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'/,
      )
      assert.ok(!/<script|src=|https?:\/\/(?!127)[^<]*["']/.test(text))
      for (const place of placesOf(tables[listener])) assert.ok(text.includes(`<code>${place}</code>`), place)
    })
  })

test('disabled routes are not in the document: registration follows its setting', async () => {
  await using server = await startServer()
  const paths = async () => Object.keys((await server.public('/openapi.json')).json.paths)
  assert.ok((await paths()).includes('/oauth2/register'))
  server.reconfigure({ oidc: { dynamic_client_registration: { enabled: false } } })
  assert.ok(!(await paths()).some((path) => path.startsWith('/oauth2/register')))
  assert.ok(!(await server.public('/reference')).text.includes('/oauth2/register'))
})

test('the public document does not mention the admin listener, and the admin document is protected', async () => {
  await using server = await startServer({
    settings: { serve: { admin: { auth: { bearer: [{ name: 'operator', sha256: 'a'.repeat(64) }] } } } },
  })
  const { text } = await server.public('/openapi.json')
  assert.ok(!/admin|introspect|OAuth2Client|metrics/i.test(text), 'a mention of the admin listener')
  assert.equal((await server.admin('/admin/openapi.json')).status, 401)
  assert.equal((await server.admin('/admin/reference')).status, 401)
})

test('the operations have the names of Hydra’s SDKs', async () => {
  await using server = await startServer()
  const documents = await Promise.all([server.public('/openapi.json'), server.admin('/admin/openapi.json')])
  const ids = documents.flatMap(({ json }) =>
    Object.values<object>(json.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId)),
  )
  const { JwkApi, OAuth2Api, OidcApi, WellknownApi, MetadataApi } = await import('@ory/hydra-client')
  const known = new Set([JwkApi, OAuth2Api, OidcApi, WellknownApi, MetadataApi].flatMap((api) => Object.getOwnPropertyNames(api.prototype)))
  const shared = ids.filter((id) => known.has(id))
  for (const id of [
    ...['createOidcDynamicClient', 'getOidcDynamicClient', 'setOidcDynamicClient', 'deleteOidcDynamicClient', 'discoverOidcConfiguration'],
    ...['listOAuth2Clients', 'createOAuth2Client', 'getOAuth2Client', 'setOAuth2Client', 'patchOAuth2Client', 'deleteOAuth2Client'],
    ...['revokeOAuth2Token', 'deleteOAuth2Token', 'getJsonWebKeySet', 'createJsonWebKeySet', 'setJsonWebKeySet', 'deleteJsonWebKeySet'],
    ...['getJsonWebKey', 'setJsonWebKey', 'deleteJsonWebKey'],
    ...['setOAuth2ClientLifespans', 'oauth2TokenExchange', 'oAuth2Authorize', 'introspectOAuth2Token', 'discoverJsonWebKeys', 'getVersion'],
  ])
    assert.ok(shared.includes(id), id)
})
