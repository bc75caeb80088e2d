import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { authorizeAddress, Browser, logIn, makeProofKey, parameterOf } from '../support/browser.ts'
import { areActive, loginRequest, obtainTokens, registerLoginClient } from '../support/login-client.ts'
import { startServer, type TestServer } from '../support/server.ts'

describe('logging in', () => {
  let server: TestServer
  before(async () => {
    server = await startServer({ settings: { dev: true } })
  })
  after(() => server[Symbol.asyncDispose]())

  async function registered(): Promise<{ id: string; secret: string }> {
    const { json } = await server.public('/oauth2/register', {
      method: 'POST',
      json: {
        client_name: 'An app',
        redirect_uris: ['https://app.example/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid offline_access',
      },
    })
    return { id: json.client_id, secret: json.client_secret }
  }

  test('a self-registered client gets a code, tokens, a refreshed token and userinfo', async () => {
    const client = await registered()
    const browser = new Browser(server)
    const proof = makeProofKey()
    const address = authorizeAddress(client.id, {
      redirect_uri: 'https://app.example/cb',
      scope: 'openid offline_access profile',
      nonce: 'n-1234567890',
      code_challenge: proof.challenge,
      code_challenge_method: 'S256',
    })
    const back = await logIn(server, browser, address, { subject: 'ada', consent: { session: { id_token: { email: 'ada@x.example' } } } })
    assert.equal(back.status, 303, back.text)
    assert.equal(parameterOf(back, 'iss'), server.issuer)
    assert.equal(parameterOf(back, 'state'), 'state-12345678')
    const tokens = await server.public('/oauth2/token', {
      method: 'POST',
      basic: [client.id, client.secret],
      form: {
        grant_type: 'authorization_code',
        code: parameterOf(back, 'code'),
        redirect_uri: 'https://app.example/cb',
        code_verifier: proof.verifier,
      },
    })
    assert.equal(tokens.status, 200, tokens.text)
    const claims = decodeJwt(tokens.json.id_token)
    assert.equal(claims.sub, 'ada')
    assert.equal(claims.nonce, 'n-1234567890')
    const refreshed = await server.public('/oauth2/token', {
      method: 'POST',
      basic: [client.id, client.secret],
      form: { grant_type: 'refresh_token', refresh_token: tokens.json.refresh_token },
    })
    assert.equal(refreshed.status, 200, refreshed.text)
    const me = await server.public('/userinfo', { headers: { authorization: `Bearer ${refreshed.json.access_token}` } })
    assert.equal(me.json.email, 'ada@x.example', me.text)
  })
})

test('cookies have the configured attributes, and are Secure if the public URL is https', async () => {
  const cookies = { same_site_mode: 'None', domain: 'example.com', names: { login_csrf: 'own_csrf' } }
  await using server = await startServer({ settings: { urls: { self: { issuer: 'https://auth.example.com/' } }, serve: { cookies } } })
  const client = await registerLoginClient(server)
  const { headers } = await server.public(loginRequest(client).address)
  assert.match(
    String(headers['set-cookie']),
    /^own_csrf_\d+=[\w-]{43}; Path=\/; Max-Age=1800; HttpOnly; SameSite=None; Secure; Domain=example\.com$/,
  )
})

test('withdrawing consents or ending sessions as an administrator writes an audit record, a counter and a log line', async () => {
  await using server = await startServer({ settings: { dev: true } })
  const tokens = await obtainTokens(server, await registerLoginClient(server), { subject: 'ada' })
  assert.deepEqual(await areActive(server, tokens), [true, true])
  const path = '/admin/oauth2/auth/sessions'
  assert.equal((await server.admin(`${path}/login?subject=ada`, { method: 'DELETE' })).status, 204)
  assert.deepEqual(await areActive(server, tokens), [true, true], 'tokens stay active')
  assert.equal((await server.admin(`${path}/consent?subject=ada&all=true`, { method: 'DELETE' })).status, 204)
  assert.deepEqual(await areActive(server, tokens), [false, false])
  const events = server.lines.map(({ msg }) => msg).filter((msg) => msg === 'sessions.ended' || msg === 'consents.withdrawn')
  assert.deepEqual(events, ['sessions.ended', 'consents.withdrawn'])
  const { text } = await server.admin('/admin/metrics/prometheus')
  assert.match(text, /clientele_consents_withdrawn_total\{by="admin"\} 1/)
})
