import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import { Browser } from '../support/browser.ts'
import { areActive } from '../support/login-client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { addressAfterLogin, addressAfterLogout, answerAfterLogin, formAfterLogin } from './person.ts'
import { recordingFetch } from './recording-fetch.ts'

/** Allows http on loopback. All other checks of the library stay on. */
const plain = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: recordingFetch() as never }
const home = 'http://127.0.0.1:4711/cb'
const app = {
  client_name: 'oauth4webapi',
  redirect_uris: ['http://127.0.0.1/cb'],
  post_logout_redirect_uris: ['http://127.0.0.1/bye'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid email offline_access',
}

interface Party {
  readonly server: TestServer
  readonly as: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly proof: oauth.ClientAuth
}

async function discovered(server: TestServer): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(server.issuer)
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain))
}

async function registered(as: oauth.AuthorizationServer, more: object): Promise<oauth.Client> {
  const response = await oauth.dynamicClientRegistrationRequest(as, { ...app, ...more } as never, plain)
  return (await oauth.processDynamicClientRegistrationResponse(response)) as oauth.Client
}

/** For each kind of client: how it registers and how it authenticates. */
const kinds: Record<string, (as: oauth.AuthorizationServer, more?: object) => Promise<Pick<Party, 'client' | 'proof'>>> = {
  async client_secret_basic(as, more) {
    const client = await registered(as, { token_endpoint_auth_method: 'client_secret_basic', ...more })
    return { client, proof: oauth.ClientSecretBasic(String(client.client_secret)) }
  },
  async client_secret_post(as, more) {
    const client = await registered(as, { token_endpoint_auth_method: 'client_secret_post', ...more })
    return { client, proof: oauth.ClientSecretPost(String(client.client_secret)) }
  },
  async private_key_jwt(as, more) {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'the-key', alg: 'ES256', use: 'sig' }
    const client = await registered(as, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] }, ...more })
    return { client, proof: oauth.PrivateKeyJwt({ key: privateKey, kid: 'the-key' }) }
  },
  async none(as, more) {
    return { client: await registered(as, { token_endpoint_auth_method: 'none', ...more }), proof: oauth.None() }
  },
}

async function party(server: TestServer, kind = 'client_secret_basic', more: object = {}): Promise<Party> {
  const as = await discovered(server)
  return { server, as, ...(await kinds[kind]?.(as, more)) } as Party
}

async function request({ as, client }: Party, more: Record<string, string> = {}) {
  const [verifier, nonce, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomNonce(), oauth.generateRandomState()]
  const url = new URL(String(as.authorization_endpoint))
  const parameters = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: home,
    scope: app.scope,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
    ...more,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url, verifier, nonce, state }
}

type Asked = Awaited<ReturnType<typeof request>>

/** Logs in with every check of the library, including the signature of the ID token. */
async function redeem({ as, client, proof }: Party, answer: URLSearchParams, { verifier, nonce, state }: Asked) {
  const parameters = oauth.validateAuthResponse(as, client, answer, state)
  const response = await oauth.authorizationCodeGrantRequest(as, client, proof, parameters, home, verifier, plain)
  const checks = { expectedNonce: nonce, requireIdToken: true }
  return validated(as, response, (copy) => oauth.processAuthorizationCodeResponse(as, client, copy, checks))
}

async function refreshed({ as, client, proof }: Party, refreshToken: string) {
  const response = await oauth.refreshTokenGrantRequest(as, client, proof, refreshToken, plain)
  return validated(as, response, (copy) => oauth.processRefreshTokenResponse(as, client, copy))
}

async function validated<T>(as: oauth.AuthorizationServer, response: Response, process: (response: Response) => Promise<T>): Promise<T> {
  const found = await process(response)
  await oauth.validateApplicationLevelSignature(as, response, plain)
  return found
}

async function userinfo({ as, client }: Party, accessToken: string, subject: string) {
  return oauth.processUserInfoResponse(as, client, subject, await oauth.userInfoRequest(as, client, accessToken, plain))
}

const ada = { subject: 'ada', login: { remember: true }, consent: { session: { id_token: { email: 'ada@x.example' } } } }
const asTokens = (tokens: oauth.TokenEndpointResponse) => ({
  access_token: tokens.access_token,
  refresh_token: String(tokens.refresh_token),
  id_token: String(tokens.id_token),
})

suite('oauth4webapi completes a login', () => {
  for (const kind of Object.keys(kinds)) {
    test(`${kind}: code, ID token, userinfo, refresh, revocation, logout`, async () => {
      await using server = await startServer()
      const here = await party(server, kind)
      const browser = new Browser(server)
      const asked = await request(here)
      const tokens = await redeem(here, (await addressAfterLogin(server, asked.url, { browser, ...ada })).searchParams, asked)
      assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'ada')
      assert.deepEqual([tokens.token_type, tokens.scope], ['bearer', app.scope])
      assert.equal((await userinfo(here, tokens.access_token, 'ada')).email, 'ada@x.example')

      const next = await refreshed(here, String(tokens.refresh_token))
      assert.equal(oauth.getValidatedIdTokenClaims(next)?.sub, 'ada')
      assert.deepEqual(await areActive(server, asTokens(next)), [true, true])
      await oauth.processRevocationResponse(await oauth.revocationRequest(here.as, here.client, here.proof, next.access_token, plain))
      assert.equal((await areActive(server, asTokens(next)))[0], false)

      const end = new URL(String(here.as.end_session_endpoint))
      end.searchParams.set('id_token_hint', String(next.id_token))
      end.searchParams.set('post_logout_redirect_uri', 'http://127.0.0.1/bye')
      assert.equal((await addressAfterLogout(server, browser, end)).href, 'http://127.0.0.1/bye')
      const silently = await request(here, { prompt: 'none' })
      const refused = await addressAfterLogin(server, silently.url, { browser })
      assert.throws(
        () => oauth.validateAuthResponse(here.as, here.client, refused, silently.state),
        (error: oauth.AuthorizationResponseError) => error.error === 'login_required',
      )
    })
  }

  test('with the response in the fragment, for a browser app', async () => {
    await using server = await startServer()
    const here = await party(server, 'none')
    const asked = await request(here, { response_mode: 'fragment' })
    const back = await addressAfterLogin(server, asked.url, ada)
    assert.equal(back.search, '')
    assert.ok((await redeem(here, new URLSearchParams(back.hash.slice(1)), asked)).id_token)
  })

  test('with the response in a form', async () => {
    await using server = await startServer()
    const here = await party(server)
    const asked = await request(here, { response_mode: 'form_post' })
    const form = await formAfterLogin(server, asked.url, ada)
    assert.equal(form.url, home)
    assert.ok((await redeem(here, new URLSearchParams(await form.text()), asked)).id_token)
  })

  test('and gets an error in each response mode', async () => {
    await using server = await startServer()
    const here = await party(server)
    for (const mode of ['query', 'fragment', 'form_post']) {
      const asked = await request(here, { response_mode: mode, prompt: 'none' })
      const answer = await answerAfterLogin(server, asked.url)
      assert.throws(
        () => oauth.validateAuthResponse(here.as, here.client, answer, asked.state),
        (error: oauth.AuthorizationResponseError) => error.error === 'login_required',
        mode,
      )
    }
  })

  test('and reads signed userinfo', async () => {
    await using server = await startServer()
    const here = await party(server, 'client_secret_post', { userinfo_signed_response_alg: 'RS256' })
    assert.ok(here.as.userinfo_signing_alg_values_supported?.includes('RS256'))
    const asked = await request(here)
    const tokens = await redeem(here, (await addressAfterLogin(server, asked.url, ada)).searchParams, asked)
    const response = await oauth.userInfoRequest(here.as, here.client, tokens.access_token, plain)
    const claims = await validated(here.as, response, (copy) => oauth.processUserInfoResponse(here.as, here.client, 'ada', copy))
    assert.equal(claims.email, 'ada@x.example')
  })

  test('and gets the same pairwise subject in ID token and userinfo', async () => {
    const pairwise = { supported_types: ['public', 'pairwise'], pairwise: { salt: 'a-salt-for-tests' } }
    await using server = await startServer({ settings: { oidc: { subject_identifiers: pairwise } } })
    const here = await party(server, 'none', { subject_type: 'pairwise' })
    const asked = await request(here)
    const tokens = await redeem(here, (await addressAfterLogin(server, asked.url, ada)).searchParams, asked)
    const subject = String(oauth.getValidatedIdTokenClaims(tokens)?.sub)
    assert.match(subject, /^[0-9a-f]{64}$/)
    assert.equal((await userinfo(here, tokens.access_token, subject)).sub, subject)
    await assert.rejects(userinfo(here, tokens.access_token, 'ada'), /unexpected "response" body "sub"/)
  })

  test('and a resource server verifies its JWT access token (RFC 9068 §4)', async () => {
    const api = 'https://api.example/v1'
    await using server = await startServer({
      settings: { strategies: { access_token: 'jwt' }, oidc: { dynamic_client_registration: { allowed_audience: [api] } } },
    })
    const here = await party(server)
    const asked = await request(here, { resource: api })
    const tokens = await redeem(here, (await addressAfterLogin(server, asked.url, ada)).searchParams, asked)
    const call = () => new Request(api, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    const claims = await oauth.validateJwtAccessToken(here.as, call(), api, plain)
    assert.deepEqual([claims.sub, claims.client_id, claims.scope], ['ada', here.client.client_id, app.scope])
    await assert.rejects(oauth.validateJwtAccessToken(here.as, call(), 'https://other.example', plain))
    assert.equal((await userinfo(here, tokens.access_token, 'ada')).sub, 'ada')
    const next = await refreshed(here, String(tokens.refresh_token))
    const again = new Request(api, { headers: { authorization: `Bearer ${next.access_token}` } })
    assert.equal((await oauth.validateJwtAccessToken(here.as, again, api, plain)).sub, 'ada')
  })
})
