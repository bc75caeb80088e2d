import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { lifespanNames } from '../../src/protocol/client-settings.ts'
import { freshKey } from '../support/client-keys.ts'
import { recordSecrets } from '../support/leaks.ts'
import { assertNotOwner, assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// Product decisions about the registration endpoint where the standards leave a choice: tokens, secrets,
// the operator's members and the format of a request.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { register, registered, created, countNamed } = registrant(server)
const askToken = (sent: object) => server.public('/oauth2/token', { method: 'POST', ...sent })
const post = (body: string, headers = {}) => server.public('/oauth2/register', { method: 'POST', body, headers })

const operators = {
  metadata: { plan: 'gold', seats: 5 },
  owner: 'ops',
  skip_consent: true,
  skip_logout_consent: true,
  access_token_strategy: 'opaque',
  ...Object.fromEntries(lifespanNames.map((name) => [name, '1h30m0s'])),
}
const settingsOf = async (id: string) => {
  const { json } = await server.admin(`/admin/clients/${id}`)
  return Object.fromEntries(Object.keys(operators).map((member) => [member, json[member]]))
}

test('GET echoes the token only with echo_token_on_read', async () => {
  await using echoing = await startServer({ settings: { oidc: { dynamic_client_registration: { echo_token_on_read: true } } } })
  const client = await registrant(echoing).registered()
  assert.equal((await client.read()).json.registration_access_token, client.token)
  echoing.reconfigure({ oidc: { dynamic_client_registration: { echo_token_on_read: false } } })
  assert.ok(!('registration_access_token' in (await client.read()).json))
})

test('PUT with a rotated secret that still authenticates is refused: it is not the current one', async () => {
  const client = await registered(machine)
  const earlier = client.secret
  const { client_secret: current } = (await server.admin(`/admin/clients/${client.id}/secrets/rotate`, { method: 'POST' })).json
  assert.equal((await client.askToken()).status, 200)
  assert.equal((await client.put({ ...machine, client_secret: earlier })).status, 403)
  assert.equal((await client.put({ ...machine, client_secret: current })).status, 200)
})

test('PUT with a secret that an administrator chose is accepted as unchanged, and the secret keeps working', async () => {
  recordSecrets('chosen-by-an-administrator')
  const client = await created({ ...machine, client_secret: 'chosen-by-an-administrator' })
  assert.equal((await client.put({ ...machine, client_secret: 'chosen-by-an-administrator' })).status, 200)
  assert.equal((await client.put({ ...machine, client_secret: 'chosen-by-somebody-else' })).status, 403)
  assert.equal((await client.askToken()).status, 200)
})

test('PUT with a secret is refused for a client without one', async () => {
  const keyed = { ...minimal, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [freshKey().publicJwk] } }
  for (const body of [{ ...minimal, token_endpoint_auth_method: 'none' }, keyed]) {
    const client = await registered(body)
    const refused = await client.put({ ...minimal, client_name: 'U', client_secret: 'chosen-by-the-client' })
    assert.deepEqual([refused.status, refused.json.error], [403, 'invalid_client_metadata'])
    assert.ok(refused.json.error_description.includes('client_secret') && !refused.text.includes('chosen-by'))
    assert.equal((await client.read()).json.client_name, 'T')
  }
})

test('PUT from none or private_key_jwt to a secret method issues a new secret each time', async () => {
  const keyed = { ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [freshKey().publicJwk] } }
  const client = await registered(keyed)
  const secrets: string[] = []
  for (const without of [keyed, { ...minimal, token_endpoint_auth_method: 'none' }]) {
    assert.ok(!('client_secret' in (await client.put(without)).json))
    const { json } = await client.put({ ...machine, token_endpoint_auth_method: 'client_secret_post' })
    assert.match(json.client_secret, /^[A-Za-z0-9\-._~]{26}$/)
    assert.equal(json.client_secret_expires_at, 0)
    assert.equal((await client.askToken()).status, 200)
    secrets.push(json.client_secret)
  }
  assert.equal(new Set(secrets).size, 2)
  const [first] = secrets
  assert.equal((await askToken({ basic: [client.id, first], form: { grant_type: 'client_credentials' } })).status, 401)
})

test('PUT from none to a secret method issues a secret even if an administrator had set one before', async () => {
  const client = await created({ ...minimal, token_endpoint_auth_method: 'none', client_secret: 'known-to-the-operator' })
  await client.put(machine)
  assert.match(client.secret, /^[A-Za-z0-9\-._~]{26}$/)
  assert.equal((await client.askToken()).status, 200)
  const old = await askToken({ basic: [client.id, 'known-to-the-operator'], form: { grant_type: 'client_credentials' } })
  assert.equal(old.status, 401)
})

test('PUT from one secret method to the other keeps the secret', async () => {
  const client = await registered(machine)
  const first = client.secret
  const { json } = await client.put({ ...machine, token_endpoint_auth_method: 'client_secret_post' })
  assert.ok(!('client_secret' in json))
  assert.equal(client.secret, first)
  assert.equal((await client.askToken()).status, 200)
})

test('with secret_transport exact, only the registered secret method is accepted', async () => {
  await using exact = await startServer({ settings: { oauth2: { secret_transport: 'exact' } } })
  for (const method of ['client_secret_basic', 'client_secret_post']) {
    const { id, secret } = await registrant(exact).registered({ ...machine, token_endpoint_auth_method: method })
    const form = { grant_type: 'client_credentials', client_id: id }
    const basic = await exact.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })
    const inForm = await exact.public('/oauth2/token', { method: 'POST', form: { ...form, client_secret: secret } })
    assert.deepEqual([basic.status, inForm.status], method === 'client_secret_basic' ? [200, 401] : [401, 200])
  }
})

test('the operator’s members are never shown, not even for a client that an administrator created', async () => {
  const client = await created({ ...minimal, ...operators })
  for (const { json } of [await client.read(), await client.put(minimal), await client.read()]) {
    assert.deepEqual(
      Object.keys(operators).filter((member) => member in json),
      [],
    )
  }
})

test('the operator’s members: empty, null and false are accepted and change nothing', async () => {
  const client = await created({ ...minimal, ...operators })
  const before = await settingsOf(client.id)
  assert.deepEqual(before, operators)
  const each = (value: unknown) => Object.fromEntries(Object.keys(operators).map((member) => [member, value]))
  for (const sent of [{}, each(null), each(''), each(false), each({}), each([])]) {
    const { status, text } = await client.put({ ...minimal, ...sent })
    assert.equal(status, 200, text)
    assert.deepEqual(await settingsOf(client.id), before)
  }
})

test('an operator’s member with any other value is refused by name, and nothing changes', async () => {
  const client = await created({ ...minimal, ...operators })
  const others = {
    ...Object.fromEntries(Object.keys(operators).map((member) => [member, 'other'])),
    skip_consent: 1,
    skip_logout_consent: 'true',
  }
  for (const [member, value] of Object.entries({ ...others, metadata: { plan: 'gold', seats: 6 } })) {
    assertRefused(await client.put({ ...minimal, client_name: 'U', [member]: value }), 'invalid_client_metadata', member)
    assertRefused(await register({ ...minimal, client_name: 'of the operator', [member]: value }), 'invalid_client_metadata', member)
  }
  assert.deepEqual(await settingsOf(client.id), operators)
  assert.equal((await client.read()).json.client_name, 'T')
  assert.equal(await countNamed('of the operator'), 0)
})

test('a guess at an operator’s member gets one answer, whether or not it is the value in force', async () => {
  const [client, other] = [await created({ ...minimal, ...operators }), await created(minimal)]
  const guess = (of: typeof client, member: string, value: unknown) => of.put({ ...minimal, client_name: 'U', [member]: value })
  for (const [member, value] of Object.entries(operators)) {
    const right = await guess(client, member, value)
    assertRefused(right, 'invalid_client_metadata', member)
    const wrong = await guess(client, member, `${value}0`)
    const elsewhere = await guess(other, member, value)
    const asNew = await register({ ...minimal, [member]: value })
    for (const answer of [wrong, elsewhere, asNew]) assert.deepEqual([answer.status, answer.text], [right.status, right.text], member)
  }
  assert.deepEqual(await settingsOf(client.id), operators)
  assert.equal((await client.read()).json.client_name, 'T')
})

test('null and the empty string count as absent, for every member', async () => {
  const names = ['token_endpoint_auth_method', 'grant_types', 'response_types', 'application_type', 'client_uri', 'logo_uri', 'contacts']
  const more = [
    'scope',
    'audience',
    'jwks',
    'jwks_uri',
    'software_id',
    'subject_type',
    'default_max_age',
    'require_auth_time',
    'client_secret',
  ]
  const { json: plain } = (await registered(minimal)).answer
  for (const nothing of [null, '']) {
    const { json } = (await registered({ ...minimal, ...Object.fromEntries([...names, ...more].map((name) => [name, nothing])) })).answer
    assert.deepEqual(Object.keys(json), Object.keys(plain))
  }
})

test('a duplicate member is refused, also with escapes in its name and in nested objects', async () => {
  const client = await registered()
  const put = (body: string) => server.public(client.path, { method: 'PUT', bearer: client.token, body })
  for (const body of [
    '{"redirect_uris":["https://a.example/"],"client_name":"twice","client_name":"twice"}',
    '{"redirect_uris":["https://a.example/"],"client_name":"twice","client\\u005fname":"twice"}',
    '{"redirect_uris":["https://a.example/"],"client_name":"twice","\\u0063lient_name":"twice","x":{"y":[1,"}"]}}',
    '{"redirect_uris":["https://a.example/"],"client_name":"twice","jwks":{"keys":[],"keys":[]}}',
    '{"redirect_uris":["https://a.example/"],"client_name":"twice","x":[{"a":1,"b":{"c":1,"c":2}}]}',
    '{"redirect_uris":["https://a.example/"],"client_name":"twice","x":{"":1,"":2}}',
  ]) {
    assertRefused(await post(body), 'invalid_client_metadata', 'twice')
    assertRefused(await put(body), 'invalid_client_metadata', 'twice')
  }
  assert.equal(await countNamed('twice'), 0)
  const fine = '{"redirect_uris":["https://a.example/"],"x":[{"a":"\\"a\\":","b":1},{"a":1,"b":{"a":1}}],"y":{"a":"{"}}'
  assert.equal((await post(fine)).status, 201)
})

test('a JSON body is accepted with any Content-Type', async () => {
  const body = JSON.stringify(minimal)
  for (const type of [
    undefined,
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'nonsense',
    'application/json;;',
  ]) {
    assert.equal((await post(body, type === undefined ? {} : { 'content-type': type })).status, 201, String(type))
  }
})

test('client_id_issued_at is in seconds; created_at and updated_at have Hydra’s format', async () => {
  let now = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
  await using clocked = await startServer({ clock: () => now })
  const client = await registrant(clocked).registered()
  now += 60_000
  const { json } = await client.put(minimal)
  assert.equal(json.client_id_issued_at, Date.UTC(2026, 0, 2, 3, 4, 5) / 1000)
  assert.equal(json.created_at, '2026-01-02T03:04:05Z')
  assert.match(json.updated_at, /^2026-01-02T03:05:05\.678\d*Z$/)
})

test('an algorithm member is shown only if it was set, also for an operator’s client', async () => {
  const names = [
    'userinfo_signed_response_alg',
    'id_token_signed_response_alg',
    'request_object_signing_alg',
    'token_endpoint_auth_signing_alg',
  ]
  const shown = (json: Record<string, unknown>) => names.filter((name) => name in json)
  const operatorsOwn = await created(minimal)
  assert.deepEqual(shown((await operatorsOwn.read()).json), [])
  await server.admin(`/admin/clients/${operatorsOwn.id}`, { method: 'PATCH', json: [{ op: 'replace', path: '/client_name', value: 'U' }] })
  assert.deepEqual(shown((await operatorsOwn.read()).json), [])
  const client = await registered(minimal)
  assert.deepEqual(shown(client.answer.json), [])
  const { json } = await client.put({ ...minimal, userinfo_signed_response_alg: 'none' })
  assert.equal(json.userinfo_signed_response_alg, 'none')
  assert.deepEqual(shown((await client.put({ ...minimal, userinfo_signed_response_alg: 'RS256' })).json), ['userinfo_signed_response_alg'])
  assert.deepEqual(shown((await client.put(minimal)).json), [])
})

test('request_object_signing_alg is asymmetric, never none, and request_uris are registered unchanged', async () => {
  const alg = 'request_object_signing_alg'
  for (const bad of ['none', 'HS256', 'RS1'])
    assertRefused(await register({ ...minimal, [alg]: bad }), 'invalid_client_metadata', alg, `'${bad}'`)
  for (const good of ['RS256', 'PS256', 'ES256', 'EdDSA'])
    assert.equal((await registered({ ...minimal, [alg]: good })).answer.json[alg], good)
  const request_uris = ['https://app.example/request?x=1#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM', 'https://app.example/other']
  const client = await registered({ ...minimal, request_uris })
  for (const { json } of [client.answer, await client.read(), await client.put({ ...minimal, request_uris })])
    assert.deepEqual(json.request_uris, request_uris)
})

test('the Location header of the 201 is the registration_client_uri', async () => {
  const { headers, json } = await register(minimal)
  assert.equal(headers.location, json.registration_client_uri)
})

test('while registration is disabled, its routes return 404 for every method', async () => {
  await using off = await startServer()
  const client = await registrant(off).registered()
  off.reconfigure({ oidc: { dynamic_client_registration: { enabled: false } } })
  for (const path of ['/oauth2/register', client.path]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      assert.equal((await off.public(path, { method, bearer: client.token })).status, 404, `${method} ${path}`)
    }
  }
  off.reconfigure({})
  assert.equal((await client.read()).status, 200)
})

test('while registration is enabled, client_registration_url replaces registration_endpoint in discovery', async () => {
  const oidc_discovery = { client_registration_url: 'https://developers.example/register' }
  await using overridden = await startServer({ settings: { webfinger: { oidc_discovery } } })
  const look = async () => (await overridden.public('/.well-known/openid-configuration')).json.registration_endpoint
  assert.equal(await look(), oidc_discovery.client_registration_url)
  overridden.reconfigure({ webfinger: { oidc_discovery }, oidc: { dynamic_client_registration: { enabled: false } } })
  assert.equal(await look(), undefined)
})

test('every invalid token gets an identical response', async () => {
  const client = await registered()
  assertNotOwner(await client.read(null))
  const texts = [await client.read('junk'), await client.read(null), await client.read((await registered()).token)].map(({ text }) => text)
  assert.equal(new Set(texts).size, 1)
})
