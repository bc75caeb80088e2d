import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { freshKey } from '../support/client-keys.ts'
import { now, startFallbackPages } from '../support/fallback-pages.ts'
import { registerLoginClient, seeConsentPage } from '../support/login-client.ts'
import { assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// RFC 7591, OAuth 2.0 Dynamic Client Registration: one test for each requirement, by its id in docs/standards.md.

const allowedPrivateUrls = 'http://127.0.0.1:*/**'
const server = await startServer({
  settings: {
    oidc: { dynamic_client_registration: { allowed_scope: ['a', 'b'] } },
    clients: { http: { private_ip_exception_urls: [allowedPrivateUrls] } },
  },
})
after(() => server[Symbol.asyncDispose]())
const { register, registered, countNamed } = registrant(server)
const post = (body: string, headers = {}) => server.public('/oauth2/register', { method: 'POST', body, headers })
const authorize = (query: Record<string, string>) => server.public(`/oauth2/auth?${new URLSearchParams(query)}`)

test('R7591-01 (RFC 7591 §1.1): member names and values are case-sensitive', async () => {
  const { answer } = await registered({ ...minimal, Client_Name: 'X', client_name: 'Y' })
  assert.equal(answer.json.client_name, 'Y')
  assert.ok(!('Client_Name' in answer.json))
  assertRefused(await register({ ...minimal, grant_types: ['Authorization_Code'] }), 'invalid_client_metadata', 'grant_types')
})

test('R7591-02 (RFC 7591 §2): a client with a redirect grant needs redirect_uris', async () => {
  assertRefused(await register({ client_name: 'T' }), 'invalid_redirect_uri', 'redirect_uris', 'authorization_code')
})

test('R7591-03 (RFC 7591 §2): a client without a redirect grant needs no redirect_uris', async () => {
  const { answer } = await registered({ grant_types: ['client_credentials'] })
  assert.deepEqual(answer.json.redirect_uris, [])
})

test('R7591-04 (RFC 7591 §2): each redirect URI is an absolute URI without a fragment', async () => {
  for (const bad of [
    ['/cb'],
    ['https://a.example/cb#x'],
    ['https://a.example/cb#'],
    ['not a uri'],
    [''],
    [5],
    'https://a.example/cb',
    [],
  ]) {
    assertRefused(await register({ redirect_uris: bad }), 'invalid_redirect_uri', 'redirect_uris')
  }
})

test('R7591-05 (RFC 7591 §2): an omitted token_endpoint_auth_method defaults to client_secret_basic, and the response shows it', async () => {
  const { answer } = await registered(minimal)
  assert.equal(answer.json.token_endpoint_auth_method, 'client_secret_basic')
  assert.ok(answer.json.client_secret)
})

test('R7591-06 (RFC 7591 §2): a client with the auth method none is public: no secret is issued and none is accepted', async () => {
  const { answer, id } = await registered({ ...minimal, token_endpoint_auth_method: 'none' })
  assert.ok(!('client_secret' in answer.json) && !('client_secret_expires_at' in answer.json))
  const form = { grant_type: 'client_credentials', client_id: id }
  const plain = await server.public('/oauth2/token', { method: 'POST', form })
  assert.equal(plain.json.error, 'unauthorized_client')
  for (const sent of [{ form: { ...form, client_secret: 'made-up' } }, { basic: [id, 'made-up'] as const, form }]) {
    const refused = await server.public('/oauth2/token', { method: 'POST', ...sent })
    assert.deepEqual([refused.status, refused.json.error], [401, 'invalid_client'])
  }
})

test('R7591-07 (RFC 7591 §2) overridden: the registered secret method may be presented as Basic or post, and is never interchangeable with none', async () => {
  for (const method of ['client_secret_basic', 'client_secret_post']) {
    const { id, secret } = await registered({ ...machine, token_endpoint_auth_method: method })
    const form = { grant_type: 'client_credentials', client_id: id }
    const ask = (sent: object) => server.public('/oauth2/token', { method: 'POST', form, ...sent })
    assert.equal((await ask({ basic: [id, secret] })).status, 200)
    assert.equal((await ask({ form: { ...form, client_secret: secret } })).status, 200)
    assert.equal((await ask({})).status, 401)
  }
})

test('R7591-08 (RFC 7591 §2): an unsupported auth method is refused, and the error lists the supported ones', async () => {
  const refused = await register({ ...minimal, token_endpoint_auth_method: 'magic' })
  const supported = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']
  assertRefused(refused, 'invalid_client_metadata', 'token_endpoint_auth_method', "'magic'", ...supported)
  assertRefused(await register({ ...minimal, token_endpoint_auth_method: 'client_secret_jwt' }), 'invalid_client_metadata', ...supported)
})

test('R7591-09 (RFC 7591 §2): omitted grant_types default to ["authorization_code"], and the response shows it', async () => {
  assert.deepEqual((await registered(minimal)).answer.json.grant_types, ['authorization_code'])
})

test('R7591-10 (RFC 7591 §2): the registered grants are enforced at the token endpoint', async () => {
  const refused = await (await registered(minimal)).askToken()
  assert.deepEqual([refused.status, refused.json.error], [400, 'unauthorized_client'])
})

test('R7591-11 (RFC 7591 §2): a grant type that is not offered is dropped and never echoed', async () => {
  const { answer } = await registered({ ...minimal, grant_types: ['authorization_code', 'password', 'implicit'] })
  assert.deepEqual(answer.json.grant_types, ['authorization_code'])
})

test('R7591-12 (RFC 7591 §2): omitted response_types default to ["code"], and the response shows it', async () => {
  assert.deepEqual((await registered(minimal)).answer.json.response_types, ['code'])
})

test('R7591-16 (RFC 7591 §2): client_uri, logo_uri, tos_uri and policy_uri are http or https URLs', async () => {
  for (const member of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    for (const bad of [
      'javascript:alert(1)',
      'data:image/png;base64,AA==',
      'foo',
      '/logo.png',
      'ftp://app.example/x',
      'https://u:p@app.example/',
    ]) {
      assertRefused(await register({ ...minimal, [member]: bad }), 'invalid_client_metadata', member)
    }
    const { answer } = await registered({ ...minimal, [member]: 'https://app.example/page?x=1' })
    assert.equal(answer.json[member], 'https://app.example/page?x=1')
  }
})

test('R7591-17 (RFC 7591 §2): scope is one string; if it is omitted, a default scope is registered and shown', async () => {
  assert.equal((await registered(minimal)).answer.json.scope, 'offline_access offline openid')
  assertRefused(await register({ ...minimal, scope: ['a', 'b'] }), 'invalid_client_metadata', 'scope')
})

test('R7591-18 (RFC 7591 §2): a client gets no scope outside its registered scope', async () => {
  const client = await registered({ ...machine, scope: 'a' })
  assert.equal((await client.askToken({ scope: 'a' })).json.scope, 'a')
  const refused = await client.askToken({ scope: 'a b' })
  assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_scope'])
})

test('R7591-19 (RFC 7591 §2): contacts is an array of strings', async () => {
  const { answer } = await registered({ ...minimal, contacts: ['x@example.org'] })
  assert.deepEqual(answer.json.contacts, ['x@example.org'])
  assertRefused(await register({ ...minimal, contacts: 'x@example.org' }), 'invalid_client_metadata', 'contacts')
})

test('R7591-20 (RFC 7591 §2): jwks and jwks_uri together are refused', async () => {
  const both = { jwks: { keys: [freshKey().publicJwk] }, jwks_uri: 'https://app.example/jwks.json' }
  assertRefused(await register({ ...minimal, ...both }), 'invalid_client_metadata', 'jwks', 'jwks_uri')
})

test('R7591-21 (RFC 7591 §2): jwks is a JWK Set, as a JSON object', async () => {
  const jwks = { keys: [freshKey().publicJwk] }
  for (const bad of [JSON.stringify(jwks), { kty: 'RSA' }, [], { keys: {} }, { keys: ['x'] }, { keys: [{ kty: 'EC' }] }]) {
    assertRefused(await register({ ...minimal, jwks: bad }), 'invalid_client_metadata', 'jwks')
  }
  assert.deepEqual((await registered({ ...minimal, jwks })).answer.json.jwks, jwks)
})

test('R7591-22 (RFC 7591 §2): jwks_uri is an https URL and is not fetched at registration', async () => {
  const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/jwks.json' }
  assert.equal((await registered({ ...minimal, ...keys })).answer.json.jwks_uri, keys.jwks_uri)
  assertRefused(await register({ ...minimal, ...keys, jwks_uri: 'http://app.example/jwks.json' }), 'invalid_client_metadata', 'jwks_uri')
  let fetches = 0
  const trap = createServer(() => fetches++).listen(0, '127.0.0.1')
  await new Promise((resolve) => trap.once('listening', resolve))
  const { port } = trap.address() as { port: number }
  await registered({ ...minimal, ...keys, jwks_uri: `http://127.0.0.1:${port}/jwks.json` })
  await new Promise((resolve) => trap.close(resolve))
  assert.equal(fetches, 0)
})

test('R7591-23 (RFC 7591 §2): private_key_jwt requires jwks or jwks_uri', async () => {
  const refused = await register({ ...minimal, token_endpoint_auth_method: 'private_key_jwt' })
  assertRefused(refused, 'invalid_client_metadata', 'private_key_jwt', 'jwks_uri')
})

test('R7591-24 (RFC 7591 §2): software_id and software_version are stored and returned unchanged', async () => {
  const software = { software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d', software_version: '2.1 β' }
  const client = await registered({ ...minimal, ...software })
  for (const { json } of [client.answer, await client.read()]) {
    assert.deepEqual({ software_id: json.software_id, software_version: json.software_version }, software)
  }
  assertRefused(await register({ ...minimal, software_id: 5 }), 'invalid_client_metadata', 'software_id')
})

test('R7591-25 (RFC 7591 §2): unknown members are ignored', async () => {
  const client = await registered({ ...minimal, x_unknown: { a: [1] }, __proto__x: null })
  assert.ok(!('x_unknown' in client.answer.json))
  assert.ok(!('x_unknown' in (await client.read()).json))
})

test('R7591-26 (RFC 7591 §2): a value of the wrong type is refused, and the error names the member', async () => {
  assertRefused(await register({ ...minimal, grant_types: 'authorization_code' }), 'invalid_client_metadata', 'grant_types')
})

test('R7591-27 (RFC 7591 §2): the request body is one JSON object', async () => {
  const twice = '{"redirect_uris":["https://a.example/cb"],"redirect_uris":["https://b.example/cb"]}'
  for (const body of ['[]', '"x"', '{', '', 'null', '5', `${JSON.stringify(minimal)}{}`, twice]) {
    assertRefused(await post(body, { 'content-type': 'application/json' }), 'invalid_client_metadata')
  }
})

test('R7591-28 (RFC 7591 §2.1) overridden: if grant_types and response_types disagree, grant_types wins and response_types follows', async () => {
  const { answer } = await registered({ ...minimal, grant_types: ['client_credentials'], response_types: ['code'] })
  assert.deepEqual([answer.json.grant_types, answer.json.response_types], [['client_credentials'], []])
  const implicit = await register({ ...minimal, grant_types: ['implicit'], response_types: ['code'] })
  assertRefused(implicit, 'invalid_client_metadata', 'grant_types')
})

test('R7591-29 (RFC 7591 §2.1): if only one of grant_types and response_types is given, the other is derived from it', async () => {
  assert.deepEqual((await registered({ grant_types: ['client_credentials'] })).answer.json.response_types, [])
  assert.deepEqual((await registered({ ...minimal, response_types: ['code'] })).answer.json.grant_types, ['authorization_code'])
})

test('R7591-30 (RFC 7591 §2.2): language-tagged members are stored and returned under the name they were sent with', async () => {
  const tagged = {
    'client_name#fr': 'Mon',
    'client_name#ja-Jpan-JP': 'クライアント',
    'logo_uri#FR': 'https://app.example/logo-fr.png',
    'tos_uri#de': 'https://app.example/agb',
  }
  const client = await registered({ ...minimal, ...tagged })
  for (const { json } of [client.answer, await client.read()]) {
    for (const [member, value] of Object.entries(tagged)) assert.equal(json[member], value)
  }
})

test('an administrator’s changes to other members keep language-tagged ones, whose rules apply to administrators, too: R7591-30 (RFC 7591 §2.2)', async () => {
  const tagged = { 'client_name#fr': 'Mon', 'tos_uri#de': 'https://app.example/agb' }
  const client = await registered({ ...minimal, ...tagged })
  const path = `/admin/clients/${client.id}`
  const patch = (value: unknown, at = '/owner') => server.admin(path, { method: 'PATCH', json: [{ op: 'add', path: at, value }] })
  const patched = await patch('ann')
  const put = await server.admin(path, { method: 'PUT', json: { ...patched.json, owner: 'bob' } })
  for (const { json } of [patched, put, await client.read()])
    for (const [member, value] of Object.entries(tagged)) assert.equal(json[member], value)
  for (const [member, value] of [
    ['client_name#fr', 5],
    ['client_name#fr', '\ud800'],
    ['client_name#fr', 'x'.repeat(256)],
    ['tos_uri#de', 'javascript:1'],
    ['client_name#FR', 'Mon'],
    ['client_name#de', 'x\u202egnp.exe'],
  ] as const)
    assert.equal((await patch(value, `/${member}`)).status, 400, `${member} ${value}`)
  await patch('Mein', '/client_name#de')
  assert.equal((await client.read()).json['client_name#de'], 'Mein')
})

test('R7591-31 (RFC 7591 §2.2): language tags are compared case-insensitively; two tags that differ only in case are refused', async () => {
  await using site = await startServer({ settings: { dev: true } })
  const client = await registerLoginClient(site, { 'client_name#FR': 'Mes notes', 'client_name#zh-hant-tw': '筆記' })
  for (const [language, name] of [
    ['fr', 'Mes notes'],
    ['fR-ch', 'Mes notes'],
    ['ZH-Hant-TW', '筆記'],
  ] as const)
    assert.ok((await seeConsentPage(site, client, { language })).text.includes(`<bdi>${name}</bdi>`), language)
  const pair = { 'client_name#fr': 'A', 'client_name#FR': 'B' }
  assertRefused(await register({ ...minimal, ...pair }), 'invalid_client_metadata', 'client_name#FR', 'client_name#fr')
  const links = { 'tos_uri#pt-br': 'https://app.example/a', 'tos_uri#pt-BR': 'https://app.example/a' }
  assertRefused(await register({ ...minimal, ...links }), 'invalid_client_metadata', 'tos_uri#pt-BR')
  const own = await registered({ ...minimal, 'client_name#fr': 'A', 'client_uri#FR': 'https://app.example/', 'client_name#fr-FR': 'B' })
  assertRefused(await own.put({ ...minimal, ...pair }), 'invalid_client_metadata', 'client_name#FR')
})

test('R7591-32 (RFC 7591 §2.2): client_name is stored unchanged, code point for code point', async () => {
  for (const name of ['e\u0301', '\u00e9', 'مرحبا', 'שלום', '\u1e9b\u0323', '👩‍👩‍👧', ' two  spaces ', 'Ａ']) {
    const client = await registered({ ...minimal, client_name: name, 'client_name#x-any': name })
    const { json } = await client.read()
    assert.deepEqual([client.answer.json.client_name, json.client_name, json['client_name#x-any']], [name, name, name])
  }
})

test('R7591-33 (RFC 7591 §2.2): the consent page shows the client’s name in the person’s language, or else the untagged name', async () => {
  await using site = await startServer({ settings: { dev: true } })
  const client = await registerLoginClient(site, {
    client_name: 'Notes',
    'client_name#fr': 'Carnet',
    'client_uri#fr': 'https://app.example/fr',
  })
  const name = async (language?: string, parameters: Record<string, string> = {}) => {
    const { text } = await seeConsentPage(site, client, { ...(language !== undefined && { language }), parameters })
    assert.equal(text.includes('href="https://app.example/fr"'), text.includes('Carnet'))
    return /<bdi>(.*?)<\/bdi>/.exec(text)?.[1]
  }
  assert.equal(await name('de'), 'Notes')
  assert.equal(await name(), 'Notes')
  assert.equal(await name('fr'), 'Carnet')
  assert.equal(await name('fr-CH, de;q=0.9'), 'Carnet')
  assert.equal(await name('de;q=0.9, fr-CH'), 'Carnet')
  assert.equal(await name('de, fr;q=0'), 'Notes')
  assert.equal(await name('de', { ui_locales: 'it fr-CA' }), 'Carnet')
  assert.equal(await name('frr, f'), 'Notes')
  const hidden = { 'client_name#fr': 'x\u202egnp.exe' }
  assertRefused(await register({ ...minimal, ...hidden }), 'invalid_client_metadata', 'client_name#fr')
})

test('R7591-34 (RFC 7591 §2.2): a language-tagged URL is checked like the untagged one', async () => {
  for (const member of ['client_uri#fr', 'logo_uri#fr', 'tos_uri#fr', 'policy_uri#fr']) {
    assertRefused(await register({ ...minimal, [member]: 'javascript:1' }), 'invalid_client_metadata', member)
  }
  assertRefused(await register({ ...minimal, 'client_name#fr': 5 }), 'invalid_client_metadata', 'client_name#fr')
})

test('R7591-35 (RFC 7591 §2.2): a malformed language tag, or a tag on a member that cannot be translated, is ignored', async () => {
  const evil = 'https://evil.example/cb'
  const { answer, id } = await registered({ ...minimal, 'redirect_uris#en': [evil], 'client_name#': 'A', 'client_name#not_a_tag': 'B' })
  assert.deepEqual([answer.json.redirect_uris, answer.json.client_name], [minimal.redirect_uris, 'T'])
  assert.ok(!Object.keys(answer.json).some((member) => member.includes('#')))
  const page = await authorize({ client_id: id, response_type: 'code', redirect_uri: evil })
  assert.deepEqual([page.status, page.headers.location], [400, undefined])
})

test('R7591-42 (RFC 7591 §3): the endpoint accepts POST with application/json; other methods get 405 with Allow', async () => {
  for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON']) {
    assert.equal((await post(JSON.stringify(minimal), { 'content-type': type })).status, 201)
  }
  const form = await server.public('/oauth2/register', { method: 'POST', form: { redirect_uris: 'https://app.example/cb' } })
  assertRefused(form, 'invalid_client_metadata')
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
    const wrong = await server.public('/oauth2/register', { method })
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'POST, OPTIONS'])
  }
})

test('R7591-45 (RFC 7591 §3): open registration needs no token', async () => {
  assert.equal((await register(minimal)).status, 201)
})

test('R7591-46 (RFC 7591 §3) overridden: until initial access tokens exist, an Authorization header is ignored', async () => {
  for (const authorization of ['Bearer junk', 'Basic eDp5', 'DPoP x', 'junk']) {
    assert.equal((await register(minimal, { headers: { authorization, 'content-type': 'application/json' } })).status, 201)
  }
})

test('R7591-49 (RFC 7591 §3.1): the response shows every default that applies', async () => {
  const { answer } = await registered({ redirect_uris: ['https://app.example/cb'] })
  const { token_endpoint_auth_method: method, grant_types: grants, response_types: responses, scope, application_type: type } = answer.json
  assert.deepEqual(
    { method, grants, responses, scope, type },
    {
      method: 'client_secret_basic',
      grants: ['authorization_code'],
      responses: ['code'],
      scope: 'offline_access offline openid',
      type: 'web',
    },
  )
})

test('R7591-53 (RFC 7591 §3.2): a successful registration is 201 with application/json', async () => {
  const { status, headers } = await register(minimal)
  assert.equal(status, 201)
  assert.match(headers['content-type'] ?? '', /^application\/json\b/)
})

test('R7591-54 (RFC 7591 §3.2.1): the server chooses the client_id, whatever the request says', async () => {
  const { id } = await registered({ ...minimal, client_id: 'mine' })
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('R7591-55 (RFC 7591 §3.2.1): each registration gets a new client_id', async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, async () => (await registered(minimal)).id))
  assert.equal(new Set(ids).size, 50)
})

test('R7591-56 (RFC 7591 §3.2.1) overridden: a client_secret in the request is refused, because a client cannot choose it', async () => {
  const refused = await register({ ...minimal, client_secret: 'hunter2-hunter2' })
  assertRefused(refused, 'invalid_client_metadata', 'client_secret')
  assert.ok(!refused.text.includes('hunter2'))
  for (const nothing of [null, '']) assert.equal((await register({ ...minimal, client_secret: nothing })).status, 201)
})

test('R7591-57 (RFC 7591 §3.2.1): client_id_issued_at is an integer: seconds since 1970', async () => {
  const before = Math.floor(Date.now() / 1000)
  const { client_id_issued_at: issuedAt } = (await registered(minimal)).answer.json
  assert.ok(Number.isInteger(issuedAt))
  assert.ok(issuedAt >= before && issuedAt <= Date.now() / 1000, `${issuedAt} is not the time of the request`)
})

test('R7591-58 (RFC 7591 §3.2.1): client_secret_expires_at is present whenever client_secret is', async () => {
  assert.equal((await registered(minimal)).answer.json.client_secret_expires_at, 0)
})

test('R7591-60 (RFC 7591 §3.2.1): the response contains all registered metadata', async () => {
  const everything = {
    ...minimal,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
    application_type: 'web',
    client_uri: 'https://app.example/',
    logo_uri: 'https://app.example/logo.png',
    tos_uri: 'https://app.example/tos',
    policy_uri: 'https://app.example/privacy',
    contacts: ['x@example.org', 'y@example.org'],
    scope: 'openid a',
    jwks: { keys: [freshKey().publicJwk] },
    software_id: 's',
    software_version: '1',
    subject_type: 'public',
    default_max_age: 0,
    require_auth_time: false,
    default_acr_values: ['1'],
    initiate_login_uri: 'https://app.example/login',
    allowed_cors_origins: ['https://app.example'],
  }
  const client = await registered(everything)
  for (const { json } of [client.answer, await client.read()]) {
    for (const [member, value] of Object.entries(everything)) assert.deepEqual(json[member], value, member)
  }
})

test('R7591-61 (RFC 7591 §3.2.1): unset members are omitted: no value is null or the empty string', async () => {
  for (const body of [
    minimal,
    machine,
    { ...minimal, token_endpoint_auth_method: 'none', logo_uri: '', jwks: {}, contacts: null, scope: '' },
  ]) {
    const client = await registered(body)
    for (const { json } of [client.answer, await client.read(), await client.put(body)]) {
      const empty = Object.entries(json).filter(([, value]) => value === null || value === '' || JSON.stringify(value) === '{}')
      assert.deepEqual(empty, [])
    }
  }
})

test('R7591-62 (RFC 7591 §3.2.1): the server may replace a value, and the response shows the result', async () => {
  assert.equal((await registered({ ...minimal, scope: 'a zzz' })).answer.json.scope, 'a')
})

test('R7591-65 (RFC 7591 §3.2.1): a successful response must not be cached', async () => {
  const { headers } = await register(minimal)
  assert.deepEqual([headers['cache-control'], headers.pragma], ['no-store', 'no-cache'])
})

test('R7591-66 (RFC 7591 §3.2.2): an error response must not be cached', async () => {
  const { headers } = await register({ redirect_uris: ['x'] })
  assert.deepEqual([headers['cache-control'], headers.pragma], ['no-store', 'no-cache'])
})

test('R7591-68 (RFC 7591 §3.2.2): an error is 400 with a JSON object and one ASCII error code', async () => {
  const { status, headers, json } = await register({ redirect_uris: ['http://evil.example/cb'] })
  assert.equal(status, 400)
  assert.match(headers['content-type'] ?? '', /^application\/json\b/)
  assert.match(json.error, /^[\x21\x23-\x5b\x5d-\x7e]+$/)
})

test('R7591-69 (RFC 7591 §3.2.2): error_description is ASCII without quotes or backslashes, whatever was sent', async () => {
  for (const body of [
    { grant_types: ['é'] },
    { redirect_uris: ['https://ü.example/"\\\n'] },
    { token_endpoint_auth_method: 'é"\\\u0000' },
    { 'logo_uri#fr': 'é' },
    { contacts: { é: 1 } },
  ]) {
    const { json } = await register({ ...minimal, ...body })
    assert.match(json.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, JSON.stringify(body))
  }
})

test('R7591-70 (RFC 7591 §3.2.2): error and error_description are enough to explain the error', async () => {
  const { json } = await register({ ...minimal, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } })
  assert.deepEqual(Object.keys(json), ['error', 'error_description'])
  assert.match(json.error_description, /jwks.*keys\[0\].*symmetric/)
})

test('R7591-71 (RFC 7591 §3.2.2): a problem with a redirect URI is always invalid_redirect_uri', async () => {
  assertRefused(await register({ redirect_uris: ['http://evil.example/cb'] }), 'invalid_redirect_uri', 'redirect_uris[0]')
})

test('R7591-72 (RFC 7591 §3.2.2): any other problem is always invalid_client_metadata', async () => {
  assertRefused(await register({ ...minimal, subject_type: 'odd' }), 'invalid_client_metadata', 'subject_type', "'odd'")
})

test('R7591-75 (RFC 7591 §5): a redirect URI is https, http on loopback, or has a private-use scheme', async () => {
  const good = ['https://app.example/cb', 'http://127.0.0.1/cb', 'http://[::1]/cb', 'http://localhost/cb', 'com.example.app:/cb']
  assert.deepEqual((await registered({ redirect_uris: good })).answer.json.redirect_uris, good)
  assertRefused(await register({ redirect_uris: ['http://example.org/cb'] }), 'invalid_redirect_uri', 'redirect_uris[0]', 'https')
})

test('R7591-76 (RFC 7591 §5): a scheme that browsers handle themselves is refused as a private-use scheme', async () => {
  const schemes = 'javascript data vbscript file blob about ws wss ftp mailto view-source chrome'.split(' ')
  const disguised = [
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'java\nscript:x',
    ' javascript:x',
    '\u0000javascript:x',
    'javascript :x',
  ]
  for (const bad of [
    ...schemes.map((scheme) => `${scheme}:x`),
    ...schemes.map((scheme) => `${scheme.toUpperCase()}://x.y/z`),
    ...disguised,
  ]) {
    assertRefused(await register({ redirect_uris: [bad] }), 'invalid_redirect_uri', 'redirect_uris[0]')
  }
})

test('R7591-77 (RFC 7591 §5): a redirect URI with userinfo, a wildcard, a dot segment, an encoded slash, a control character or a backslash is refused', async () => {
  for (const bad of [
    'https://a.example@evil.example/cb',
    'https://*.example.org/cb',
    'https://a.example/*',
    'https://a.example/../cb',
    'https://a.example/x/./cb',
    'https://a.example/x/%2e%2E/cb',
    'https://a.example/x%2fcb',
    'https://a.example/x%5Ccb',
    'https://a.example\\@evil.example/',
    'https://a.example/c\u0007b',
    'https://a.example/c b',
    'com.example.app://u@host/cb',
    'com.example.app:/../cb',
  ]) {
    assertRefused(await register({ redirect_uris: [bad] }), 'invalid_redirect_uri', 'redirect_uris[0]')
  }
})

test('R7591-90 (RFC 7591 §5): no two clients have the same secret', async () => {
  const secrets = await Promise.all(Array.from({ length: 200 }, async () => (await registered(machine)).secret))
  assert.equal(new Set(secrets).size, 200)
  // 26 characters out of 66: 157 bits.
  for (const secret of secrets) assert.match(secret, /^[A-Za-z0-9\-._~]{26}$/)
})

test('R7591-91 (RFC 7591 §6): a client cannot choose its client_id, at registration or later', async () => {
  const client = await registered({ ...minimal, client_id: 'x' })
  assert.notEqual(client.id, 'x')
  assert.equal((await client.put({ ...minimal, client_id: 'x' })).json.client_id, client.id)
})

test('R7591-95 (RFC 7591, implied): a request of unreasonable size or shape is refused, and nothing is stored', async () => {
  const client_name = 'far too much'
  const uris = (count: number) => Array.from({ length: count }, (_, at) => `https://a.example/${at}`)
  const tagged = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`client_name#x-${at}`, 'T']))
  for (const body of [
    { redirect_uris: uris(65) },
    { redirect_uris: uris(300) },
    { redirect_uris: [`https://a.example/${'x'.repeat(2048)}`] },
    { contacts: uris(65) },
    { software_id: 'x'.repeat(300) },
    tagged,
    { jwks: { keys: Array.from({ length: 40 }, () => ({ kty: 'EC' })) } },
    { x: JSON.parse('['.repeat(40) + ']'.repeat(40)) },
    Object.fromEntries(uris(300).map((uri) => [uri, 1])),
  ]) {
    const { status, json } = await register({ ...minimal, client_name, ...body })
    assert.equal(status, 400)
    assert.match(json.error, /^invalid_/)
  }
  assert.equal((await post('['.repeat(60_000))).status, 400)
  const large = await post(JSON.stringify({ ...minimal, client_name, x: 'x'.repeat(64 * 1024) }))
  assert.deepEqual([large.status, large.json.error, large.headers['cache-control']], [413, 'invalid_client_metadata', 'no-store'])
  assert.equal(await countNamed(client_name), 0)
})

test('R7591-96 (RFC 7591, implied): a refused request stores nothing', async () => {
  const client_name = 'refused'
  for (const bad of [{ redirect_uris: ['https://good.example/', 'x:y'] }, { contacts: 5 }, { scope: 'a*' }, { metadata: { a: 1 } }]) {
    assertRefused(
      await register({ ...minimal, client_name, ...bad }),
      'redirect_uris' in bad ? 'invalid_redirect_uri' : 'invalid_client_metadata',
    )
  }
  assert.equal(await countNamed(client_name), 0)
})

test('R7591-97 (RFC 7591 §2): grant types and response types are compared exactly', async () => {
  assertRefused(await register({ ...minimal, grant_types: ['device_code'] }), 'invalid_client_metadata', 'grant_types')
  assertRefused(await register({ ...minimal, grant_types: ['code'] }), 'invalid_client_metadata', 'grant_types')
  assertRefused(await register({ ...minimal, response_types: ['authorization_code'] }), 'invalid_client_metadata', 'response_types')
})

test('R7591-98 (RFC 7591 §2): a wrong JSON type in any member is refused', async () => {
  const wrong: Record<string, readonly unknown[]> = {
    redirect_uris: ['https://a.example/cb', { a: 1 }, [1], [null], [['https://a.example/cb']]],
    client_name: [{}, { a: 1 }, [], 5, true],
    contacts: [[1], 'x', { 0: 'x' }],
    grant_types: ['code', { a: 1 }, [{}]],
    response_types: ['code', [0]],
    token_endpoint_auth_method: [['none'], {}, 1],
    application_type: [['web'], true],
    scope: [['a'], {}, 1],
    jwks: ['{}', [], 1, true],
    jwks_uri: [['https://a.example/'], {}],
    default_max_age: ['60', 1.5, -1, true, 1e300],
    require_auth_time: ['true', 1, []],
    default_acr_values: ['1', [1]],
    frontchannel_logout_session_required: ['true', 0],
    audience: ['https://api.example', [1]],
    'client_name#fr': [5, [], { a: 1 }, {}],
  }
  for (const [member, values] of Object.entries(wrong)) {
    const code = member === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata'
    for (const value of values) assertRefused(await register({ ...minimal, [member]: value }), code, member)
  }
})

const consentPage = '/oauth2/fallbacks/consent?consent_challenge=known'

test('R7591-13 (RFC 7591 §2): a client that asks for a response type it has not registered gets unsupported_response_type', async () => {
  const { id } = await registered({ ...minimal, response_types: ['code'] })
  for (const response_type of ['token', 'id_token', 'code id_token', 'none']) {
    const query = { client_id: id, redirect_uri: String(minimal.redirect_uris[0]), response_type, code_challenge: 'x'.repeat(43) }
    const { status, headers } = await authorize({ ...query, code_challenge_method: 'S256' })
    assert.equal(status, 303)
    assert.match(String(headers.location), /[?&]error=unsupported_response_type&/, response_type)
    assert.doesNotMatch(String(headers.location), /token=|code=/)
  }
})

test('R7591-14 (RFC 7591 §2): the consent page shows the client_id of a client without a name', async () => {
  await using site = await startServer({ settings: { dev: true } })
  const client = await registerLoginClient(site, { client_name: undefined })
  const { status, text } = await seeConsentPage(site, client)
  assert.equal(status, 200)
  assert.ok(text.includes(client.id))
  assert.doesNotMatch(text, /undefined|null/)
})

test('R7591-15 (RFC 7591 §2): the consent page links to client_uri, policy_uri and tos_uri, and shows no logo', async () => {
  const links = { clientUri: 'https://app.example/', policyUri: 'https://app.example/policy', tosUri: 'https://app.example/terms?a=b&c' }
  await using pages = await startFallbackPages({ consent: links })
  const { text } = await pages.ask(consentPage)
  const found = [...text.matchAll(/<a href="(\w+:[^"]*)"/g)].map(([, href]) => href?.replaceAll('&amp;', '&'))
  assert.deepEqual(found, Object.values(links))
  assert.doesNotMatch(text, /<img/)
})

test('R7591-81 (RFC 7591 §5): the consent page shows the redirect host first, then the client’s own name, marked as not verified', async () => {
  await using pages = await startFallbackPages({ consent: { clientName: '<b>Your Bank</b>', redirectHost: 'app.example', firstSeen: now } })
  const { text } = await pages.ask(consentPage)
  const order = ['<h1><strong>app.example</strong>', '&lt;b&gt;Your Bank&lt;/b&gt;', 'not verified', 'new here'].map((part) =>
    text.indexOf(part),
  )
  assert.ok(
    order.every((place, at) => place > (order[at - 1] ?? 0)),
    String(order),
  )
})

test('R7591-87 (RFC 7591 §5): the consent page loads nothing from the client, and its links send no referrer', async () => {
  await using pages = await startFallbackPages({ consent: { clientUri: 'https://app.example/', tosUri: 'javascript:alert(1)' } })
  const { text, headers } = await pages.ask(consentPage)
  assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/)
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.match(text, /<a href="https:\/\/app\.example\/" target="_blank" rel="noopener noreferrer nofollow">/)
  assert.doesNotMatch(text, /javascript:/)
})

test('R7591-99 (RFC 7591 §3) overridden: a member that only the operator sets is refused by name, not ignored', async () => {
  for (const [member, value] of Object.entries({
    skip_consent: true,
    owner: 'admin',
    metadata: { trusted: true },
    access_token_strategy: 'jwt',
  })) {
    assertRefused(await register({ ...minimal, [member]: value }), 'invalid_client_metadata', member)
  }
  const { answer } = await registered({ ...minimal, trusted: true, first_party: true })
  assert.ok(!('trusted' in answer.json) && !('first_party' in answer.json))
})

test('R7591-100 (RFC 7591 §3): pages on other origins may register, without credentials; a cookie grants nothing', async () => {
  const { id, path } = await registered(minimal)
  const headers = { origin: 'https://app.example', cookie: `session=admin; client=${id}` }
  const answer = await register(minimal, { headers: { ...headers, 'content-type': 'application/json' } })
  assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [201, '*'])
  assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.equal((await server.public(path, { headers })).status, 401)
})
