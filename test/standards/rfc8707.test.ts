import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Browser, logIn, parameterOf } from '../support/browser.ts'
import {
  type LoginClient,
  loginRequest,
  obtainCode,
  obtainTokens,
  redeem,
  refresh,
  registerLoginClient,
  type Tokens,
} from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer } from '../support/server.ts'

// RFC 8707, Resource Indicators for OAuth 2.0: one test for each requirement, by its id in docs/standards.md.

/** The first has no trailing slash, so that an added slash is noticed. */
const [a, b, other] = ['https://mcp.example', 'https://api.example/v1', 'https://other.example/']
const server = await startServer({ settings: { oidc: { dynamic_client_registration: { allowed_audience: [a, b] } } } })
after(() => server[Symbol.asyncDispose]())
const client = await registerLoginClient(server)

const audienceOf = async (at: typeof server, token: string): Promise<string[]> =>
  (await at.admin('/admin/oauth2/introspect', { method: 'POST', form: { token } })).json.aud ?? []

const asked = (...resources: string[]): string =>
  [loginRequest(client).address, ...resources.map((one) => `resource=${encodeURIComponent(one)}`)].join('&')

/** Asserts that a resource is refused by a redirect with invalid_target. */
function assertRefusedTarget(answer: Received, what: string): void {
  assert.deepEqual([answer.status, parameterOf(answer, 'error'), parameterOf(answer, 'iss')], [303, 'invalid_target', server.issuer], what)
}

const assertInvalidTarget = ({ status, json, text }: Received): void =>
  assert.deepEqual([status, json.error], [400, 'invalid_target'], text)

async function bothResources(one: LoginClient = client): Promise<Tokens> {
  const { address, verifier } = loginRequest(one)
  const back = await logIn(server, new Browser(server), `${address}&resource=${encodeURIComponent(a)}&resource=${encodeURIComponent(b)}`)
  return (await redeem(server, one, { code: parameterOf(back, 'code'), verifier })).json
}

test('R8707-01 (RFC 8707 §2): a resource is an absolute URI without a fragment, and several are allowed', async () => {
  for (const resource of ['foo', '/v1', `${b}#f`, `${b}#`]) assertRefusedTarget(await new Browser(server).get(asked(resource)), resource)
  assert.equal((await new Browser(server).get(asked(a, b))).status, 302)
})

test('R8707-02 (RFC 8707 §2): a resource that the client has not registered is invalid_target', async () => {
  for (const resources of [[other], [a, other], [`${a}/`], [`${b}/x`]])
    assertRefusedTarget(await new Browser(server).get(asked(...resources)), String(resources))
})

test('R8707-03 (RFC 8707 §2.1): the token is issued for the resource of the authorization request', async () => {
  const { access_token: token } = await obtainTokens(server, client, { parameters: { resource: b } })
  assert.deepEqual(await audienceOf(server, token), [b])
  assert.deepEqual(await audienceOf(server, (await bothResources()).access_token), [a, b])
})

test('R8707-04 (RFC 8707 §2.2): the token request may ask for a subset of the granted resources, and for no other', async () => {
  const issued = await obtainCode(server, client, { parameters: { resource: a } })
  assertInvalidTarget(await redeem(server, client, issued, { resource: b }))
  const { status, json } = await redeem(server, client, issued, { resource: a })
  assert.equal(status, 200)
  assert.deepEqual(await audienceOf(server, json.access_token), [a])
})

test('R8707-05 (RFC 8707 §2.2): a refresh token keeps all granted resources; each access token may be for a subset', async () => {
  let { refresh_token: token } = await bothResources()
  for (const [form, wanted] of [
    [{ resource: a }, [a]],
    [{ resource: b }, [b]],
    [{}, [a, b]],
  ] as const) {
    const { json } = await refresh(server, client, token, form)
    assert.deepEqual(await audienceOf(server, json.access_token), wanted)
    token = json.refresh_token
  }
  assertInvalidTarget(await refresh(server, client, token, { resource: other }))
})

test('R8707-06 (RFC 8707 §2): the audience is the resource, byte for byte', async () => {
  const { access_token: token } = await obtainTokens(server, client, { parameters: { resource: a } })
  assert.deepEqual(await audienceOf(server, token), ['https://mcp.example'])
})

test('R8707-07 (RFC 8707 §2): without a resource, a JWT is issued for the default audience, or else for the issuer', async () => {
  for (const [settings, wanted] of [
    [{}, undefined],
    [{ oauth2: { default_audience: 'https://default.example/' } }, ['https://default.example/']],
  ] as const) {
    await using jwts = await startServer({ settings: { strategies: { access_token: 'jwt' }, ...settings } })
    const { access_token: token } = await obtainTokens(jwts, await registerLoginClient(jwts))
    assert.deepEqual(await audienceOf(jwts, token), wanted ?? [jwts.issuer])
  }
})

test('R8707-08 (RFC 8707, implied): where the operator configures no audience, a resource is no error and has no effect', async () => {
  await using plain = await startServer()
  const one = await registerLoginClient(plain)
  const without = await audienceOf(plain, (await obtainTokens(plain, one)).access_token)
  const issued = await obtainCode(plain, one, { parameters: { resource: a } })
  const { status, json } = await redeem(plain, one, issued, { resource: a })
  assert.equal(status, 200)
  const next = await refresh(plain, one, json.refresh_token, { resource: a })
  assert.equal(next.status, 200)
  for (const token of [json.access_token, next.json.access_token]) assert.deepEqual(await audienceOf(plain, token), without)
})
