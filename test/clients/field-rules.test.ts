import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { OAuthTokensSchema } from '@modelcontextprotocol/sdk/shared/auth.js'
import { authorizeAddress, Browser, logIn, makeProofKey, parameterOf } from '../support/browser.ts'
import { obtainCode, obtainTokens, redirectUri, registerLoginClient } from '../support/login-client.ts'
import type { Received, Sent } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { answerAfterLogin } from './person.ts'
import { type RegistrationBody, registrationBodies } from './registration-bodies.ts'

/** What clients in use need from an authorization server, according to their source code. Servers that broke one of these rules broke some client. */
suite('rules that clients in use depend on', () => {
  let server: TestServer
  before(async () => {
    server = await startServer()
  })
  after(() => server[Symbol.asyncDispose]())

  const website = { client_name: 'Website', redirect_uris: ['https://rp.example/cb'] }
  const machine = { client_name: 'Machine', grant_types: ['client_credentials'] }
  const app = { ...website, token_endpoint_auth_method: 'none' }
  const register = (json: unknown) => server.public('/oauth2/register', { method: 'POST', json })
  const at = ({ json }: Received, method: string, body?: unknown) =>
    server.public(`/oauth2/register/${json.client_id}`, {
      method,
      bearer: json.registration_access_token,
      ...(body !== undefined && { json: body }),
    })

  /** The responses to POST, GET and PUT for one registration. */
  async function answers(body: unknown): Promise<Received[]> {
    const registered = await register(body)
    const read = await at(registered, 'GET')
    const updated = await at(registered, 'PUT', read.json)
    return [registered, read, updated]
  }
  const everyAnswer = async (): Promise<Received[]> =>
    (await Promise.all([...registrationBodies.map(({ body }) => body), website, machine, app].map(answers))).flat()

  test('1. a registration is answered with 201', async () => {
    for (const { body, client } of registrationBodies) assert.equal((await register(body)).status, 201, client)
  })

  test('2. responses are one flat object in application/json with no-store, and no redirect', async () => {
    for (const { status, headers, json } of await everyAnswer()) {
      assert.ok(status === 200 || status === 201)
      assert.match(String(headers['content-type']), /^application\/json(?:;|$)/)
      assert.match(String(headers['cache-control']), /\bno-store\b/)
      assert.equal(Array.isArray(json), false)
      const nested = Object.entries(json).filter(([name, value]) => name !== 'jwks' && typeof value === 'object' && !Array.isArray(value))
      assert.deepEqual(nested, [])
    }
  })

  test('3. responses have no null and no empty string, even if the request had them', async () => {
    const empty = { client_uri: '', logo_uri: '', tos_uri: null, contacts: null, jwks_uri: '', jwks: {}, scope: '', client_name: null }
    for (const { json } of [...(await everyAnswer()), ...(await answers({ ...empty, redirect_uris: website.redirect_uris }))]) {
      assert.deepEqual(
        Object.entries(json).filter(([, value]) => value === null || value === ''),
        [],
      )
    }
  })

  test('4. redirect_uris is always an array, empty for a client without redirect URIs', async () => {
    for (const { json } of await everyAnswer()) assert.ok(Array.isArray(json.redirect_uris))
    for (const { json } of await answers(machine)) assert.deepEqual(json.redirect_uris, [])
  })

  test('5. client_id is a non-empty string; a public client has no client_secret', async () => {
    for (const { json } of await everyAnswer()) assert.match(json.client_id, /./)
    for (const { json } of await answers(app)) assert.equal('client_secret' in json, false)
  })

  test('6. client_secret_expires_at is an integer and present if client_secret is; client_id_issued_at is an integer', async () => {
    const [registered] = await answers(website)
    assert.equal(registered?.json.client_secret_expires_at, 0)
    for (const { json } of await everyAnswer()) {
      assert.equal('client_secret_expires_at' in json, 'client_secret' in json)
      assert.ok(Number.isInteger(json.client_secret_expires_at ?? 0))
      assert.ok(Number.isInteger(json.client_id_issued_at))
    }
  })

  test('7. registration_access_token always comes with registration_client_uri; the responses to POST and PUT have both', async () => {
    for (const { json } of await everyAnswer()) assert.match(json.registration_client_uri, /^http/)
    const [registered, , updated] = await answers(website)
    for (const answer of [registered, updated]) assert.equal(typeof answer?.json.registration_access_token, 'string')
  })

  test('8. token_endpoint_auth_method is always present: the requested one, or else client_secret_basic', async () => {
    for (const { json } of await everyAnswer()) assert.equal(typeof json.token_endpoint_auth_method, 'string')
    for (const { json } of await answers(website)) assert.equal(json.token_endpoint_auth_method, 'client_secret_basic')
    for (const method of ['client_secret_basic', 'client_secret_post', 'none']) {
      for (const { json } of await answers({ ...website, token_endpoint_auth_method: method }))
        assert.equal(json.token_endpoint_auth_method, method)
    }
  })

  test('9. generated ids and secrets contain only characters that no encoding changes', async () => {
    for (const { json } of await everyAnswer()) {
      for (const made of [json.client_id, json.client_secret ?? 'none', json.registration_access_token ?? 'none']) {
        assert.match(made, /^[A-Za-z0-9._~-]+$/)
        assert.equal(encodeURIComponent(made), made)
      }
    }
  })

  test('10. jwks is present only if the client sent it', async () => {
    const sent = new Set(registrationBodies.filter(({ body }) => body.jwks !== undefined).map(({ body }) => JSON.stringify(body.jwks)))
    assert.equal(sent.size, 1)
    for (const { json } of await everyAnswer()) assert.ok(json.jwks === undefined || sent.has(JSON.stringify(json.jwks)))
    for (const { json } of await answers({ ...website, jwks: {} })) assert.equal('jwks' in json, false)
  })

  test('11. a URL that would run a script is refused', async () => {
    for (const script of ['javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x', 'vbscript:x']) {
      for (const name of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'client_uri#fr', 'initiate_login_uri', 'jwks_uri']) {
        const refused = await register({ ...website, [name]: script })
        assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_client_metadata'], `${name} ${script}`)
      }
      const refused = await register({ ...website, redirect_uris: [...website.redirect_uris, script] })
      assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_redirect_uri'], script)
    }
  })

  test('12. unknown members are accepted and not echoed; a software_statement is echoed as a string or not at all', async () => {
    for (const { json } of await answers({ ...website, nonsense: { deep: [1] }, software_statement: 'a.b.c' })) {
      assert.equal('nonsense' in json, false)
      assert.ok(json.software_statement === undefined || typeof json.software_statement === 'string')
    }
  })

  test('13. every refused registration is 400 with the strings error and error_description', async () => {
    const refused = [
      {},
      [],
      'x',
      { redirect_uris: 'x' },
      { ...website, token_endpoint_auth_method: 'x' },
      { ...website, scope: '*' },
      { ...website, client_secret: 'chosen' },
    ]
    for (const { status, headers, json } of await Promise.all(refused.map(register))) {
      assert.equal(status, 400)
      assert.match(String(headers['content-type']), /^application\/json/)
      assert.deepEqual([typeof json.error, typeof json.error_description], ['string', 'string'])
    }
  })

  test('14. the metadata has the exact issuer, the arrays that clients need, S256 and no null', async () => {
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const { json } = await server.public(`/.well-known/${name}`)
      assert.equal(json.issuer, server.issuer)
      assert.deepEqual(json.response_types_supported, ['code'])
      assert.ok(json.code_challenge_methods_supported.includes('S256'))
      assert.deepEqual(
        Object.entries(json).filter(([, value]) => value === null || value === ''),
        [],
      )
      assert.equal(json.authorization_response_iss_parameter_supported, true)
    }
  })

  test('15. an unknown client is 401 invalid_client at the token endpoint, with any authentication method and any grant', async () => {
    const grants = [
      { grant_type: 'client_credentials' },
      { grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://rp.example/cb', code_verifier: 'x' },
      { grant_type: 'refresh_token', refresh_token: 'ory_rt_x' },
    ]
    const gone = await register(website)
    assert.equal((await at(gone, 'DELETE')).status, 204)
    const { client_id: id, client_secret: secret } = gone.json
    for (const form of grants) {
      const attempts: { basic?: [string, string]; form: Record<string, string> }[] = [
        { basic: [id, secret], form },
        { form: { ...form, client_id: id, client_secret: secret } },
        { form: { ...form, client_id: id } },
      ]
      for (const attempt of attempts) {
        const refused = await server.public('/oauth2/token', { method: 'POST', ...attempt })
        assert.deepEqual([refused.status, refused.json.error], [401, 'invalid_client'], form.grant_type)
        assert.equal(refused.text.includes('unauthorized_client'), false)
      }
    }
  })
})

suite('rules that clients in use depend on, after a login', () => {
  let server: TestServer
  before(async () => {
    server = await startServer()
  })
  after(() => server[Symbol.asyncDispose]())

  const ask = (sent: Sent) => server.public('/oauth2/token', { method: 'POST', ...sent })
  const exchange = (code: string, verifier: string) => ({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })

  test('5. and 8. a secret is accepted by the registered method and by the other one; a request without it is 401', async () => {
    for (const method of ['client_secret_basic', 'client_secret_post']) {
      const client = await registerLoginClient(server, { token_endpoint_auth_method: method })
      const { code, verifier } = await obtainCode(server, client)
      const form = { ...exchange(code, verifier), client_id: client.id }
      assert.equal((await ask({ form })).status, 401, 'no secret')
      const byPost = await ask({ form: { ...form, client_secret: client.secret } })
      assert.equal(byPost.status, 200, byPost.text)
      const refreshing = { grant_type: 'refresh_token', refresh_token: byPost.json.refresh_token }
      const byBasic = await ask({ form: refreshing, basic: [client.id, client.secret] })
      assert.equal(byBasic.status, 200, byBasic.text)
    }
  })

  test('9. Basic credentials are accepted with and without percent-encoding', async () => {
    const client = await registerLoginClient(server)
    const pair = [client.id, client.secret]
    for (const credentials of [pair.join(':'), pair.map(encodeURIComponent).join(':')]) {
      const { code, verifier } = await obtainCode(server, client)
      const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
      assert.equal((await ask({ form: exchange(code, verifier), headers: { authorization } })).status, 200)
    }
  })

  test('14. every authorization response has the exact iss, in each response mode, success or error', async () => {
    const { id } = await registerLoginClient(server)
    const wishes: Record<string, Record<string, string>> = {
      '': {},
      login_required: { prompt: 'none' },
      invalid_request: { code_challenge_method: 'plain' },
      unsupported_response_type: { response_type: 'token' },
      invalid_target: { resource: 'not an address' },
    }
    for (const [error, wish] of Object.entries(wishes)) {
      for (const mode of ['query', 'fragment', 'form_post']) {
        const proof = { code_challenge: makeProofKey().challenge, code_challenge_method: 'S256' }
        const parameters = { redirect_uri: redirectUri, scope: 'openid', response_mode: mode, ...proof, ...wish }
        const url = new URL(authorizeAddress(id, parameters), server.publicUrl)
        const answer = await answerAfterLogin(server, url)
        assert.deepEqual(answer.getAll('iss'), [server.issuer], `${error} ${mode}`)
        assert.equal(answer.get('error') ?? '', error, mode)
        assert.equal(answer.has('code'), error === '', mode)
      }
    }
  })

  test('15. a deleted client is 401 invalid_client with its valid code or refresh token, and the person sees an error page', async () => {
    const client = await registerLoginClient(server)
    const { refresh_token } = await obtainTokens(server, client)
    const { code, verifier } = await obtainCode(server, client)
    assert.equal((await server.admin(`/admin/clients/${client.id}`, { method: 'DELETE' })).status, 204)
    for (const form of [exchange(code, verifier), { grant_type: 'refresh_token', refresh_token }]) {
      for (const sent of [{ form, basic: [client.id, client.secret] as const }, { form: { ...form, client_id: client.id } }]) {
        const { status, json } = await ask(sent)
        assert.deepEqual([status, json.error], [401, 'invalid_client'])
      }
    }
    const page = await server.public(authorizeAddress(client.id, { redirect_uri: redirectUri }))
    assert.deepEqual([page.status, page.headers.location], [400, undefined])
    assert.match(page.text, /not registered here/)
  })

  test('15. an invalid code or refresh token is invalid_grant: clients treat other codes as a lost registration', async () => {
    const client = await registerLoginClient(server)
    const other = await registerLoginClient(server)
    const { code, verifier } = await obtainCode(server, client)
    const { refresh_token } = await obtainTokens(server, client)
    const bad: Record<string, { form: Record<string, string>; by?: typeof client }> = {
      'a code that was never issued': { form: exchange('ory_ac_x', verifier) },
      'the code of another client': { form: exchange(code, verifier), by: other },
      'a wrong verifier': { form: exchange(code, makeProofKey().verifier) },
      'another redirect URI': { form: { ...exchange(code, verifier), redirect_uri: 'https://app.example/other' } },
      'a refresh token that was never issued': { form: { grant_type: 'refresh_token', refresh_token: 'ory_rt_x' } },
      'the refresh token of another client': { form: { grant_type: 'refresh_token', refresh_token }, by: other },
    }
    for (const [what, { form, by = client }] of Object.entries(bad)) {
      const { status, json } = await ask({ form, basic: [by.id, by.secret] })
      assert.deepEqual([status, json.error, typeof json.error_description], [400, 'invalid_grant', 'string'], what)
    }
    assert.equal((await ask({ form: exchange(code, verifier), basic: [client.id, client.secret] })).status, 200)
  })
})

suite('every client in use completes a login', () => {
  let server: TestServer
  before(async () => {
    server = await startServer()
  })
  after(() => server[Symbol.asyncDispose]())

  for (const registration of registrationBodies) test(registration.client, () => everyRedirect(server, registration))
})

/** Logs in at each redirect URI as MCP clients do: with a resource, PKCE, and a scope if the client has one. */
async function everyRedirect(server: TestServer, { body }: RegistrationBody): Promise<void> {
  const { json: client } = await server.public('/oauth2/register', { method: 'POST', json: body })
  for (const registered of client.redirect_uris as string[]) {
    const redirect_uri = anyPort(registered)
    const { verifier, challenge } = makeProofKey()
    const parameters = {
      redirect_uri,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      resource: 'https://mcp.example/mcp',
      ...(typeof body.scope === 'string' && body.scope !== '' && { scope: body.scope }),
    }
    const back = await logIn(server, new Browser(server), authorizeAddress(client.client_id, parameters), { subject: 'ada' })
    assert.ok(String(back.headers.location).startsWith(`${redirect_uri}?`), `${back.headers.location} ${back.text}`)
    // The private key of this client is not known here, so it cannot redeem the code.
    if (client.token_endpoint_auth_method !== 'private_key_jwt')
      await assertTokens(server, client, { code: parameterOf(back, 'code'), redirect_uri, code_verifier: verifier })
  }
}

/** A native app listens on any free port (RFC 8252 §7.3). */
const anyPort = (uri: string): string => uri.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1))(?::\d+)?\//, '$1:49152/')

interface RegisteredClient {
  readonly client_id: string
  readonly client_secret?: string
  readonly token_endpoint_auth_method: string
  readonly grant_types: readonly string[]
  readonly scope: string
}

async function assertTokens(server: TestServer, client: RegisteredClient, proof: Record<string, string>): Promise<void> {
  const { client_id, client_secret } = client
  const isBasic = client.token_endpoint_auth_method === 'client_secret_basic'
  const credentials = { client_id, ...(client_secret !== undefined && { client_secret }) }
  const ask = (form: Record<string, string>) =>
    server.public(
      '/oauth2/token',
      isBasic ? { method: 'POST', form, basic: [client_id, client_secret ?? ''] } : { method: 'POST', form: { ...form, ...credentials } },
    )
  let answer = await ask({ grant_type: 'authorization_code', resource: 'https://mcp.example/mcp', ...proof })
  assert.equal(answer.status, 200, answer.text)
  const mayRefresh = client.grant_types.includes('refresh_token')
  for (const turn of ['first', 'refreshed']) {
    assert.match(String(answer.headers['cache-control']), /\bno-store\b/)
    const tokens = OAuthTokensSchema.parse(answer.json)
    assert.equal(tokens.token_type.toLowerCase(), 'bearer')
    assert.equal(typeof answer.json.expires_in, 'number')
    assert.deepEqual(tokens.scope, client.scope, turn)
    assert.equal(tokens.id_token !== undefined, client.scope.split(' ').includes('openid'), turn)
    const isOffline = /\boffline(?:_access)?\b/.test(client.scope)
    assert.equal(tokens.refresh_token !== undefined, mayRefresh && isOffline, turn)
    if (tokens.refresh_token === undefined) return
    answer = await ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, resource: 'https://mcp.example/mcp' })
    assert.equal(answer.status, 200, answer.text)
  }
}
