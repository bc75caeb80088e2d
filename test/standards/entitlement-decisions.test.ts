import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertRefused, machine, minimal, type OwnClient, registrant } from '../support/registrant.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Product decisions about the registration endpoint: which scopes, audiences and CORS origins a self-registered client gets.

const [api, apiSlash, mail] = ['https://api.example/v1', 'https://api.example/v1/', 'urn:example:Mail']
const open = { default_scope: ['openid', 'notes'], allowed_scope: ['notes.read', 'notes.write'], allowed_audience: [api, apiSlash, mail] }
const server = await startServer({ settings: { oidc: { dynamic_client_registration: open } } })
after(() => server[Symbol.asyncDispose]())
const { register, registered, created } = registrant(server)
/** A server whose operator configures no audiences. */
const plain = await startServer()
after(() => plain[Symbol.asyncDispose]())

async function audienceOf(instance: TestServer, client: OwnClient, form: Record<string, string | string[]>): Promise<readonly string[]> {
  const { status, json, text } = await client.askToken(form)
  assert.equal(status, 200, text)
  return (await instance.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: json.access_token } })).json.aud
}

test('a requested scope is narrowed to the allowed scope, in the order of the request', async () => {
  for (const [asked, given] of [
    ['notes.read', 'notes.read'],
    ['notes.write zzz openid notes.write admin', 'notes.write openid'],
    ['openid profile email offline offline_access', 'openid profile email offline offline_access'],
    [' notes   notes.read ', 'notes notes.read'],
    ['Notes notes', 'notes'],
  ]) {
    const client = await registered({ ...machine, scope: asked })
    assert.deepEqual([client.answer.json.scope, (await client.read()).json.scope], [given, given])
  }
})

test('an absent or empty scope becomes the default scope', async () => {
  for (const scope of [undefined, '', null]) assert.equal((await registered({ ...machine, scope })).answer.json.scope, 'openid notes')
})

test('if no requested scope is allowed, none of it is registered', async () => {
  const { answer } = await registered({ ...machine, scope: 'admin zzz' })
  assert.doesNotMatch(answer.json.scope ?? '', /admin|zzz/)
})

test('a scope that contains a wildcard is refused', async () => {
  for (const scope of ['*', 'notes.*', 'notes.read *.write']) {
    assertRefused(await register({ ...machine, scope }), 'invalid_client_metadata', 'scope', '*')
    assertRefused(await (await registered(machine)).put({ ...machine, scope }), 'invalid_client_metadata', 'scope')
  }
})

test('the scopes of a self-registered client are matched exactly, although strategies.scope is wildcard for the operator’s clients', async () => {
  const operators = await created({ ...machine, scope: 'notes.*' })
  assert.equal((await operators.askToken({ scope: 'notes.read' })).status, 200)
  const dynamic = await registered(machine)
  const patch = [{ op: 'replace', path: '/scope', value: 'notes.*' }]
  assert.equal((await server.admin(`/admin/clients/${dynamic.id}`, { method: 'PATCH', json: patch })).status, 200)
  assert.equal((await dynamic.askToken({ scope: 'notes.read' })).json.error, 'invalid_scope')
  assert.equal((await dynamic.askToken({ scope: 'notes.*' })).status, 200)
})

test('a scope with a control character is refused, even if a pattern matches it (RFC 6749 §3.3)', async () => {
  const operators = await created({ ...machine, scope: '*' })
  for (const scope of ['\0', 'a\0b', 'a\tb', 'a\x7f'])
    assert.equal((await operators.askToken({ scope })).json.error, 'invalid_scope', JSON.stringify(scope))
  assert.equal((await operators.askToken({ scope: 'anything' })).status, 200)
  const written = await server.admin('/admin/clients', { method: 'POST', json: { ...machine, scope: 'a\0b' } })
  assert.deepEqual([written.status, /scope/.test(written.text)], [400, true])
})

test('an update keeps a scope that is no longer allowed; once removed, it cannot be registered again', async () => {
  await using instance = await startServer({ settings: { oidc: { dynamic_client_registration: open } } })
  const client = await registrant(instance).registered({ ...machine, scope: 'notes.read notes.write' })
  instance.reconfigure({ oidc: { dynamic_client_registration: { ...open, allowed_scope: [] } } })
  assert.equal((await client.put({ ...machine, scope: 'notes.read notes.write' })).json.scope, 'notes.read notes.write')
  assert.equal((await client.put({ ...machine, scope: 'notes.read' })).json.scope, 'notes.read')
  assert.equal((await client.put({ ...machine, scope: 'notes.read notes.write' })).json.scope, 'notes.read')
})

test('an absent audience becomes all allowed audiences, and the response shows it', async () => {
  const client = await registered(machine)
  assert.deepEqual([client.answer.json.audience, (await client.read()).json.audience], [open.allowed_audience, open.allowed_audience])
})

test('a requested audience is narrowed to the allowed audiences, byte for byte', async () => {
  const asked = [mail, 'https://other.example', apiSlash, 'https://API.example/v1', 'urn:example:mail', mail]
  const { answer } = await registered({ ...machine, audience: asked })
  assert.deepEqual(answer.json.audience, [mail, apiSlash])
  const none = await registered({ ...machine, audience: ['https://other.example'] })
  assert.ok(!('audience' in none.answer.json))
  assert.equal((await none.askToken({ resource: api })).json.error, 'invalid_target')
})

test('with resource, the token’s aud is the requested registered audience, byte for byte', async () => {
  const client = await registered({ ...machine, audience: [api, mail] })
  assert.deepEqual(await audienceOf(server, client, { resource: api }), [api])
  assert.deepEqual(await audienceOf(server, client, { resource: [mail, api] }), [mail, api])
  assert.deepEqual(await audienceOf(server, client, { audience: mail }), [mail])
})

test('a resource that is not in the registered audience is invalid_target', async () => {
  const client = await registered({ ...machine, audience: [api] })
  for (const resource of [
    apiSlash,
    mail,
    `${api}/notes`,
    'https://API.example/v1',
    'https://api.example:443/v1',
    `${api}#x`,
    '/v1',
    'x',
    `${api}?x`,
  ]) {
    for (const sent of [resource, [api, resource]]) {
      const { status, json } = await client.askToken({ resource: sent })
      assert.deepEqual([status, json.error], [400, 'invalid_target'], resource)
    }
  }
})

test('an unregistered audience at the token endpoint gets Hydra’s error', async () => {
  const { status, json } = await (await registered({ ...machine, audience: [api] })).askToken({ audience: mail })
  assert.deepEqual([status, json.error], [400, 'invalid_request'])
  assert.match(json.error_description, /Requested audience 'urn:example:Mail' has not been whitelisted by the OAuth 2\.0 Client\.$/)
})

test('resource and audience of an operator’s client are matched as in Hydra: the registered URL and the paths below it', async () => {
  const client = await created({ ...machine, audience: [api] })
  assert.deepEqual(await audienceOf(server, client, { resource: `${api}/notes` }), [`${api}/notes`])
  assert.deepEqual(await audienceOf(server, client, { audience: `${api}/notes` }), [`${api}/notes`])
  for (const resource of ['https://api.example/v10', 'https://api.example/', 'http://api.example/v1']) {
    assert.equal((await client.askToken({ resource })).json.error, 'invalid_target')
    assert.equal((await client.askToken({ audience: resource })).json.error, 'invalid_request')
  }
})

test('if no audience is configured, a self-registered client has none, and its resource is accepted without effect', async () => {
  const client = await registrant(plain).registered({ ...machine, audience: [api] })
  assert.ok(!('audience' in client.answer.json))
  const without = await audienceOf(plain, client, {})
  for (const resource of [api, 'https://mcp.example/']) assert.deepEqual(await audienceOf(plain, client, { resource }), without)
  assert.equal((await client.askToken({ audience: api })).json.error, 'invalid_request')
  assert.equal((await client.askToken({ resource: 'not a uri' })).json.error, 'invalid_target')
})

test('if no audience is configured, the resource of an operator’s client still takes effect', async () => {
  const client = await registrant(plain).created({ ...machine, audience: [api] })
  assert.deepEqual(await audienceOf(plain, client, { resource: api }), [api])
  assert.equal((await client.askToken({ resource: mail })).json.error, 'invalid_target')
})

test('allowed_cors_origins are limited to the origins of the client’s own redirect URIs', async () => {
  const redirect_uris = ['https://app.example/cb', 'http://localhost:8080/cb', 'com.example.app:/cb']
  const asked = [
    'https://app.example',
    'https://evil.example',
    'http://localhost:8080',
    'http://localhost',
    'https://app.example:8443',
    'http://app.example',
  ]
  const { answer } = await registered({ redirect_uris, allowed_cors_origins: asked })
  assert.deepEqual(answer.json.allowed_cors_origins, ['https://app.example', 'http://localhost:8080'])
  const none = await registered({ ...minimal, allowed_cors_origins: ['https://evil.example', 'null', '*', 'https://app.example/'] })
  assert.ok(!('allowed_cors_origins' in none.answer.json))
})

test('an update removes CORS origins of removed redirect URIs and keeps those that the operator set', async () => {
  const client = await registered({ ...minimal, allowed_cors_origins: ['https://app.example'] })
  const moved = await client.put({
    redirect_uris: ['https://new.example/cb'],
    allowed_cors_origins: ['https://app.example', 'https://new.example'],
  })
  assert.deepEqual(moved.json.allowed_cors_origins, ['https://new.example'])
  const operators = await created({ ...minimal, allowed_cors_origins: ['https://partner.example'] })
  assert.deepEqual((await operators.put((await operators.read()).json)).json.allowed_cors_origins, ['https://partner.example'])
})
