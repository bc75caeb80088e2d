import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { tokenBearer } from '../support/access-tokens.ts'
import { anyCharacter } from '../support/any-character.ts'
import { machine, registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer } from '../support/server.ts'

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const client = await registrant(server).created({ ...machine, access_token_strategy: 'jwt' })
const { introspect, isActive, revoke, tokenOf } = tokenBearer(server)

const names = fc.oneof(
  fc.constantFrom('mine', 'hydra.openid.id-token', '..', '%2e'),
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 300 }),
)
const kids = fc.oneof(fc.constantFrom('', 'k', '../x', 'a/b'), fc.string({ unit: anyCharacter, maxLength: 300 }))
const algs = fc.oneof(fc.constantFrom('ES256', 'EdDSA', 'HS256', 'none', ''), fc.jsonValue({ maxDepth: 1 }))
const orders = fc.record(
  { alg: algs, use: fc.oneof(fc.constantFrom('sig', 'enc'), fc.jsonValue({ maxDepth: 1 })), kid: kids },
  { requiredKeys: [] },
)
const jwks = fc.record(
  {
    kty: fc.constantFrom('EC', 'OKP', 'RSA', 'oct', 5),
    crv: fc.constantFrom('P-256', 'Ed25519', 'X25519', 'nope'),
    alg: algs,
    kid: kids,
    use: fc.constantFrom('sig', 'both', null),
    x: fc.base64String(),
    y: fc.base64String(),
    d: fc.base64String(),
    n: fc.base64String(),
    e: fc.constantFrom('AQAB', ''),
    k: fc.base64String(),
  },
  { requiredKeys: [] },
)
const bodies = fc.oneof(
  orders,
  jwks,
  fc.record({ keys: fc.oneof(fc.array(jwks, { maxLength: 3 }), fc.jsonValue({ maxDepth: 1 })) }),
  fc.jsonValue(),
)

/** Asserts that the status is below 500 and an error description is printable ASCII. */
function assertAnswered({ status, json, text }: Received, sent: unknown): void {
  assert.ok(status < 500, `${status} ${text} for ${JSON.stringify(sent)}`)
  if (status >= 400 && typeof json.error === 'string') assert.match(json.error_description, /^[\x20-\x7e]*$/)
}

test('any request to the key routes gets a response below 500, and the signing keys still work afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('POST', 'PUT', 'GET', 'DELETE'),
      names,
      fc.option(kids, { nil: undefined }),
      bodies,
      async (method, set, kid, body) => {
        const path = `/admin/keys/${encodeURIComponent(set)}${kid === undefined ? '' : `/${encodeURIComponent(kid)}`}`
        const answer = await server.admin(path, { method, ...(method.startsWith('P') && { json: body }) })
        assertAnswered(answer, { method, path, body })
      },
    ),
    { numRuns: 300 },
  )
  const { keys } = (await server.public('/.well-known/jwks.json')).json
  for (const key of keys) assert.ok(!['d', 'p', 'q', 'k'].some((member) => member in key), JSON.stringify(Object.keys(key)))
  assert.equal(await isActive(await tokenOf(client)), true)
})

test('any request to revoke, introspect or delete tokens gets a response below 500, and an active token stays active', async () => {
  const token = await tokenOf(client)
  const texts = fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('a.b.c', '..', `${token}.x`, client.token))
  await fc.assert(
    fc.asyncProperty(texts, fc.dictionary(fc.string({ unit: anyCharacter }), texts, { maxKeys: 3 }), async (text, more) => {
      assertAnswered(await revoke(client, text, more), text)
      assertAnswered(await server.public('/oauth2/revoke', { method: 'POST', form: { token: text, ...more } }), text)
      const answer = await introspect(text, more)
      assertAnswered(answer, text)
      assert.notEqual(answer.json.active, true)
      const other = encodeURIComponent(`${text}-`)
      assertAnswered(await server.admin(`/admin/oauth2/tokens?client_id=${other}`, { method: 'DELETE' }), other)
    }),
    { numRuns: 200 },
  )
  assert.equal(await isActive(token), true)
})

test('a JWT with one changed character in header or payload is inactive', async () => {
  const token = await tokenOf(client)
  const signed = token.lastIndexOf('.')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
  await fc.assert(
    fc.asyncProperty(fc.nat(signed - 1), fc.constantFrom(...alphabet), async (at, character) => {
      if (token[at] === character) return
      assert.equal(await isActive(token.slice(0, at) + character + token.slice(at + 1)), false)
    }),
    { numRuns: 200 },
  )
})
