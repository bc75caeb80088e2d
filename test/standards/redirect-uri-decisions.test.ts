import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertRefused, machine, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// Product decisions about the registration endpoint: redirect URIs, and the application_type, grants and response types that depend on them.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { register, registered, created } = registrant(server)
const authorize = (client_id: string, redirect_uri: string) =>
  server.public(`/oauth2/auth?${new URLSearchParams({ client_id, response_type: 'code', redirect_uri })}`)

const accepted = {
  web: [
    'https://app.example/cb',
    'https://app.example',
    'https://app.example/',
    'https://app.example?x=1',
    'https://app.example:8443/a/b;c=d/cb?x=%20&y=../..&z=%2F',
    'https://sub.xn--bcher-kva.example/cb',
    'https://localhost/cb',
    'https://localhost:3000/cb',
    'https://127.0.0.1/cb',
    'https://10.0.0.1/cb',
    'https://[2001:db8::1]:8443/cb',
    'https://intranet/cb',
    'https://app.example/~user/a.b/...',
    'https://app.example/a//b',
    'https://app.example/é',
    'https://claude.ai/api/mcp/auth_callback',
    'https://www.cursor.com/agents/mcp/oauth/callback',
  ],
  native: [
    'http://127.0.0.1/',
    'http://127.0.0.1:33418/',
    'http://127.0.0.1:0/cb',
    'http://[::1]:9/cb',
    'http://localhost/callback',
    'http://localhost:3118/callback?x=1',
    'com.example.app:/cb',
    'com.example.app:cb',
    'com.example.app://cb',
    'com.example.app://host.example/cb?x=1',
    'Com.Example.App:/cb',
    'com.googleusercontent.apps.123:/oauth2redirect',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'vscode://vscode.github-authentication/did-authenticate',
    'vscode-insiders://x.y/z',
    'jetbrains://gateway/callback',
  ],
}

const refused = [
  // Not a URI, or not an absolute one.
  'app.example/cb', '//app.example/cb', '/cb', 'https:', 'https:/app.example/cb', 'https:app.example/cb', 'https://', 'https:///cb', 'https://?x', ':', '://x',
  'com.example.app:', 'https://app.example:99999/cb', 'https://app.example:/cb', 'https://app.example:1x/cb', 'https://[::1/cb', 'https://[zz]/cb',
  // Plain http on hosts other than loopback, including lookalikes.
  'http://app.example/cb', 'HTTP://app.example/cb', 'http://10.0.0.1/', 'http://0.0.0.0/', 'http://127.0.0.2/', 'http://127.1/', 'http://2130706433/', 'http://0x7f000001/',
  'http://127.0.0.1.evil.example/', 'http://localhost.evil.example/', 'http://localhost@evil.example/', 'http://localhost./cb', 'http://[::2]/',
  'http://[::ffff:127.0.0.1]/', 'http://127.0.0.1:80@evil.example/', 'http://ⓛocalhost/', 'http://localhost%2eevil.example/',
  // Schemes that execute or display content.
  'javascript:alert(1)', 'JAVASCRIPT://app.example/%0aalert(1)', 'data:text/html,x', 'vbscript:x', 'blob:https://app.example/1', 'file:///etc/passwd', 'about:blank',
  // Private-use schemes without a dot that are not on the list.
  'myapp:/cb', 'myapp://cb', 'x-javascript:x', 'cursors://x', 'slack://x',
  // Fragments, userinfo, dot segments, backslashes, wildcards, spaces.
  'https://app.example/cb#', 'https://app.example/#/cb', 'com.example.app:/cb#x', 'http://127.0.0.1/#x',
  'https://u@app.example/', 'https://u:p@app.example/', 'https://@app.example/', 'com.example.app://u@x/',
  'https://app.example/.', 'https://app.example/..', 'https://app.example/a/../b', 'https://app.example/a/./b', 'https://app.example/%2E%2e/b', 'https://app.example/.%2e',
  'com.example.app:../x', 'cursor://x/../y', 'https://app.example\\cb', 'https:\\\\app.example/cb', 'https://app.example/%5c', 'https://app.example/%2F', 'https://app.example/%00',
  'https://*/cb', 'https://*.app.example/cb', 'https://app.example/*', 'https://app.example/cb?x=*', 'com.example.*:/cb', '*',
  ' https://app.example/cb', 'https://app.example/cb ', 'https://app.example/c\tb', 'https://app.example/cb\n', 'https://app.example/\u0000', 'https://app.ex ample/cb', 'https://app.example/\u0085',
  // Hosts that imitate another host.
  'https://bücher.example/cb', 'https://аpp.example/cb', 'https://app。example/cb', 'https://app.example%2eevil.example/cb', 'https://app.example%40evil.example/cb',
] // biome-ignore format: a table

for (const [type, uris] of Object.entries(accepted)) {
  test(`redirect URIs that are accepted byte for byte and give the application_type ${type}`, async () => {
    for (const uri of uris) {
      const { json, status, text } = await register({ redirect_uris: [uri] })
      assert.equal(status, 201, `${uri}: ${text}`)
      assert.deepEqual([json.redirect_uris, json.application_type], [[uri], type], uri)
    }
    assert.deepEqual((await registered({ redirect_uris: uris })).answer.json.redirect_uris, uris)
  })
}

test('redirect URIs that are refused with the entry named', async () => {
  for (const uri of refused) {
    assertRefused(await register({ redirect_uris: ['https://app.example/cb', uri] }), 'invalid_redirect_uri', 'redirect_uris[1]')
  }
})

test('the operator can replace the list of private-use schemes without a dot', async () => {
  await using own = await startServer({ settings: { oidc: { dynamic_client_registration: { redirect_schemes: ['myapp'] } } } })
  const there = registrant(own)
  assert.equal((await there.register({ redirect_uris: ['myapp://cb'] })).status, 201)
  assertRefused(await there.register({ redirect_uris: ['cursor://x/y'] }), 'invalid_redirect_uri', "'cursor'")
})

test('a loopback redirect URI is matched with any port, any other one exactly', async () => {
  const uris = [
    'http://127.0.0.1/cb',
    'http://localhost:8080/cb?x=1',
    'http://[::1]/cb',
    'https://localhost:1/cb',
    'com.example.app://h:1/cb',
  ]
  const { id } = await registered({ redirect_uris: uris })
  const isKnown = async (uri: string) => (await authorize(id, uri)).status !== 400
  for (const uri of [
    ...uris,
    'http://127.0.0.1:51004/cb',
    'http://localhost/cb?x=1',
    'http://localhost:3/cb?x=1',
    'http://[::1]:65535/cb',
  ]) {
    assert.ok(await isKnown(uri), uri)
  }
  for (const uri of [
    'http://127.0.0.1/',
    'http://127.0.0.1:1/cb?x=1',
    'http://localhost/cb',
    'http://127.0.0.2/cb',
    'http://127.0.0.1:x/cb',
  ]) {
    assert.ok(!(await isKnown(uri)), uri)
  }
  for (const uri of ['https://localhost:2/cb', 'com.example.app://h:2/cb', 'https://127.0.0.1/cb', 'http://127.0.0.1:80@evil.example/cb']) {
    assert.ok(!(await isKnown(uri)), uri)
  }
})

test('application_type web with a loopback or private-use redirect URI is registered as native', async () => {
  for (const uri of ['http://localhost/cb', 'com.example.app:/cb', 'cursor://x/y']) {
    const { answer } = await registered({ redirect_uris: ['https://app.example/cb', uri], application_type: 'web' })
    assert.equal(answer.json.application_type, 'native')
  }
})

test('application_type native is kept, and a client without redirect URIs is web', async () => {
  assert.equal((await registered({ ...minimal, application_type: 'native' })).answer.json.application_type, 'native')
  assert.equal((await registered(machine)).answer.json.application_type, 'web')
})

test('an update derives application_type from the redirect URIs again', async () => {
  const client = await registered(minimal)
  assert.equal((await client.put({ redirect_uris: ['http://127.0.0.1/'] })).json.application_type, 'native')
  assert.equal((await client.put(minimal)).json.application_type, 'web')
})

test('requested grant_types and response_types, and what is registered for them', async () => {
  const code = ['authorization_code']
  for (const [sent, grants, responses] of [
    [{}, code, ['code']],
    [{ grant_types: [], response_types: [] }, code, ['code']],
    [{ grant_types: ['authorization_code', 'refresh_token'] }, ['authorization_code', 'refresh_token'], ['code']],
    [{ grant_types: ['refresh_token', 'authorization_code', 'refresh_token'] }, ['refresh_token', 'authorization_code'], ['code']],
    [{ grant_types: [...code, 'urn:ietf:params:oauth:grant-type:device_code'] }, code, ['code']],
    [{ grant_types: ['client_credentials', 'password'] }, ['client_credentials'], []],
    [{ grant_types: ['client_credentials', 'refresh_token'] }, ['client_credentials', 'refresh_token'], []],
    [{ grant_types: ['client_credentials'], response_types: ['code', 'token'] }, ['client_credentials'], []],
    [{ grant_types: code, response_types: ['token'] }, code, ['code']],
    [{ grant_types: code, response_types: [] }, code, ['code']],
    [{ response_types: ['code'] }, code, ['code']],
    [{ response_types: ['token', 'code'] }, code, ['code']],
    [{ grant_types: [...code, 'client_credentials'], token_endpoint_auth_method: 'none' }, code, ['code']],
  ] as const) {
    const { answer } = await registered({ ...minimal, ...sent })
    assert.deepEqual([answer.json.grant_types, answer.json.response_types], [grants, responses], JSON.stringify(sent))
  }
})

test('if no usable grant type or response type is left, the error names the member, its value and the supported values', async () => {
  for (const sent of [['password'], ['refresh_token'], ['implicit', 'refresh_token'], ['']]) {
    assertRefused(
      await register({ ...minimal, grant_types: sent }),
      'invalid_client_metadata',
      'grant_types',
      `'${sent.join(' ')}'`,
      'authorization_code',
    )
  }
  assertRefused(
    await register({ ...minimal, response_types: ['token', 'id_token'] }),
    'invalid_client_metadata',
    'response_types',
    "'token id_token'",
    'code',
  )
  const openMachine = await register({ ...machine, token_endpoint_auth_method: 'none' })
  assertRefused(openMachine, 'invalid_client_metadata', 'grant_types', "'client_credentials'", 'authorization_code, refresh_token')
  assert.ok(!openMachine.json.error_description.endsWith('client_credentials'))
})

test('a client that becomes public loses the grant type it can no longer use', async () => {
  const client = await registered({ ...minimal, grant_types: ['authorization_code', 'client_credentials'] })
  const { json } = await client.put({ ...client.answer.json, token_endpoint_auth_method: 'none' })
  assert.deepEqual(json.grant_types, ['authorization_code'])
  assert.equal((await client.put({ ...machine, token_endpoint_auth_method: 'none' })).status, 400)
})

test('values that an administrator set are kept when the client puts back what it read', async () => {
  const redirect_uris = ['http://app.example/cb', 'myapp:/cb']
  const client = await created({
    redirect_uris,
    grant_types: ['authorization_code', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code'],
  })
  const { json } = await client.read()
  assert.equal((await client.put(json)).status, 200)
  const { json: after } = await server.admin(`/admin/clients/${client.id}`)
  assert.deepEqual([after.redirect_uris, after.grant_types], [redirect_uris, json.grant_types])
  assert.equal(after.grant_types.length, 3)
  assertRefused(
    await client.put({ redirect_uris: [...redirect_uris, 'http://other.example/cb'] }),
    'invalid_redirect_uri',
    'redirect_uris[2]',
  )
})

test('post_logout_redirect_uris must have the scheme, host and port of a redirect URI', async () => {
  const member = 'post_logout_redirect_uris'
  assert.equal((await register({ ...minimal, [member]: ['https://app.example/bye?x=1'] })).status, 201)
  for (const bad of [
    'https://other.example/',
    'http://app.example/',
    'https://app.example:8443/',
    'javascript:x',
    'https://app.example/#x',
    '/bye',
  ]) {
    assertRefused(await register({ ...minimal, [member]: ['https://app.example/', bad] }), 'invalid_client_metadata', `${member}[1]`)
  }
})
