import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Browser, logIn, parameterOf } from '../support/browser.ts'
import { loginRequest, redirectUri, registerLoginClient } from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer } from '../support/server.ts'

// RFC 9207, OAuth 2.0 Authorization Server Issuer Identification: one test for each requirement, by its id in docs/standards.md.

const issuer = 'https://auth.example/'
const server = await startServer({ settings: { urls: { self: { issuer } } } })
after(() => server[Symbol.asyncDispose]())
const client = await registerLoginClient(server)

const success = (parameters: Record<string, string> = {}): Promise<Received> =>
  logIn(server, new Browser(server), loginRequest(client, parameters).address)

const silent = (parameters: Record<string, string> = {}): Promise<Received> =>
  new Browser(server).get(loginRequest(client, { prompt: 'none', ...parameters }).address)

/** The login application rejects the request. */
async function declined(): Promise<Received> {
  const browser = new Browser(server)
  const toLogin = await browser.get(loginRequest(client).address)
  const path = `/admin/oauth2/auth/requests/login/reject?login_challenge=${parameterOf(toLogin, 'login_challenge')}`
  const rejected = await server.admin(path, { method: 'PUT', json: { error: 'access_denied', error_description: 'No.' } })
  return browser.get(rejected.json.redirect_to)
}

test('R9207-01 (RFC 9207 §2): every successful authorization response has iss, in each response mode', async () => {
  for (const response_mode of ['query', 'fragment']) {
    const answer = await success({ response_mode })
    assert.notEqual(parameterOf(answer, 'code'), '')
    assert.equal(parameterOf(answer, 'iss'), issuer, response_mode)
  }
  const page = await success({ response_mode: 'form_post' })
  assert.match(page.text, new RegExp(`name="iss" value="${issuer}"`))
})

test('R9207-02 (RFC 9207 §2): every error response to the client has iss', async () => {
  for (const [answer, error] of [
    [await silent(), 'login_required'],
    [await silent({ response_mode: 'fragment' }), 'login_required'],
    [await silent({ response_type: 'token' }), 'unsupported_response_type'],
    [await silent({ max_age: 'soon' }), 'invalid_request'],
    [await declined(), 'access_denied'],
  ] as const) {
    assert.equal(parameterOf(answer, 'error'), error)
    assert.equal(parameterOf(answer, 'iss'), issuer, error)
  }
  assert.match((await silent({ response_mode: 'form_post' })).text, new RegExp(`name="iss" value="${issuer}"`))
})

test('R9207-03 (RFC 9207 §2): iss is the issuer of the metadata, encoded once, and appears once', async () => {
  const { json } = await server.public('/.well-known/oauth-authorization-server')
  assert.equal(json.issuer, issuer)
  const inQuery = await registerLoginClient(server, { redirect_uris: [`${redirectUri}?iss=https%3A%2F%2Fother.example`] })
  const { address } = loginRequest(inQuery, { redirect_uri: `${redirectUri}?iss=https%3A%2F%2Fother.example` })
  for (const answer of [await success(), await silent(), await logIn(server, new Browser(server), address)]) {
    const query = String(answer.headers.location).split('?')[1] ?? ''
    const values = query.split('&').filter((pair) => pair.startsWith('iss='))
    assert.deepEqual(values, [`iss=${encodeURIComponent(json.issuer)}`])
  }
})

test('R9207-04 (RFC 9207 §2.3): the metadata announces iss', async () => {
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])
    assert.equal((await server.public(path)).json.authorization_response_iss_parameter_supported, true)
})
