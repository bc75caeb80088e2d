import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertNotOwner, assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// RFC 7592, OAuth 2.0 Dynamic Client Registration Management: one test for each requirement, by its id in docs/standards.md.

const server = await startServer({ settings: { oidc: { dynamic_client_registration: { allowed_scope: ['a', 'b'] } } } })
after(() => server[Symbol.asyncDispose]())
const { registered, created } = registrant(server)
const authorize = (query: Record<string, string>) => server.public(`/oauth2/auth?${new URLSearchParams(query)}`)
const introspect = (token: string) => server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token } })

test('R7592-01 (RFC 7592 §2): every call requires the registration access token, whatever the auth method', async () => {
  for (const method of ['client_secret_basic', 'client_secret_post', 'none']) {
    const { path } = await registered({ ...minimal, token_endpoint_auth_method: method })
    assertNotOwner(await server.public(path))
    assertNotOwner(await server.public(path, { method: 'PUT', json: minimal }))
    assertNotOwner(await server.public(path, { method: 'DELETE' }))
  }
})

test('R7592-02 (RFC 7592 §2): registration_client_uri is https if the issuer is (http on loopback is for development)', async () => {
  await using secure = await startServer({ settings: { urls: { self: { issuer: 'https://auth.example/' } } } })
  const { answer } = await registrant(secure).registered(minimal)
  assert.ok(answer.json.registration_client_uri.startsWith('https://auth.example/oauth2/register/'))
})

test('R7592-03 (RFC 7592 §2): an unsupported method gets 405 with Allow', async () => {
  const { path, token } = await registered()
  for (const method of ['PATCH', 'POST']) {
    const wrong = await server.public(path, { method, bearer: token, json: {} })
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD, PUT, DELETE, OPTIONS'])
  }
})

test('R7592-04 (RFC 7592 §2): the token is read from the Authorization header only', async () => {
  const { path, token } = await registered()
  assertNotOwner(await server.public(`${path}?access_token=${token}`))
  assertNotOwner(await server.public(path, { method: 'PUT', form: { access_token: token } }))
  assertNotOwner(await server.public(path, { headers: { cookie: `access_token=${token}` } }))
})

test('R7592-05 (RFC 7592 §2.1): GET is 200 with the client information', async () => {
  const client = await registered({ ...minimal, contacts: ['x@example.org'] })
  const read = await client.read()
  assert.equal(read.status, 200)
  assert.match(read.headers['content-type'] ?? '', /^application\/json\b/)
  const { client_secret, client_secret_expires_at, registration_access_token, ...rest } = client.answer.json
  assert.deepEqual(read.json, rest)
})

test('R7592-06 (RFC 7592 §2.1): client_id never changes', async () => {
  const client = await registered()
  const ids = [(await client.read()).json, (await client.put({ ...minimal, client_name: 'U' })).json, (await client.read()).json]
  assert.deepEqual(
    ids.map((json) => json.client_id),
    [client.id, client.id, client.id],
  )
})

test('R7592-07 (RFC 7592 §2.1): an unknown token gets a Bearer error', async () => {
  const client = await registered()
  for (const junk of ['junk', `${client.token}x`, client.token.slice(0, -1), client.token.slice('ory_rat_'.length), 'x'.repeat(5_000)]) {
    assertNotOwner(await client.read(junk))
  }
  for (const authorization of [client.token, `Basic ${client.token}`, `Bearer  ${client.token}`, 'Bearer', `Bearer ${client.token} x`]) {
    assertNotOwner(await server.public(client.path, { headers: { authorization } }))
  }
})

test('R7592-08 (RFC 7592 §2.1): a request for a deleted client is 401, never 404', async () => {
  const client = await registered()
  assert.equal((await client.remove()).status, 204)
  assertNotOwner(await client.read())
})

test('R7592-11 (RFC 7592 §2.1): GET changes neither the secret nor the token', async () => {
  const client = await registered(machine)
  const [first, second] = [await client.read(), await client.read()]
  assert.equal(first.text, second.text)
  assert.equal((await client.askToken()).status, 200)
})

test('R7592-12 (RFC 7592 §2.2): PUT takes one JSON object', async () => {
  const client = await registered()
  const put = (sent: object) => server.public(client.path, { method: 'PUT', bearer: client.token, ...sent })
  assertRefused(await put({ form: { client_name: 'x' } }), 'invalid_client_metadata')
  for (const body of ['', '[]', '{', 'null', '{"client_name":"a","client_name":"b"}']) {
    assertRefused(await put({ body }), 'invalid_client_metadata')
  }
  assert.equal((await put({ json: minimal })).status, 200)
})

test('R7592-13 (RFC 7592 §2.2): a PUT of what GET returned changes nothing', async () => {
  const everything = {
    ...minimal,
    'client_name#fr': 'F',
    contacts: ['x@example.org'],
    scope: 'openid a',
    software_id: 's',
    default_max_age: 5,
  }
  const client = await registered(everything)
  const { json: before } = await client.read()
  assert.equal((await client.put(before)).status, 200)
  assert.equal((await client.put(client.answer.json)).status, 200, 'the answer to a PUT, its new token included')
  const { updated_at: _, ...after } = (await client.read()).json
  const { updated_at: __, ...unchanged } = before
  assert.deepEqual(after, unchanged)
})

test('R7592-14 (RFC 7592 §2.2) overridden: client_id in the body is optional, and a different one is ignored', async () => {
  const [client, other] = [await registered(), await registered()]
  for (const client_id of [undefined, client.id, other.id, 'x', '', null]) {
    const { status, json } = await client.put({ ...minimal, client_name: 'U', client_id })
    assert.deepEqual([status, json.client_id, json.client_name], [200, client.id, 'U'])
  }
  assert.equal((await other.read()).json.client_name, 'T')
})

test('R7592-15 (RFC 7592 §2.2) overridden: members that the server sets are ignored and never stored', async () => {
  const client = await registered()
  const made = {
    registration_access_token: 'chosen-by-the-client',
    registration_client_uri: 'https://evil.example/',
    client_secret_expires_at: 5,
    client_id_issued_at: 5,
    created_at: '2001-01-01T00:00:00Z',
    updated_at: '2001-01-01T00:00:00Z',
  }
  const { json: before } = await client.read()
  const { status, json } = await client.put({ ...minimal, ...made })
  assert.equal(status, 200)
  for (const [member, value] of Object.entries(made)) assert.notEqual(json[member], value)
  for (const member of ['registration_client_uri', 'client_id_issued_at', 'created_at']) assert.equal(json[member], before[member])
  assertNotOwner(await client.read(made.registration_access_token))
})

test('R7592-16 (RFC 7592 §2.2): PUT replaces values, and lists as a whole', async () => {
  const client = await registered({ redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] })
  const { json } = await client.put({ redirect_uris: ['https://c.example/cb'] })
  assert.deepEqual(json.redirect_uris, ['https://c.example/cb'])
  assert.deepEqual((await client.read()).json.redirect_uris, ['https://c.example/cb'])
  const page = await authorize({ client_id: client.id, response_type: 'code', redirect_uri: 'https://a.example/cb' })
  assert.deepEqual([page.status, page.headers.location], [400, undefined])
})

test('R7592-17 (RFC 7592 §2.2): an omitted member is removed or returns to its default', async () => {
  const client = await registered({
    ...minimal,
    logo_uri: 'https://app.example/logo.png',
    grant_types: ['authorization_code', 'client_credentials'],
    scope: 'a',
    application_type: 'native',
    token_endpoint_auth_method: 'client_secret_post',
  })
  const { json } = await client.put(minimal)
  assert.ok(!('logo_uri' in json) && !('logo_uri' in (await client.read()).json))
  assert.deepEqual(
    [json.grant_types, json.scope, json.application_type, json.token_endpoint_auth_method],
    [['authorization_code'], 'offline_access offline openid', 'web', 'client_secret_basic'],
  )
})

test('R7592-18 (RFC 7592 §2.2): null and the empty string remove a value', async () => {
  const client = await registered({ ...minimal, logo_uri: 'https://app.example/logo.png', tos_uri: 'https://app.example/tos', scope: 'a' })
  const { json } = await client.put({ ...minimal, logo_uri: null, tos_uri: '', scope: '', grant_types: null })
  assert.ok(!('logo_uri' in json) && !('tos_uri' in json))
  assert.deepEqual([json.scope, json.grant_types], ['offline_access offline openid', ['authorization_code']])
})

test('R7592-19 (RFC 7592 §2.2): an omitted language-tagged member is removed', async () => {
  const client = await registered({ ...minimal, 'client_name#fr': 'F', 'client_name#de': 'D' })
  const { json } = await client.put({ ...minimal, 'client_name#de': 'E' })
  assert.deepEqual([json['client_name#de'], 'client_name#fr' in json], ['E', false])
  assert.ok(!('client_name#fr' in (await client.read()).json))
})

test('R7592-20 (RFC 7592 §2.2) overridden: the client’s current client_secret is accepted, any other is 403', async () => {
  const client = await registered(machine)
  const { secret } = client
  assert.equal((await client.put({ ...machine, client_secret: secret })).status, 200)
  for (const wrong of ['chosen-by-the-client', `${secret}x`, secret.slice(1), 5, [secret], { a: secret }, false]) {
    const refused = await client.put({ ...machine, client_secret: wrong })
    assert.deepEqual([refused.status, refused.json.error], [403, 'invalid_client_metadata'])
  }
  assert.equal((await client.askToken()).status, 200)
})

test('R7592-21 (RFC 7592 §2.2): a client cannot set its own secret', async () => {
  const client = await registered(machine)
  await client.put({ ...machine, client_secret: 'chosen-by-the-client' })
  const form = { grant_type: 'client_credentials' }
  const { status } = await server.public('/oauth2/token', { method: 'POST', basic: [client.id, 'chosen-by-the-client'], form })
  assert.equal(status, 401)
})

test('R7592-22 (RFC 7592 §2.2): a change of auth method removes the secret or issues one', async () => {
  const client = await registered({ ...minimal, token_endpoint_auth_method: 'none' })
  const { json } = await client.put({ ...machine, token_endpoint_auth_method: 'client_secret_basic' })
  assert.equal(json.client_secret_expires_at, 0)
  assert.equal((await client.askToken()).status, 200)
  const first = client.secret
  const toNone = await client.put({ ...minimal, token_endpoint_auth_method: 'none' })
  assert.ok(!('client_secret' in toNone.json))
  assert.equal((await client.askToken()).status, 401)
  await client.put(machine)
  assert.notEqual(client.secret, first)
  assert.equal((await client.askToken()).status, 200)
})

test('R7592-23 (RFC 7592 §2.2): PUT repeats every check of registration', async () => {
  const client = await registered()
  assertRefused(await client.put({ redirect_uris: ['javascript:alert(1)'] }), 'invalid_redirect_uri', 'redirect_uris[0]')
  assertRefused(await client.put({ ...minimal, scope: 'a.*' }), 'invalid_client_metadata', 'scope')
  assertRefused(await client.put({ ...minimal, owner: 'me' }), 'invalid_client_metadata', 'owner')
})

test('R7592-25 (RFC 7592 §2.2): the response shows a replaced value', async () => {
  const client = await registered({ ...minimal, scope: 'a' })
  assert.equal((await client.put({ ...minimal, scope: 'b zzz' })).json.scope, 'b')
  assert.equal((await client.read()).json.scope, 'b')
})

test('R7592-26 (RFC 7592 §2.2): a successful PUT is 200 with application/json', async () => {
  const { status, headers } = await (await registered()).put(minimal)
  assert.equal(status, 200)
  assert.match(headers['content-type'] ?? '', /^application\/json\b/)
})

test('R7592-27 (RFC 7592 §2.2): a refused PUT changes nothing, and the token stays valid', async () => {
  const client = await registered()
  const before = await client.read()
  assertRefused(await client.put({ ...minimal, client_name: 'U', redirect_uris: ['x'] }), 'invalid_redirect_uri')
  assert.equal((await client.read()).text, before.text)
})

test('R7592-28 (RFC 7592 §2.2): PUT with a wrong token, or for a deleted client, is 401', async () => {
  const client = await registered()
  assertNotOwner(await server.public(client.path, { method: 'PUT', bearer: 'junk', json: minimal }))
  await client.remove()
  assertNotOwner(await client.put(minimal))
})

test('R7592-29 (RFC 7592 §2.2): a PUT that narrows what a client may do takes effect at once', async () => {
  const client = await registered({ ...machine, scope: 'a b' })
  assert.equal((await client.askToken({ scope: 'b' })).status, 200)
  await client.put({ ...machine, scope: 'a' })
  assert.equal((await client.askToken({ scope: 'b' })).json.error, 'invalid_scope')
  await client.put({ ...minimal, scope: 'a' })
  assert.equal((await client.askToken({ scope: 'a' })).json.error, 'unauthorized_client')
})

test('R7592-30 (RFC 7592 §2.3): a successful DELETE is 204 without a body', async () => {
  const { status, text, headers } = await (await registered()).remove()
  assert.deepEqual([status, text, headers['content-type']], [204, '', undefined])
})

test('R7592-31 (RFC 7592 §2.3): a deleted client is unknown at every endpoint', async () => {
  const client = await registered({ ...minimal, grant_types: ['authorization_code', 'client_credentials'] })
  const query = { client_id: client.id, response_type: 'code', redirect_uri: 'https://app.example/cb' }
  assert.notEqual((await authorize(query)).status, 400)
  await client.remove()
  const page = await authorize(query)
  assert.deepEqual([page.status, page.headers.location], [400, undefined])
  const token = await client.askToken()
  assert.deepEqual([token.status, token.json.error], [401, 'invalid_client'])
  assertNotOwner(await client.read())
})

test('R7592-32 (RFC 7592 §2.3): the access tokens of a deleted client are inactive at once', async () => {
  const client = await registered(machine)
  const { access_token: token } = (await client.askToken()).json
  assert.equal((await introspect(token)).json.active, true)
  await client.remove()
  assert.deepEqual((await introspect(token)).json, { active: false })
})

test('R7592-34 (RFC 7592 §2.3): a second DELETE, or one with a wrong token, is 401', async () => {
  const client = await registered()
  assertNotOwner(await server.public(client.path, { method: 'DELETE', bearer: 'junk' }))
  assert.equal((await client.read()).status, 200)
  assert.equal((await client.remove()).status, 204)
  assertNotOwner(await client.remove())
})

test('R7592-35 (RFC 7592 §2.3): a 204 response must not be cached', async () => {
  const { headers } = await (await registered()).remove()
  assert.deepEqual([headers['cache-control'], headers.pragma], ['no-store', 'no-cache'])
})

test('R7592-36 (RFC 7592 §3): the registration response contains an absolute registration_client_uri and the token', async () => {
  const { answer } = await registered()
  assert.equal(new URL(answer.json.registration_client_uri).origin, new URL(server.issuer).origin)
  assert.match(answer.json.registration_access_token, /^ory_rat_/)
})

test('R7592-37 (RFC 7592 §3, App. A.1) overridden: a GET response omits the token and shows registration_client_uri', async () => {
  const client = await registered()
  const [read, put] = [await client.read(), await client.put(minimal)]
  assert.ok(!('registration_access_token' in read.json))
  assert.ok('registration_access_token' in put.json, 'the new token is shown only here')
  for (const { json } of [read, put]) assert.equal(new URL(json.registration_client_uri).pathname, client.path)
})

test('R7592-38 (RFC 7592 §3, App. A.1) overridden: the secret is shown only once, because only its hash is stored', async () => {
  const client = await registered(machine)
  for (const { text } of [await client.read(), await client.put(machine), await client.read()]) {
    assert.ok(!text.includes(client.secret) && !text.includes('client_secret"') && !text.includes('client_secret_expires_at'))
  }
})

test('R7592-39 (RFC 7592 §3): GET and PUT responses show all metadata in force, including defaults, and must not be cached', async () => {
  const client = await registered(minimal)
  for (const { json, headers } of [await client.read(), await client.put(minimal)]) {
    assert.deepEqual(
      [json.redirect_uris, json.grant_types, json.response_types, json.token_endpoint_auth_method, json.application_type],
      [minimal.redirect_uris, ['authorization_code'], ['code'], 'client_secret_basic', 'web'],
    )
    assert.deepEqual([json.scope, typeof json.client_id_issued_at], ['offline_access offline openid', 'number'])
    assert.deepEqual([headers['cache-control'], headers.pragma], ['no-store', 'no-cache'])
  }
})

test('R7592-40 (RFC 7592 §5): the registration access token does not expire', async () => {
  let now = Date.now()
  await using aging = await startServer({ clock: () => now })
  const client = await registrant(aging).registered()
  now += 10 * 365 * 86_400_000
  assert.equal((await client.read()).status, 200)
})

test('R7592-41 (RFC 7592 §5) overridden: every successful PUT issues a new token, a GET never does', async () => {
  const client = await registered()
  const tokens = [client.token]
  for (const _ of [1, 2]) {
    await client.read()
    await client.put(minimal)
    assert.equal((await client.read()).status, 200)
    tokens.push(client.token)
  }
  assert.equal(new Set(tokens).size, 3)
})

test('R7592-42 (RFC 7592 §5, App. A.1): a replaced token is invalid at once', async () => {
  const client = await registered()
  const old = client.token
  await client.put(minimal)
  assertNotOwner(await client.read(old))
  assert.equal((await client.read()).status, 200)
})

test('R7592-43 (RFC 7592 §5): a token has 256 random bits', async () => {
  const tokens = await Promise.all(Array.from({ length: 200 }, async () => (await registered()).token))
  assert.equal(new Set(tokens).size, 200)
  for (const token of tokens) assert.match(token, /^ory_rat_[A-Za-z0-9_-]{43}$/)
})

test('R7592-44 (RFC 7592 §5): the database contains neither the token nor the secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clientele-test-'))
  try {
    await using filed = await startServer({ settings: { dsn: `sqlite://${join(folder, 'db.sqlite')}` } })
    const client = await registrant(filed).registered(machine)
    const first = client.token
    await client.put(machine)
    const { access_token: accessToken } = (await client.askToken()).json
    const stored = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
    assert.ok(
      stored.some((text) => text.includes(client.id)),
      'the files that are searched are the database',
    )
    for (const secret of [first, client.token, client.secret, accessToken]) {
      const random = secret.replace(/^ory_[a-z]+_/, '')
      assert.ok(!stored.some((text) => text.includes(random)))
    }
    assert.equal((await client.read()).status, 200)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('R7592-45 (RFC 7592 §5): the token of a client that an administrator deleted is invalid', async () => {
  const client = await registered()
  assert.equal((await server.admin(`/admin/clients/${client.id}`, { method: 'DELETE' })).status, 204)
  assertNotOwner(await client.read())
  const again = await server.admin('/admin/clients', { method: 'POST', json: { client_id: client.id } })
  assert.equal(again.status, 201)
  assertNotOwner(await client.read())
})

test('R7592-46 (RFC 7592 App. A): a token of another kind, or a secret, is not accepted as a registration access token, and the reverse', async () => {
  const client = await registered(machine)
  const { access_token: accessToken } = (await client.askToken()).json
  assertNotOwner(await client.read(accessToken))
  assertNotOwner(await client.read(client.secret))
  assertNotOwner(await server.public(client.path, { basic: [client.id, client.secret] }))
  assert.deepEqual((await introspect(client.token)).json, { active: false })
})

test('R7592-47 (RFC 7592 App. B): a token is valid for its own client only, and any other id gets the same error', async () => {
  const [one, other] = [await registered(), await registered()]
  const foreign = await server.public(other.path, { bearer: one.token })
  const unknown = await server.public('/oauth2/register/no-such-client', { bearer: one.token })
  assertNotOwner(foreign)
  assert.deepEqual([unknown.status, unknown.text], [foreign.status, foreign.text])
  assertNotOwner(await server.public(other.path, { method: 'DELETE', bearer: one.token }))
  assert.equal((await other.read()).status, 200)
  assert.equal((await one.read()).status, 200, 'a request with the wrong client_id does not invalidate the token')
})

test('R7592-48 (RFC 7592 App. B): registration_client_uri works exactly as it is given, also for ids that need escaping', async () => {
  for (const client of [await registered(), await created({ client_id: 'a/b c%2Fd?é', redirect_uris: ['https://app.example/cb'] })]) {
    for (const { json } of [client.answer, await client.read(), await client.put(minimal)]) {
      const { pathname, search } = new URL(json.registration_client_uri)
      assert.equal((await server.public(pathname + search, { bearer: client.token })).json.client_id, client.id)
    }
  }
})

test('R7592-49 (RFC 7592 App. B): registration_client_uri is the registration endpoint followed by the client_id', async () => {
  const { registration_endpoint: endpoint } = (await server.public('/.well-known/openid-configuration')).json
  const { answer, id } = await registered()
  assert.equal(answer.json.registration_client_uri, `${endpoint}/${id}`)
})

test('R7592-50 (RFC 7592 App. B): the registration endpoint is not a configuration endpoint: GET is 405', async () => {
  const { token } = await registered()
  assert.equal((await server.public('/oauth2/register', { bearer: token })).status, 405)
})

test('R7592-52 (RFC 7592 §2.2): of several concurrent PUTs with one token exactly one succeeds, and all its values are stored', async () => {
  const client = await registered()
  const bodies = Array.from({ length: 8 }, (_, at) => ({
    redirect_uris: [`https://${at}.example/cb`],
    client_name: `N${at}`,
    client_uri: `https://${at}.example/`,
  }))
  const answers = await Promise.all(bodies.map((json) => server.public(client.path, { method: 'PUT', bearer: client.token, json })))
  const [winner, ...others] = answers.filter(({ status }) => status === 200)
  assert.ok(winner && others.length === 0)
  for (const loser of answers.filter((answer) => answer !== winner)) assertNotOwner(loser)
  const { json } = await client.read(winner.json.registration_access_token)
  const { redirect_uris, client_name, client_uri } = json
  assert.ok(bodies.some((body) => JSON.stringify(body) === JSON.stringify({ redirect_uris, client_name, client_uri })))
})

test('R7592-53 (RFC 7592 §2): an unknown client and a wrong token get identical responses', async () => {
  const client = await registered()
  const look = async (path: string, sent: object) => {
    const { status, text, headers } = await server.public(path, sent)
    const { 'x-request-id': _, date: __, ...rest } = headers
    return { status, text, rest }
  }
  for (const method of ['GET', 'PUT', 'DELETE']) {
    for (const sent of [{ method, bearer: 'junk' }, { method, bearer: (await registered()).token }, { method }, { method, body: '{' }]) {
      assert.deepEqual(await look(client.path, sent), await look('/oauth2/register/e5c4b3a2-0000-4000-8000-000000000000', sent))
    }
  }
})
