import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { Browser } from '../support/browser.ts'
import { areActive } from '../support/login-client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { addressAfterLogin, addressAfterLogout, formAfterLogin } from './person.ts'
import { recordingFetch } from './recording-fetch.ts'

const fetch = recordingFetch() as never
const options = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks], [client.customFetch]: fetch }
const [home, bye] = ['https://app.example/cb', 'https://app.example/bye']
const app = {
  client_name: 'openid-client',
  redirect_uris: [home],
  post_logout_redirect_uris: [bye],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile offline_access',
}
const ada = {
  subject: 'ada',
  login: { remember: true, acr: 'urn:two-factors', amr: ['pwd', 'otp'] },
  consent: { session: { id_token: { name: 'Ada', email: 'ada@x.example' } } },
}

/** Registers a client and makes a configuration from the response. Every signature is checked. */
async function registered(server: TestServer, proof?: client.ClientAuth, more: object = {}): Promise<client.Configuration> {
  return client.dynamicClientRegistration(new URL(server.issuer), { ...app, ...more }, proof, options)
}

const ways: Record<string, (server: TestServer) => Promise<client.Configuration>> = {
  async client_secret_basic(server) {
    const { client_id, client_secret } = (await registered(server)).clientMetadata()
    const proof = client.ClientSecretBasic(String(client_secret))
    return client.discovery(new URL(server.issuer), client_id, undefined, proof, options)
  },
  client_secret_post: (server) => registered(server, undefined, { token_endpoint_auth_method: 'client_secret_post' }),
  async private_key_jwt(server) {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'the-key', alg: 'ES256', use: 'sig' }
    const proof = client.PrivateKeyJwt({ key: privateKey, kid: 'the-key' })
    return registered(server, proof, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })
  },
  none: (server) => registered(server, client.None(), { token_endpoint_auth_method: 'none' }),
}

/** An authorization request with every value that the library checks in the response. */
async function request(config: client.Configuration, more: Record<string, string> = {}) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedNonce: client.randomNonce(),
    expectedState: client.randomState(),
    maxAge: 600,
    idTokenExpected: true,
  }
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: home,
    scope: app.scope,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    nonce: checks.expectedNonce,
    state: checks.expectedState,
    max_age: '600',
    ...more,
  })
  return { checks, url }
}

type LoggedIn = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers

async function logsIn(server: TestServer, config: client.Configuration, browser = new Browser(server)): Promise<LoggedIn> {
  const { checks, url } = await request(config)
  return client.authorizationCodeGrant(config, await addressAfterLogin(server, url, { browser, ...ada }), checks)
}

/** Checks at_hash (OpenID Connect Core §3.1.3.6), which the library does not. */
function assertBelongs({ access_token, claims }: LoggedIn): void {
  const half = createHash('sha256').update(access_token).digest().subarray(0, 16)
  assert.equal(claims()?.at_hash, half.toString('base64url'))
}

const asTokens = (tokens: LoggedIn) => ({ ...tokens, refresh_token: String(tokens.refresh_token), id_token: String(tokens.id_token) })

suite('openid-client completes a login', () => {
  for (const [method, registers] of Object.entries(ways)) {
    test(`${method}: code, ID token, userinfo, refresh, revocation, logout`, async () => {
      await using server = await startServer()
      const config = await registers(server)
      const browser = new Browser(server)

      const tokens = await logsIn(server, config, browser)
      assertBelongs(tokens)
      const claims = tokens.claims()
      assert.deepEqual([claims?.sub, claims?.name, claims?.acr, claims?.amr], ['ada', 'Ada', 'urn:two-factors', ['pwd', 'otp']])
      assert.deepEqual(claims?.aud, [config.clientMetadata().client_id])
      assert.equal(tokens.scope, app.scope)
      assert.equal((await client.fetchUserInfo(config, tokens.access_token, 'ada')).email, 'ada@x.example')

      const refreshed = await client.refreshTokenGrant(config, String(tokens.refresh_token))
      assertBelongs(refreshed)
      assert.deepEqual([refreshed.claims()?.sub, refreshed.claims()?.auth_time], ['ada', tokens.claims()?.auth_time])
      assert.deepEqual(await areActive(server, asTokens(tokens)), [false, false])
      assert.deepEqual(await areActive(server, asTokens(refreshed)), [true, true])
      assert.equal((await client.fetchUserInfo(config, refreshed.access_token, 'ada')).name, 'Ada')

      await client.tokenRevocation(config, String(refreshed.refresh_token))
      assert.deepEqual(await areActive(server, asTokens(refreshed)), [false, false])
      await assert.rejects(client.refreshTokenGrant(config, String(refreshed.refresh_token)), { error: 'invalid_grant', status: 400 })

      await assertLogsOut(server, config, browser, String(refreshed.id_token))
    })
  }

  test('on a second visit in the session of the first', async () => {
    await using server = await startServer()
    const config = await registered(server)
    const browser = new Browser(server)
    const [first, again] = [await logsIn(server, config, browser), await logsIn(server, config, browser)]
    assert.deepEqual([again.claims()?.sid, again.claims()?.auth_time], [first.claims()?.sid, first.claims()?.auth_time])
    const elsewhere = await logsIn(server, config)
    assert.notEqual(elsewhere.claims()?.sid, first.claims()?.sid)
  })

  test('again if the login is older than max_age, and without a page if it is not', async () => {
    let now = Date.now()
    await using server = await startServer({ clock: () => now })
    const config = await registered(server)
    const browser = new Browser(server)
    const consent = { ...ada.consent, remember: true }
    const asks = async (prompt: string) => {
      const { checks, url } = await request(config, { prompt })
      return client.authorizationCodeGrant(config, await addressAfterLogin(server, url, { browser, ...ada, consent }), checks)
    }
    const first = await asks('login')
    now += 599_000
    assert.equal((await asks('none')).claims()?.auth_time, first.claims()?.auth_time)
    now += 2_000
    await assert.rejects(asks('none'), { error: 'login_required' })
    const anew = await asks('')
    assert.equal(anew.claims()?.auth_time, Math.floor(now / 1000))
    assert.equal((await asks('none')).claims()?.auth_time, anew.claims()?.auth_time)
  })

  test('of an issuer with a path, behind a proxy that ends TLS', async () => {
    const issuer = 'https://auth.example.com/tenant'
    await using server = await startServer({ settings: { urls: { self: { issuer } } } })
    const proxied = recordingFetch({ [`${issuer}/`]: `${server.publicUrl}/`, 'https://auth.example.com': server.publicUrl })
    const settings = { execute: [client.enableNonRepudiationChecks], [client.customFetch]: proxied as never }
    const config = await client.dynamicClientRegistration(new URL(issuer), app, undefined, settings)
    /** The proxy removes the path. */
    class ProxiedBrowser extends Browser {
      override get = (address: string) => this.send(address.replace(issuer, server.publicUrl), {})
    }
    const browser = new ProxiedBrowser(server)
    const { checks, url } = await request(config)
    assert.ok(url.href.startsWith(`${issuer}/oauth2/auth?`))
    const back = await addressAfterLogin(server, url, { browser, ...ada })
    assert.equal(back.searchParams.get('iss'), issuer)
    const tokens = await client.authorizationCodeGrant(config, back, checks)
    assert.deepEqual([tokens.claims()?.iss, tokens.claims()?.sub], [issuer, 'ada'])
    assert.equal((await client.fetchUserInfo(config, tokens.access_token, 'ada')).iss, issuer)
    const end = client.buildEndSessionUrl(config, { id_token_hint: String(tokens.id_token), post_logout_redirect_uri: bye })
    assert.equal((await addressAfterLogout(server, browser, end)).href, bye)
  })

  test('before and after a key for another algorithm signs: discovery says which there are, and each client gets its own', async () => {
    let now = Date.now()
    await using server = await startServer({ clock: () => now, settings: { webfinger: { jwks: { publish_before_use: '1s' } } } })
    const algorithmOf = async (more = {}) => {
      const config = await registered(server, undefined, more)
      const [header = ''] = String((await logsIn(server, config)).id_token).split('.')
      return [JSON.parse(atob(header)).alg, config.serverMetadata().id_token_signing_alg_values_supported]
    }
    assert.deepEqual(await algorithmOf(), ['RS256', ['RS256']])
    await server.admin('/admin/keys/hydra.openid.id-token', { method: 'POST', json: { alg: 'ES256', use: 'sig' } })
    assert.deepEqual(await algorithmOf(), ['RS256', ['RS256']])
    now += 2_000
    assert.deepEqual(await algorithmOf(), ['RS256', ['RS256', 'ES256']])
    assert.deepEqual(await algorithmOf({ id_token_signed_response_alg: 'ES256' }), ['ES256', ['RS256', 'ES256']])
  })

  test('and a refresh token that is used twice revokes the family', async () => {
    await using server = await startServer()
    const config = await registered(server)
    const first = await logsIn(server, config)
    const second = await client.refreshTokenGrant(config, String(first.refresh_token))
    await assert.rejects(client.refreshTokenGrant(config, String(first.refresh_token)), { error: 'invalid_grant' })
    await assert.rejects(client.refreshTokenGrant(config, String(second.refresh_token)), { error: 'invalid_grant' })
    await assert.rejects(client.fetchUserInfo(config, second.access_token, 'ada'), ({ cause }: client.WWWAuthenticateChallengeError) => {
      assert.equal(cause[0]?.scheme, 'bearer')
      return true
    })
  })
})

/** Logs out at the library's URL (RP-Initiated Logout §2). Afterwards neither the browser nor a copy of its cookies has a session. */
async function assertLogsOut(server: TestServer, config: client.Configuration, browser: Browser, idToken: string): Promise<void> {
  const silently = async () => {
    const { checks, url } = await request(config, { prompt: 'none' })
    return client.authorizationCodeGrant(config, await addressAfterLogin(server, url, { browser, subject: 'ada' }), checks)
  }
  await assert.rejects(silently(), { error: 'consent_required' })
  const copied = browser.cookieHeader
  const url = client.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri: bye, state: 'so long' })
  const end = await addressAfterLogout(server, browser, url)
  assert.deepEqual([end.origin + end.pathname, end.searchParams.get('state')], [bye, 'so long'])
  await assert.rejects(silently(), { error: 'login_required' })
  const { pathname, search } = (await request(config, { prompt: 'none' })).url
  const { headers } = await server.public(pathname + search, { headers: { cookie: copied } })
  assert.equal(new URL(String(headers.location)).searchParams.get('error'), 'login_required')
}

const because = (words: RegExp) => (error: Error) => words.test(String(error.cause))

suite('openid-client accepts the response', () => {
  test('from a form (response_mode=form_post)', async () => {
    await using server = await startServer()
    const config = await registered(server)
    const { checks, url } = await request(config, { response_mode: 'form_post', state: `a "state" & <more>` })
    const form = await formAfterLogin(server, url, ada)
    const tokens = await client.authorizationCodeGrant(config, form, { ...checks, expectedState: `a "state" & <more>` })
    assert.equal(tokens.claims()?.sub, 'ada')
  })

  test('only with the iss of the requested issuer (RFC 9207 §2), success or error', async () => {
    await using server = await startServer()
    const config = await registered(server)
    const { checks, url } = await request(config)
    const refusal = await request(config, { prompt: 'none' })
    const answers = [await addressAfterLogin(server, url, ada), await addressAfterLogin(server, refusal.url)]
    for (const answer of answers) {
      const expectedState = String(answer.searchParams.get('state'))
      assert.equal(answer.searchParams.get('iss'), server.issuer)
      const forged = new URL(answer)
      forged.searchParams.set('iss', 'https://attacker.example')
      await assert.rejects(client.authorizationCodeGrant(config, forged, { ...checks, expectedState }), because(/unexpected "iss"/))
      const without = new URL(answer)
      without.searchParams.delete('iss')
      await assert.rejects(
        client.authorizationCodeGrant(config, without, { ...checks, expectedState }),
        because(/"iss" \(issuer\) missing/),
      )
    }
    const [granted = url, refused = url] = answers
    await assert.rejects(client.authorizationCodeGrant(config, refused, refusal.checks), { error: 'login_required' })
    assert.equal((await client.authorizationCodeGrant(config, granted, checks)).claims()?.sub, 'ada')
  })

  test('with the exact error of the login application', async () => {
    await using server = await startServer()
    const config = await registered(server)
    const { checks, url } = await request(config)
    const browser = new Browser(server)
    const challenge = new URL(String((await browser.get(url.href)).headers.location)).searchParams.get('login_challenge')
    const { json } = await server.admin(`/admin/oauth2/auth/requests/login/reject?login_challenge=${challenge}`, {
      method: 'PUT',
      json: { error: 'access_denied', error_description: 'Not today.' },
    })
    const refused = new URL(String((await browser.get(json.redirect_to)).headers.location))
    await assert.rejects(client.authorizationCodeGrant(config, refused, checks), {
      error: 'access_denied',
      error_description: 'Not today.',
    })
  })

  test('not with another verifier or for another client; the right request still succeeds', async () => {
    await using server = await startServer()
    const [config, other] = [await registered(server), await registered(server)]
    const { checks, url } = await request(config)
    const back = await addressAfterLogin(server, url, ada)
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    await assert.rejects(client.authorizationCodeGrant(config, back, { ...checks, pkceCodeVerifier }), { error: 'invalid_grant' })
    await assert.rejects(client.authorizationCodeGrant(other, back, checks), { error: 'invalid_grant' })
    assert.ok((await client.authorizationCodeGrant(config, back, checks)).access_token)
  })
})

suite('openid-client reads userinfo', () => {
  test('signed, and checks the signature', async () => {
    await using server = await startServer()
    const config = await registered(server, undefined, { userinfo_signed_response_alg: 'RS256' })
    assert.equal(config.clientMetadata().userinfo_signed_response_alg, 'RS256')
    const tokens = await logsIn(server, config)
    const { sub, name, iss, aud } = await client.fetchUserInfo(config, tokens.access_token, 'ada')
    assert.deepEqual([sub, name, iss, aud], ['ada', 'Ada', server.issuer, [config.clientMetadata().client_id]])
  })

  test('of a pairwise client: the subject is its own and the same as in the ID token', async () => {
    const pairwise = { supported_types: ['public', 'pairwise'], pairwise: { salt: 'a-salt-for-tests' } }
    await using server = await startServer({ settings: { oidc: { subject_identifiers: pairwise } } })
    const member = { subject_type: 'pairwise' }
    const elsewhere = { ...member, redirect_uris: ['https://elsewhere.example/cb'], post_logout_redirect_uris: [] }
    const subjects = []
    for (const more of [member, member, elsewhere]) {
      const config = await registered(server, undefined, more)
      const [redirect_uri = ''] = config.clientMetadata().redirect_uris as string[]
      const browser = new Browser(server)
      const { checks, url } = await request(config, { redirect_uri })
      const tokens = await client.authorizationCodeGrant(config, await addressAfterLogin(server, url, { browser, ...ada }), checks)
      const sub = String(tokens.claims()?.sub)
      await client.fetchUserInfo(config, tokens.access_token, sub)
      const refreshed = await client.refreshTokenGrant(config, String(tokens.refresh_token))
      assert.equal(refreshed.claims()?.sub, sub)
      const hinted = await request(config, { redirect_uri, id_token_hint: String(tokens.id_token), prompt: 'login' })
      const back = await addressAfterLogin(server, hinted.url, { browser, ...ada })
      assert.equal((await client.authorizationCodeGrant(config, back, hinted.checks)).claims()?.sub, sub)
      subjects.push(sub)
      await addressAfterLogout(server, browser, client.buildEndSessionUrl(config, { id_token_hint: String(tokens.id_token) }))
    }
    const [one, same, foreign] = subjects
    assert.equal(one, same)
    assert.notEqual(one, foreign)
    assert.equal(subjects.includes('ada'), false)
  })
})
