import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { askTokenWith, assertionType, type ClientKey, clientKey } from '../support/assertions.ts'
import { machine, type OwnClient, registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer } from '../support/server.ts'

// RFC 7521 and 7523 with draft-ietf-oauth-rfc7523bis, client authentication: one test for each requirement, by its id in docs/standards.md.

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { registered } = registrant(server)
const key = await clientKey()
const tokenEndpoint = `${server.publicUrl}/oauth2/token`
const keyed = (own: ClientKey, more: object = {}) => ({
  ...machine,
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [own.publicJwk] },
  ...more,
})
const client: OwnClient = await registered(keyed(key))
const ask = async (claims: Record<string, unknown> = {}, form: Record<string, string> = {}) =>
  askTokenWith(server, await key.sign(client.id, server.issuer, claims), form)

function assertRefusedClient(answer: Received, words?: RegExp): void {
  assert.equal(answer.status, 401, answer.text)
  assert.equal(answer.json.error, 'invalid_client')
  assert.equal(answer.headers['cache-control'], 'no-store')
  if (words) assert.match(answer.json.error_description, words)
}

test('RASRT-01 (RFC 7523 §2.2) overridden: another client_assertion_type is 400 invalid_request, as in Hydra; two assertions are refused', async () => {
  const assertion = await key.sign(client.id, server.issuer)
  for (const [type, words] of [
    ['urn:x', /Unknown client_assertion_type 'urn:x'/],
    ['urn:ietf:params:oauth:client-assertion-type:saml2-bearer', /Unknown client_assertion_type/],
  ] as const) {
    const answer = await askTokenWith(server, assertion, { client_assertion_type: type })
    assert.deepEqual([answer.status, answer.json.error], [400, 'invalid_request'])
    assert.match(answer.json.error_description, words)
  }
  const form = { grant_type: 'client_credentials', client_assertion_type: assertionType, client_assertion: [assertion, assertion] }
  const twice = await server.public('/oauth2/token', { method: 'POST', form })
  assert.deepEqual([twice.status, twice.json.error], [400, 'invalid_request'])
  assertRefusedClient(await askTokenWith(server, `${assertion} ${assertion}`))
  assert.equal((await askTokenWith(server, assertion)).status, 200)
})

test('RASRT-02 (RFC 7523 §3 items 1–2): iss and sub are the client_id, and so is the parameter client_id if it is sent', async () => {
  assertRefusedClient(await ask({ iss: 'somebody' }), /'iss'/)
  assertRefusedClient(await ask({ sub: 'somebody' }))
  assertRefusedClient(await ask({ sub: 'somebody' }, { client_id: client.id }), /'sub'/)
  assertRefusedClient(await ask({ iss: undefined }))
  assertRefusedClient(await ask({ sub: undefined }))
  const other = await registered(keyed(await clientKey()))
  assertRefusedClient(await ask({}, { client_id: other.id }))
  assert.equal((await ask({}, { client_id: client.id })).status, 200)
})

test('RASRT-03 (RFC 7523 §3 item 3, draft-ietf-oauth-rfc7523bis) overridden: aud is the issuer or the token endpoint, as a string or as an array of one; any other is refused', async () => {
  for (const aud of [server.issuer, tokenEndpoint, [server.issuer], [tokenEndpoint]])
    assert.equal((await ask({ aud })).status, 200, String(aud))
  const strange = [
    undefined,
    'https://other.example',
    [],
    [server.issuer, 'https://other.example'],
    [server.issuer, tokenEndpoint],
    server.publicUrl,
    `${tokenEndpoint}/`,
    [[server.issuer]],
    5,
    { 0: server.issuer },
  ]
  for (const aud of strange) assertRefusedClient(await ask({ aud }), /'audience'/)
})

test('RASRT-04 (RFC 7523 §3 items 4–6): exp is required, in the future and not far ahead; nbf and iat are not in the future', async () => {
  const now = Math.floor(Date.now() / 1000)
  for (const claims of [
    { exp: now - 1 },
    { exp: undefined },
    { exp: now + 31_536_000 },
    { exp: now + 3_700 },
    { exp: `${now + 60}` },
    { exp: null },
    { nbf: now + 60 },
    { iat: now + 60 },
    { nbf: 'x' },
  ]) {
    assertRefusedClient(await ask(claims))
  }
  for (const claims of [{ exp: now + 3_500 }, { iat: undefined }, { iat: now + 5 }, { nbf: now - 60 }])
    assert.equal((await ask(claims)).status, 200)
})

test('RASRT-05 (RFC 7523 §3 item 7) overridden: a jti is accepted once; a replay is 400 jti_known, as in Hydra', async () => {
  const assertion = await key.sign(client.id, server.issuer)
  assert.equal((await askTokenWith(server, assertion)).status, 200)
  const again = await askTokenWith(server, assertion)
  assert.deepEqual([again.status, again.json.error], [400, 'jti_known'])
  const jti = `shared-${client.id}`
  assert.equal((await ask({ jti })).status, 200)
  assert.equal((await ask({ jti })).json.error, 'jti_known')
  const otherKey = await clientKey()
  const other = await registered(keyed(otherKey))
  assert.equal((await askTokenWith(server, await otherKey.sign(other.id, server.issuer, { jti }))).status, 200)
  for (const none of [undefined, '', 5]) assertRefusedClient(await ask({ jti: none }), /'jti'/)
})

test('RASRT-06 (RFC 7523 §3 items 9–10): a registered key signed the assertion with a listed algorithm, never none and never HMAC', async () => {
  const stranger = await clientKey()
  assertRefusedClient(await askTokenWith(server, await stranger.sign(client.id, server.issuer)))
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const payload = part({ iss: client.id, sub: client.id, aud: server.issuer, jti: 'x', exp: now + 60 })
  assertRefusedClient(await askTokenWith(server, `${part({ alg: 'none' })}.${payload}.`), /'none'/)
  const hmac = `${part({ alg: 'HS256', kid: 'k1' })}.${payload}`
  const secret = JSON.stringify(key.publicJwk)
  assertRefusedClient(await askTokenWith(server, `${hmac}.${createHmac('sha256', secret).update(hmac).digest('base64url')}`), /'HS256'/)
  const [head, body, signature] = (await key.sign(client.id, server.issuer)).split('.')
  assertRefusedClient(await askTokenWith(server, `${head}.${payload}.${signature}`))
  assertRefusedClient(await askTokenWith(server, `${head}.${body}.`))
  for (const junk of ['x', 'x.y.z', '..', `${head}.${body}`, '{}', '\u0000']) assertRefusedClient(await askTokenWith(server, junk))
})

test('RASRT-07 (RFC 7523 §3.2): a failed assertion is 401 invalid_client, also for an unknown client', async () => {
  assertRefusedClient(await askTokenWith(server, await key.sign('nobody', server.issuer)))
  const secret = await registered(machine)
  assertRefusedClient(await askTokenWith(server, await key.sign(secret.id, server.issuer)), /client_secret_basic/)
  const basic = await server.public('/oauth2/token', {
    method: 'POST',
    basic: [client.id, 'x'],
    form: { grant_type: 'client_credentials' },
  })
  assertRefusedClient(basic, /private_key_jwt/)
  const none = await server.public('/oauth2/token', { method: 'POST', form: { grant_type: 'client_credentials', client_id: client.id } })
  assertRefusedClient(none, /private_key_jwt/)
})

test('RASRT-08 (RFC 7523 §5): RS256 and the other listed algorithms are accepted, whether or not they were registered', async () => {
  const { token_endpoint_auth_signing_alg_values_supported: algs } = (await server.public('/.well-known/openid-configuration')).json
  assert.ok(algs.includes('RS256') && algs.includes('EdDSA') && !algs.includes('none') && !algs.some((alg: string) => alg.startsWith('HS')))
  for (const alg of algs) {
    const own = await clientKey(alg)
    for (const more of [{}, { token_endpoint_auth_signing_alg: alg }]) {
      const { id } = await registered(keyed(own, more))
      const answer = await askTokenWith(server, await own.sign(id, server.issuer))
      assert.equal(answer.status, 200, `${alg}: ${answer.text}`)
    }
  }
  const rsa = await clientKey('RS256')
  const held = await registered(keyed(rsa, { token_endpoint_auth_signing_alg: 'PS256' }))
  assertRefusedClient(await askTokenWith(server, await rsa.sign(held.id, server.issuer)), /RS256.*PS256/)
})

test('RFC 7515 §4.1.9: typ is compared without case and with or without application/; any other type is refused and not spent', async () => {
  const withTyp = (typ: unknown, jti: string) => key.sign(client.id, server.issuer, { jti }, { typ })
  const ask = async (typ: unknown, jti: string) => askTokenWith(server, await withTyp(typ, jti))
  for (const typ of ['jwt', 'application/JWT', 'Client-Authentication+JWT', 'application/client-authentication+jwt'])
    assert.equal((await ask(typ, `fine ${typ}`)).status, 200, typ)
  for (const typ of [
    'at+jwt',
    'logout+jwt',
    'oauth-authz-req+jwt',
    'dpop+jwt',
    'JOSE',
    '',
    'application/',
    'text/jwt',
    'application/application/jwt',
    null,
    5,
    ['JWT'],
  ])
    assertRefusedClient(await ask(typ, 'once'), /'typ'/)
  assert.equal((await ask('JWT', 'once')).status, 200)
})

test('RFC 7797 §7: an assertion that declares an unencoded payload is refused and not spent', async () => {
  const withB64 = (b64: unknown) => key.sign(client.id, server.issuer, { jti: 'encoded' }, { b64 })
  assertRefusedClient(await askTokenWith(server, await withB64(false)))
  assert.equal((await askTokenWith(server, await withB64(true))).status, 200)
})

test('RASRT-09 (draft-ietf-oauth-rfc7523bis): typ may be client-authentication+jwt, and may be absent', async () => {
  for (const typ of ['client-authentication+jwt', 'JWT', undefined]) {
    assert.equal((await askTokenWith(server, await key.sign(client.id, server.issuer, {}, typ === undefined ? {} : { typ }))).status, 200)
  }
})
