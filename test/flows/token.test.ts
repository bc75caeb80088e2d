import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { recordSecrets } from '../support/leaks.ts'
import { askToken, createClient, introspect } from '../support/operator.ts'
import type { Received, Sent } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** The part of Hydra's sentences before the hint. */
const sentence = {
  invalidRequest:
    'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.',
  invalidClient:
    'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).',
  invalidScope: 'The requested scope is invalid, unknown, or malformed.',
  unauthorizedClient: 'The client is not authorized to request a token using this method.',
}

const post = (server: TestServer, sent: Sent) => server.public('/oauth2/token', { method: 'POST', ...sent })
const form = { grant_type: 'client_credentials' }

function assertRefused(answer: Received, status: number, error: string, description: string): void {
  assert.deepEqual([answer.status, answer.json], [status, { error, error_description: description }])
  assert.equal(answer.headers['content-type'], 'application/json;charset=UTF-8')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers.pragma, 'no-cache')
  if (status === 401) assert.match(String(answer.headers['www-authenticate']), /^Basic realm=/)
}

describe('the response', () => {
  test('is an opaque token in the format of RFC 6749 §5.1 and of Hydra, with no-store', async () => {
    await using server = await startServer()
    const client = await createClient(server, { scope: 'read write' })
    const answer = await askToken(server, client, { scope: 'read' })
    assert.equal(answer.status, 200)
    const { access_token: token, ...rest } = answer.json
    assert.match(token, /^ory_at_[\w-]{43}$/)
    assert.deepEqual(rest, { expires_in: 3600, scope: 'read', token_type: 'bearer' })
    assert.equal(answer.headers['content-type'], 'application/json;charset=UTF-8')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers.pragma, 'no-cache')
    assert.notEqual((await askToken(server, client)).json.access_token, token)
  })

  test('has expires_in from ttl.access_token or the client’s own lifespan; both can change while the server runs', async () => {
    await using server = await startServer({ settings: { ttl: { access_token: '10m' } } })
    const plain = await createClient(server)
    const own = await createClient(server, { client_credentials_grant_access_token_lifespan: '90s' })
    const expiresIn = async (client: { id: string; secret: string }) => (await askToken(server, client)).json.expires_in
    assert.deepEqual([await expiresIn(plain), await expiresIn(own)], [600, 90])
    server.reconfigure({ ttl: { access_token: '2h' } })
    assert.deepEqual([await expiresIn(plain), await expiresIn(own)], [7200, 90])
    const put = await server.admin(`/admin/clients/${own.id}/lifespans`, {
      method: 'PUT',
      json: { client_credentials_grant_access_token_lifespan: '5m' },
    })
    assert.equal(put.status, 200)
    assert.equal(await expiresIn(own), 300)
  })

  test('a token is active until exactly its exp', async () => {
    let now = Date.parse('2026-05-01T12:00:00.789Z')
    await using server = await startServer({ clock: () => now })
    const { access_token: token, expires_in: expiresIn } = (await askToken(server, await createClient(server))).json
    const { exp, iat } = await introspect(server, token)
    assert.equal(iat, Math.floor(now / 1000))
    assert.equal(exp, iat + expiresIn)
    now = exp * 1000 - 1
    assert.equal((await introspect(server, token)).active, true)
    now = exp * 1000
    assert.deepEqual(await introspect(server, token), { active: false })
  })
})

describe('scope', () => {
  const granted = async (server: TestServer, members: Record<string, unknown>, scope?: string) => {
    const answer = await askToken(server, await createClient(server, members), scope === undefined ? {} : { scope })
    return answer.json.scope ?? answer.json.error
  }

  test('is empty if none is requested, may be a part of the registered scope, and nothing beyond it', async () => {
    await using server = await startServer()
    assert.equal(await granted(server, { scope: 'read write' }), '')
    assert.equal(await granted(server, { scope: 'read write' }, ''), '')
    assert.equal(await granted(server, { scope: 'read write' }, 'write'), 'write')
    assert.equal(await granted(server, { scope: 'read write' }, 'write  read write'), 'write read')
    const refused = await askToken(server, await createClient(server, { scope: 'read' }), { scope: 'read admin' })
    assertRefused(refused, 400, 'invalid_scope', `${sentence.invalidScope} The OAuth 2.0 Client is not allowed to request scope 'admin'.`)
  })

  test('is the whole registered scope by default with oauth2.client_credentials.default_grant_allowed_scope', async () => {
    await using server = await startServer({ settings: { oauth2: { client_credentials: { default_grant_allowed_scope: true } } } })
    assert.equal(await granted(server, { scope: 'read write' }), 'read write')
    assert.equal(await granted(server, { scope: 'read write' }, 'read'), 'read')
  })

  test('is matched by wildcard or exactly for the operator’s clients, according to strategies.scope', async () => {
    await using wildcard = await startServer()
    for (const scope of ['notes.read', 'notes.read.all', 'notes.*'])
      assert.equal(await granted(wildcard, { scope: 'notes.*' }, scope), scope)
    for (const scope of ['notes', 'notes.', 'other.read', 'notesXread'])
      assert.equal(await granted(wildcard, { scope: 'notes.*' }, scope), 'invalid_scope')
    await using exact = await startServer({ settings: { strategies: { scope: 'exact' } } })
    assert.equal(await granted(exact, { scope: 'notes.*' }, 'notes.read'), 'invalid_scope')
    assert.equal(await granted(exact, { scope: 'notes.*' }, 'notes.*'), 'notes.*')
  })
})

describe('audience and resource', () => {
  test('an operator’s client may request the same origin with the registered path or one below it, as in Hydra', async () => {
    await using server = await startServer()
    const client = await createClient(server, { audience: ['https://api.example/v1', 'urn:legacy'] })
    for (const audience of ['https://api.example/v1', 'https://api.example/v1/', 'https://api.example/v1/notes', 'urn:legacy']) {
      const { json } = await askToken(server, client, { audience })
      assert.deepEqual((await introspect(server, json.access_token)).aud, [audience])
    }
    for (const audience of [
      'https://other.example/',
      'https://api.example/',
      'https://api.example/v10',
      'http://api.example/v1',
      'urn:other',
      'v1',
    ]) {
      const refused = await askToken(server, client, { audience })
      const hint = `Requested audience '${audience}' has not been whitelisted by the OAuth 2.0 Client.`
      assertRefused(refused, 400, 'invalid_request', `${sentence.invalidRequest} ${hint}`)
    }
  })

  test('several audiences may be in one or in several parameters, and resources likewise with their own error (RFC 8707 §2)', async () => {
    await using server = await startServer()
    const client = await createClient(server, { audience: ['https://a.example', 'https://b.example'] })
    const audienceOf = async (asked: Record<string, string | string[]>) =>
      (await introspect(server, (await askToken(server, client, asked)).json.access_token)).aud
    assert.deepEqual(await audienceOf({ audience: 'https://a.example https://b.example' }), ['https://a.example', 'https://b.example'])
    assert.deepEqual(await audienceOf({ audience: ['https://b.example', 'https://a.example'] }), ['https://b.example', 'https://a.example'])
    assert.deepEqual(await audienceOf({ resource: 'https://a.example/x?y' }), ['https://a.example/x?y'])
    assert.deepEqual(await audienceOf({ audience: 'https://a.example', resource: 'https://a.example' }), ['https://a.example'])
    for (const resource of ['https://c.example', 'https://a.example#part', 'a.example']) {
      const refused = await askToken(server, client, { resource })
      assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_target'], resource)
    }
  })
})

describe('client authentication', () => {
  test('Basic with form-encoded parts (RFC 6749 §2.3.1) and form fields are accepted for both methods, also with chosen secrets', async () => {
    await using server = await startServer()
    const secret = 'p ä:%+/&=chosen by a person'
    recordSecrets(secret)
    const basic = await createClient(server, { client_id: 'a client: with%20', client_secret: secret })
    const byPost = await createClient(server, { client_secret: secret, token_endpoint_auth_method: 'client_secret_post' })
    for (const { id } of [basic, byPost]) {
      assert.equal((await post(server, { basic: [id, secret], form })).status, 200)
      assert.equal((await post(server, { form: { ...form, client_id: id, client_secret: secret } })).status, 200)
      assert.equal((await post(server, { basic: [id, secret], form: { ...form, client_id: id } })).status, 200)
      assertRefused(await post(server, { basic: [id, `${secret}.`], form }), 401, 'invalid_client', sentence.invalidClient)
    }
  })

  test('a secret with an unencoded percent sign is accepted', async () => {
    await using server = await startServer()
    const { id } = await createClient(server, { client_secret: '100%-sure-of-it' })
    const authorization = `Basic ${Buffer.from(`${id}:100%-sure-of-it`).toString('base64')}`
    assert.equal((await post(server, { headers: { authorization }, form })).status, 200)
  })

  test('with secret_transport exact only the registered method is accepted; the error hint is Hydra’s', async () => {
    await using server = await startServer({ settings: { oauth2: { secret_transport: 'exact' } } })
    const { id, secret } = await createClient(server)
    assert.equal((await post(server, { basic: [id, secret], form })).status, 200)
    const hint =
      " The OAuth 2.0 Client supports client authentication method 'client_secret_basic', but method 'client_secret_post' was requested. You must configure the OAuth 2.0 client's 'token_endpoint_auth_method' value to accept 'client_secret_post'."
    const crossed = await post(server, { form: { ...form, client_id: id, client_secret: secret } })
    assertRefused(crossed, 401, 'invalid_client', sentence.invalidClient + hint)
    server.reconfigure({ oauth2: { secret_transport: 'either' } })
    assert.equal((await post(server, { form: { ...form, client_id: id, client_secret: secret } })).status, 200)
  })

  test('an unknown client and a wrong secret get the same response, and the log has the difference', async () => {
    await using server = await startServer()
    const { id, secret } = await createClient(server)
    const wrong = await post(server, { basic: [id, 'wrong'], form })
    const unknown = await post(server, { basic: ['nobody', secret], form })
    assertRefused(wrong, 401, 'invalid_client', sentence.invalidClient)
    assertRefused(unknown, 401, 'invalid_client', sentence.invalidClient)
    const reasons = server.lines.filter(({ msg }) => msg === 'request refused').map(({ reason }) => reason)
    assert.deepEqual(reasons, [{ kind: 'client-secret-wrong', clientId: id }, { kind: 'client-unknown' }])
  })

  test('methods are not interchangeable with none or a key: a public client with a secret, and a confidential one without, are refused', async () => {
    await using server = await startServer()
    const hint = (registered: string, presented: string) =>
      `${sentence.invalidClient} The OAuth 2.0 Client supports client authentication method '${registered}', but method '${presented}' was requested. You must configure the OAuth 2.0 client's 'token_endpoint_auth_method' value to accept '${presented}'.`
    const open = await createClient(server, { token_endpoint_auth_method: 'none' })
    assertRefused(await post(server, { basic: [open.id, 'secret'], form }), 401, 'invalid_client', hint('none', 'client_secret_basic'))
    const secret = await createClient(server)
    const bare = await post(server, { form: { ...form, client_id: secret.id } })
    assertRefused(bare, 401, 'invalid_client', hint('client_secret_basic', 'none'))
    const key = await createClient(server, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://client.example/jwks.json' })
    const assertion = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: 'x.y.z' }
    for (const sent of [
      { ...form, ...assertion },
      { ...form, ...assertion, client_id: key.id },
      { ...form, client_id: key.id },
    ]) {
      const refused = await post(server, { form: sent })
      assert.deepEqual([refused.status, refused.json.error], [401, 'invalid_client'])
    }
  })

  test('a public client gets no token by client_credentials (RFC 6749 §4.4)', async () => {
    await using server = await startServer()
    const { id } = await createClient(server, { token_endpoint_auth_method: 'none' })
    const hint = "The OAuth 2.0 Client is marked as public and is thus not allowed to use authorization grant 'client_credentials'."
    const refused = await post(server, { form: { ...form, client_id: id } })
    assertRefused(refused, 400, 'unauthorized_client', `${sentence.unauthorizedClient} ${hint}`)
  })

  test('several methods at once (RFC 6749 §2.3) and malformed credentials are refused', async () => {
    await using server = await startServer()
    const { id, secret } = await createClient(server)
    const twice = `${sentence.invalidRequest} Client credentials were sent in more than one way; use one.`
    assertRefused(
      await post(server, { basic: [id, secret], form: { ...form, client_id: id, client_secret: secret } }),
      400,
      'invalid_request',
      twice,
    )
    assertRefused(await post(server, { basic: [id, secret], form: { ...form, client_id: 'other' } }), 400, 'invalid_request', twice)
    const missing = `${sentence.invalidRequest} Client credentials missing or malformed in both HTTP Authorization header and HTTP POST body.`
    for (const authorization of [undefined, 'Basic !!!', 'Basic', `Basic ${Buffer.from('no colon').toString('base64')}`, 'Basic Og=='])
      assertRefused(await post(server, { form, ...(authorization && { headers: { authorization } }) }), 400, 'invalid_request', missing)
  })

  test('rotated secrets are accepted until they are deleted', async () => {
    await using server = await startServer()
    const { id, secret } = await createClient(server)
    const rotated = await server.admin(`/admin/clients/${id}/secrets/rotate`, { method: 'POST' })
    for (const one of [secret, rotated.json.client_secret]) assert.equal((await askToken(server, { id, secret: one })).status, 200)
    await server.admin(`/admin/clients/${id}/secrets/rotate`, { method: 'DELETE' })
    assert.equal((await askToken(server, { id, secret })).status, 401)
    assert.equal((await askToken(server, { id, secret: rotated.json.client_secret })).status, 200)
  })

  test('over the limit of concurrent slow secret checks some requests get Retry-After, and no right secret is refused', async () => {
    await using server = await startServer()
    const clients = []
    for (let n = 0; n < 60; n++)
      clients.push(await createClient(server, { client_secret: `chosen by person ${n}, so it is hashed slowly` }))
    const answers = await Promise.all(clients.map((client) => askToken(server, client)))
    const busy = answers.filter(({ status }) => status === 503)
    assert.ok(busy.length > 0, 'no request got Retry-After')
    for (const answer of busy) {
      assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/)
      assert.equal(answer.json.error, 'temporarily_unavailable')
    }
    const served = answers.filter(({ status }) => status === 200)
    assert.ok(served.length >= 34)
    assert.equal(served.length + busy.length, answers.length)
    assert.equal((await askToken(server, clients[59] as (typeof clients)[0])).status, 200)
  })
})

describe('the request', () => {
  test('a repeated parameter is refused (RFC 6749 §3.2), and one without a value counts as absent', async () => {
    await using server = await startServer()
    const { id, secret } = await createClient(server, { scope: 'read' })
    const repeated: Record<string, string[]>[] = [
      { grant_type: ['client_credentials', 'client_credentials'] },
      { scope: ['read', 'read'] },
      { client_id: [id, id] },
      { client_secret: [secret, secret] },
    ]
    for (const extra of repeated) {
      const [name] = Object.keys(extra)
      const refused = await post(server, { form: { ...form, client_id: id, client_secret: secret, ...extra } })
      assertRefused(refused, 400, 'invalid_request', `${sentence.invalidRequest} The parameter '${name}' was sent more than once.`)
    }
    assert.equal(
      (
        await post(server, {
          basic: [id, secret],
          form: { ...form, scope: '', client_id: '', client_secret: '', resource: '', audience: '' },
        })
      ).status,
      200,
    )
    const none = await post(server, { basic: [id, secret], form: { grant_type: '', x: 'y' } })
    assertRefused(none, 400, 'invalid_request', `${sentence.invalidRequest} Request parameter 'grant_type' is missing`)
  })

  test('an empty body and a JSON body count as an empty form', async () => {
    await using server = await startServer()
    const { id, secret } = await createClient(server)
    const empty = `${sentence.invalidRequest} The POST body can not be empty.`
    assertRefused(await post(server, { basic: [id, secret] }), 400, 'invalid_request', empty)
    assertRefused(await post(server, { basic: [id, secret], form: {} }), 400, 'invalid_request', empty)
    assertRefused(await post(server, { basic: [id, secret], json: form }), 400, 'invalid_request', empty)
  })

  test('parameters in the query are ignored (RFC 6749 §2.3.1, §3.2)', async () => {
    await using server = await startServer()
    const { id, secret } = await createClient(server)
    const answer = await server.public(`/oauth2/token?client_id=${id}&client_secret=${secret}`, { method: 'POST', form })
    assert.equal(answer.json.error, 'invalid_request')
  })

  test('an unknown grant type is unsupported_grant_type (RFC 6749 §5.2) for an authenticated client', async () => {
    await using server = await startServer()
    const client = await createClient(server, { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] })
    for (const grantType of ['password', 'urn:ietf:params:oauth:grant-type:token-exchange', 'Client_Credentials']) {
      const description = 'The authorization grant type is not supported by the authorization server.'
      assertRefused(await askToken(server, client, { grant_type: grantType, code: 'x' }), 400, 'unsupported_grant_type', description)
    }
    assert.equal((await askToken(server, { ...client, secret: 'wrong' }, { grant_type: 'password' })).json.error, 'invalid_client')
  })

  test('a grant type that the client has not registered is refused', async () => {
    await using server = await startServer()
    const hint = "The OAuth 2.0 Client is not allowed to use authorization grant 'client_credentials'."
    const client = await createClient(server, { grant_types: ['authorization_code'], redirect_uris: ['https://rp.example/cb'] })
    assertRefused(await askToken(server, client), 400, 'unauthorized_client', `${sentence.unauthorizedClient} ${hint}`)
  })
})
