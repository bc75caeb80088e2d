import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Browser, parameterOf } from '../support/browser.ts'
import { loginRequest, obtainTokens, refresh, registerLoginClient } from '../support/login-client.ts'
import { startServer } from '../support/server.ts'

// RFC 10017, OAuth 2.0 for Browser-Based Applications: one test for each requirement, by its id in docs/standards.md.

const day = 24 * 3_600_000
let now = Date.now()
const server = await startServer({ clock: () => now })
after(() => server[Symbol.asyncDispose]())
const spa = await registerLoginClient(server, { token_endpoint_auth_method: 'none' })
const origin = 'https://app.example'

test('RBBA-01 (RFC 10017 §6.3.2): a browser app must use PKCE and gets no token from the authorization endpoint', async () => {
  for (const [parameters, error] of [
    [{ code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
  ] as const) {
    const answer = await new Browser(server).get(loginRequest(spa, parameters).address)
    assert.equal(answer.status, 303)
    assert.equal(parameterOf(answer, 'error'), error)
    assert.equal(parameterOf(answer, 'access_token'), '')
  }
})

test('RBBA-02 (RFC 10017 §6.3.2): the refresh token of a browser app is rotated, and expires if it is not used within its lifespan', async () => {
  let { refresh_token: token } = await obtainTokens(server, spa)
  const seen = new Set([token])
  for (let count = 0; count < 3; count++) {
    now += 29 * day
    token = (await refresh(server, spa, token)).json.refresh_token
    seen.add(token)
  }
  assert.equal(seen.size, 4)
  now += 31 * day
  const { status, json } = await refresh(server, spa, token)
  assert.deepEqual([status, json.error], [400, 'invalid_grant'])
})

test('RBBA-03 (RFC 10017 §6.3.3): a browser app can reach all endpoints it needs from its own origin: preflights, responses and errors', async () => {
  const { access_token: bearer } = await obtainTokens(server, spa)
  const headers = { origin }
  const post = (path: string, form: Record<string, string>) => server.public(path, { method: 'POST', form, headers })
  for (const [answer, status] of [
    [await server.public('/.well-known/oauth-authorization-server', { headers }), 200],
    [await server.public('/.well-known/jwks.json', { headers }), 200],
    [await server.public('/userinfo', { bearer, headers }), 200],
    [await server.public('/userinfo', { headers }), 401],
    [await server.public('/oauth2/register', { method: 'POST', json: { redirect_uris: ['x'] }, headers }), 400],
    [await post('/oauth2/token', { grant_type: 'authorization_code', code: 'x', client_id: spa.id }), 400],
    [await post('/oauth2/token', { grant_type: 'authorization_code', code: 'x', client_id: 'nobody' }), 401],
    [await post('/oauth2/revoke', { token: bearer, client_id: spa.id }), 200],
  ] as const) {
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [status, '*'], answer.text)
  }
  for (const path of ['/oauth2/token', '/oauth2/revoke', '/oauth2/register', '/userinfo']) {
    const asked = { ...headers, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' }
    const { status, headers: answered } = await server.public(path, { method: 'OPTIONS', headers: asked })
    assert.deepEqual([status, answered['access-control-allow-origin']], [204, '*'], path)
  }
})

test('RBBA-04 (RFC 10017 §6.3.2): a browser app needs no secret and gets none', async () => {
  assert.equal(spa.secret, '')
  const { access_token: token } = await obtainTokens(server, spa)
  assert.equal((await server.public('/userinfo', { bearer: token })).status, 200)
})
