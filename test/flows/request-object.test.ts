import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRequestObject } from '../../src/core/authorization/read-request-object.ts'
import type { RequestObjectFault, RequestObjectRefusal } from '../../src/core/authorization/request-object.ts'
import type { Client } from '../../src/core/clients/client.ts'
import { makeRemoteKeys } from '../../src/core/clients/remote-keys.ts'
import { lookUp } from '../../src/http/errors/problem.ts'
import { requestObjectProblems } from '../../src/http/errors/request-object-problems.ts'
import type { FencedFetch } from '../../src/lib/fenced-fetch.ts'
import { Refusal } from '../../src/lib/refusal.ts'
import { Unavailable } from '../../src/lib/unavailable.ts'
import type { ClientMetadata } from '../../src/protocol/client-metadata.ts'
import { anyCharacter } from '../support/any-character.ts'
import { clientKey } from '../support/assertions.ts'

// Requests whose parameters are signed by the client, by value or by reference (OpenID Connect Core §6, RFC 9101).

const issuer = 'https://as.example'
const now = 1_800_000_000_000
const seconds = now / 1000
const key = await clientKey('ES256')
const keys = { jwks: { keys: [key.publicJwk] } }

function clientWith(metadata: ClientMetadata): Client {
  const times = { createdAt: 0, updatedAt: 0, tokensValidAfter: 0, generation: 1 }
  return { clientId: 'app', version: 1, origin: 'admin', metadata, settings: {}, rotatedSecretHashes: [], ...times }
}

/** The content of URLs, without a network. Each fetched URL is recorded. */
function setting(at: Record<string, { status?: number; body?: string } | undefined> = {}) {
  const fetched: string[] = []
  const fetch: FencedFetch = async (url) => {
    fetched.push(url)
    const { status = 200, body = '' } = at[url] ?? assert.fail('down')
    return { status, headers: {}, body }
  }
  const clock = () => now
  const fence = () => ({ allowPrivate: false, exceptions: [] })
  const remoteKeys = makeRemoteKeys({ fetch, fence, clock })
  return { fetched, read: readRequestObject({ fetch, fence, clock, remoteKeys, audience: () => ({ issuer }) }) }
}

/** A request object of the client with only `claims`. */
const signed = (claims: Record<string, unknown> = {}, header = {}, by = key): Promise<string> => {
  const none = { iss: undefined, sub: undefined, aud: undefined, jti: undefined, iat: undefined, exp: undefined }
  return by.sign('app', issuer, { ...none, ...claims }, header)
}

const outside = { client_id: 'app', response_type: 'code' }

async function readBy(object: string, metadata: ClientMetadata = keys, more: Record<string, string> = {}) {
  return setting().read(clientWith(metadata), new URLSearchParams({ ...outside, ...more, request: object }))
}

async function refusal(answer: Promise<unknown>): Promise<RequestObjectRefusal> {
  const error = await answer.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Refusal, String(error))
  return error.reason as RequestObjectRefusal
}

const faultOf = async (claims: Record<string, unknown>, header = {}, metadata?: ClientMetadata) =>
  (await refusal(readBy(await signed(claims, header), metadata))).fault

test('without a request object, or with an empty one, the parameters are unchanged (RFC 6749 §3.1)', async () => {
  for (const more of [{}, { request: '' }, { request: '', request_uri: '' }]) {
    const parameters = new URLSearchParams({ ...outside, ...more })
    assert.equal(await setting().read(clientWith({}), parameters), parameters)
  }
})

test('OpenID Connect Core §6.1, RFC 9101 §6.3: claims override parameters, and other parameters stay', async () => {
  const object = await signed({ scope: 'openid', state: 'inner-state', max_age: 0, custom: true, iss: 'app', aud: issuer, jti: 'x' })
  const parameters = await readBy(object, keys, { scope: 'openid everything', state: 'outer-state', nonce: 'outer-nonce', iss: 'outer' })
  const expected = { ...outside, nonce: 'outer-nonce', iss: 'outer', scope: 'openid', state: 'inner-state', max_age: '0', custom: 'true' }
  assert.deepEqual(Object.fromEntries(parameters), expected)
  assert.equal([...parameters].length, Object.keys(expected).length)
})

test('lists in scope and audience are joined, resources are repeated, and parameters are overridden', async () => {
  const resources = ['https://a.example/', 'https://b.example/']
  const object = await signed({ scope: ['openid', 'photos'], audience: ['x', 'y'], resource: resources })
  const parameters = await readBy(object, keys, { resource: 'https://outer.example/' })
  assert.deepEqual(parameters.getAll('scope'), ['openid photos'])
  assert.deepEqual(parameters.getAll('audience'), ['x y'])
  assert.deepEqual(parameters.getAll('resource'), resources)
  assert.deepEqual((await readBy(await signed({ resource: 'https://a.example/' }))).getAll('resource'), ['https://a.example/'])
})

test('a claim that no parameter could have as its value is refused, except the JSON of claims and registration (§5.5, §7.2.1)', async () => {
  for (const strange of [{ a: 1 }, null, ['x'], [], { toString: 1 }]) {
    const { fault } = await refusal(readBy(await signed({ login_hint: strange })))
    assert.equal(fault, 'claim-shape', JSON.stringify(strange))
  }
  assert.equal(await faultOf({ scope: ['openid', 5] }), 'claim-shape')
  assert.equal(await faultOf({ resource: [['https://a.example/']] }), 'claim-shape')
  const parameters = await readBy(await signed({ claims: { userinfo: { email: null } }, registration: {} }))
  assert.deepEqual([parameters.get('claims'), parameters.get('registration')], ['{"userinfo":{"email":null}}', '{}'])
})

test('RFC 9101 §5: request and request_uri together, or one of them repeated, are refused', async () => {
  const object = await signed()
  for (const pairs of [
    [
      ['request', object],
      ['request_uri', 'https://app.example/r'],
    ],
    [
      ['request', object],
      ['request', object],
    ],
  ]) {
    assert.equal((await refusal(setting().read(clientWith(keys), new URLSearchParams(pairs)))).fault, 'given-twice')
  }
})

test('§6.1: client_id and response_type in the object must equal the parameters; response_type may be in the object only (RFC 9101 §5)', async () => {
  assert.equal(await faultOf({ client_id: 'other' }), 'differs')
  assert.equal(await faultOf({ response_type: 'token' }), 'differs')
  assert.equal(await faultOf({ response_type: ['code'] }), 'differs')
  assert.equal((await readBy(await signed(outside))).get('response_type'), 'code')
  assert.equal((await readBy(await signed({ response_type: 'code' }), keys, { response_type: '' })).get('response_type'), 'code')
})

test('RFC 9101 §4: a request object must not contain another one', async () => {
  for (const name of ['request', 'request_uri'])
    for (const value of ['x', '', null]) assert.equal(await faultOf({ [name]: value }), 'nested')
})

test('§6.1: iss, if present, is the client, and aud, if present, contains the issuer', async () => {
  for (const iss of ['other', '', null, ['app']]) assert.equal(await faultOf({ iss }), 'issuer')
  for (const aud of ['other', '', null, [], ['other'], `${issuer}/`, [[issuer]], { 0: issuer }])
    assert.equal(await faultOf({ aud }), 'audience')
  for (const aud of [issuer, [issuer], ['other', issuer]]) await readBy(await signed({ iss: 'app', aud }))
})

test('RFC 7519 §4.1.4, §4.1.5: exp and nbf are checked if present', async () => {
  for (const claims of [{ exp: seconds }, { exp: seconds - 1 }, { exp: 'x' }, { exp: null }, { nbf: seconds + 11 }, { nbf: 'x' }])
    assert.equal(await faultOf(claims), 'times', JSON.stringify(claims))
  for (const claims of [{ exp: seconds + 1 }, { nbf: seconds + 10 }, { nbf: seconds - 9999, exp: seconds + 99_999_999 }, {}])
    await readBy(await signed(claims))
})

test('RFC 9101 §10.8: a JWT that could be a client assertion, or has another typ, is refused as a request object', async () => {
  assert.equal(await faultOf({ sub: 'app' }), 'subject')
  assert.equal((await refusal(readBy(await key.sign('app', issuer, { exp: seconds + 60 })))).fault, 'subject')
  for (const typ of ['client-authentication+jwt', 'at+jwt', 'logout+jwt', '', 5, null]) assert.equal(await faultOf({}, { typ }), 'typ')
  for (const typ of ['JWT', 'oauth-authz-req+jwt', 'application/oauth-authz-req+jwt', 'jose']) await readBy(await signed({}, { typ }))
})

test('the signature must be by a key of the client with a listed algorithm, never none or HMAC, whatever it registered', async () => {
  const stranger = await clientKey('ES256')
  assert.equal((await refusal(readBy(await signed({}, {}, stranger)))).fault, 'signature')
  const named = await clientKey('ES256', { kid: 'other' })
  assert.equal((await refusal(readBy(await signed({}, {}, named)))).fault, 'key-unknown')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const more of [{}, { requestObjectSigningAlg: 'none' }]) {
    for (const text of [`${part({ alg: 'none' })}.${part({})}.`, 'eyJhbGciOiJub25lIn0.e30.'])
      assert.equal((await refusal(readBy(text, { ...keys, ...more }))).fault, 'alg-unsupported')
    const hmac = `${part({ alg: 'HS256', kid: 'k1' })}.${part({})}`
    const mac = createHmac('sha256', JSON.stringify(key.publicJwk)).update(hmac).digest('base64url')
    assert.equal((await refusal(readBy(`${hmac}.${mac}`, { ...keys, ...more }))).fault, 'alg-unsupported')
  }
  const [head, , signature] = (await signed()).split('.')
  assert.equal((await refusal(readBy(`${head}.${part({ scope: 'openid' })}.${signature}`))).fault, 'signature')
})

test('OpenID Connect Registration §2: the registered algorithm is required, by value and by reference', async () => {
  const uri = 'https://app.example/request'
  const rsa = await clientKey('RS256')
  const both = { jwks: { keys: [key.publicJwk, rsa.publicJwk] }, requestUris: [uri], requestObjectSigningAlg: 'RS256' }
  assert.equal(await faultOf({}, {}, both), 'alg-not-registered')
  await readBy(await signed({}, {}, rsa), both)
  const parameters = new URLSearchParams({ ...outside, request_uri: uri })
  const { read } = setting({ [uri]: { body: await signed() } })
  assert.equal((await refusal(read(clientWith(both), parameters))).fault, 'alg-not-registered')
})

test('an object that is not a JWT, is encrypted or exceeds 16 KiB is refused', async () => {
  for (const junk of ['x', 'x.y.z', '..', 'a.b.c.d.e', '{}', '\u0000']) assert.equal((await refusal(readBy(junk))).fault, 'malformed')
  assert.equal((await refusal(readBy(await signed({ state: 'x'.repeat(16_384) })))).fault, 'too-large')
})

test('the object of a client without keys is refused before it is read or fetched', async () => {
  const { read, fetched } = setting()
  for (const more of [{ request: 'x' }, { request_uri: 'https://rp.example/unknown' }] as Record<string, string>[])
    assert.equal((await refusal(read(clientWith({}), new URLSearchParams({ ...outside, ...more })))).fault, 'no-keys')
  assert.deepEqual(fetched, [])
})

test('keys at jwks_uri are used, too', async () => {
  const at = 'https://app.example/jwks.json'
  const parameters = async () => new URLSearchParams({ ...outside, request: await signed({ scope: 'openid' }) })
  const { read } = setting({ [at]: { body: JSON.stringify(keys.jwks) } })
  assert.equal((await read(clientWith({ jwksUri: at }), await parameters())).get('scope'), 'openid')
  assert.equal((await refusal(setting().read(clientWith({ jwksUri: at }), await parameters()))).fault, 'keys-unreachable')
})

const uri = 'https://app.example/request?x=1'

const problemOf = (fault: RequestObjectFault) => lookUp(requestObjectProblems, fault, 'fault')

test('§6.2: a registered request_uri is fetched each time, and its content is a request object', async () => {
  const { read, fetched } = setting({ [uri]: { body: `${await signed({ scope: 'openid' })}\n` } })
  for (const registered of [uri, `${uri}#old`]) {
    for (const asked of [uri, `${uri}#new`]) {
      const client = clientWith({ ...keys, requestUris: ['https://app.example/', registered] })
      const parameters = await read(client, new URLSearchParams({ ...outside, request_uri: asked }))
      assert.deepEqual(Object.fromEntries(parameters), { ...outside, scope: 'openid' })
    }
  }
  assert.deepEqual(fetched, [uri, uri, uri, uri])
})

test('a request_uri that is not exactly registered is not fetched', async () => {
  const { read, fetched } = setting({})
  const client = clientWith({ ...keys, requestUris: [uri] })
  for (const asked of [
    'https://app.example/request',
    `${uri}2`,
    `${uri} `,
    'HTTPS://app.example/request?x=1',
    '#',
    'file:///etc/passwd',
    'x',
  ])
    assert.equal((await refusal(read(client, new URLSearchParams({ ...outside, request_uri: asked })))).fault, 'uri-not-registered', asked)
  assert.equal((await refusal(read(clientWith(keys), new URLSearchParams({ ...outside, request_uri: uri })))).fault, 'uri-not-registered')
  assert.deepEqual(fetched, [])
})

test('a failed fetch gets one error, whatever the cause', async () => {
  const client = clientWith({ ...keys, requestUris: [uri] })
  const said = new Set<string>()
  for (const answer of [undefined, { status: 404 }, { status: 500, body: await signed() }]) {
    const reason = await refusal(setting({ [uri]: answer }).read(client, new URLSearchParams({ ...outside, request_uri: uri })))
    assert.equal(reason.fault, 'uri-unreachable')
    said.add(problemOf(reason).description)
  }
  assert.equal(said.size, 1)
})

test('the number of concurrent fetches is limited; the next request gets an error to retry', async () => {
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const fetch: FencedFetch = async () => {
    await gate
    throw new Error('down')
  }
  const fence = () => ({ allowPrivate: false, exceptions: [] })
  const read = readRequestObject({ fetch, fence, clock: () => now, remoteKeys: assert.fail, audience: assert.fail })
  const client = clientWith({ ...keys, requestUris: [uri] })
  const ask = () => read(client, new URLSearchParams({ ...outside, request_uri: uri }))
  const underWay = Array.from({ length: 32 }, () => refusal(ask()))
  await assert.rejects(ask(), Unavailable)
  open()
  for (const reason of await Promise.all(underWay)) assert.equal(reason.fault, 'uri-unreachable')
})

test('if look-ups are overloaded or the server stops, the error asks to retry and does not blame the request object', async () => {
  const fetch: FencedFetch = () => Promise.reject(new Unavailable('too many name look-ups are under way', 2))
  const fence = () => ({ allowPrivate: false, exceptions: [] })
  const read = readRequestObject({ fetch, fence, clock: () => now, remoteKeys: assert.fail, audience: assert.fail })
  const client = clientWith({ ...keys, requestUris: [uri] })
  await assert.rejects(read(client, new URLSearchParams({ ...outside, request_uri: uri })), Unavailable)
})

test('a client without keys gets Hydra’s recorded error (f177, f178), and each refusal has its code', async () => {
  assert.deepEqual(problemOf({ fault: 'no-keys' }), {
    status: 400,
    code: 'invalid_request',
    description:
      "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed. OpenID Connect 'request' or 'request_uri' context was given, but the OAuth 2.0 Client does not have any JSON Web Keys registered.",
  })
  const cause = 'connect ECONNREFUSED 10.0.0.1'
  assert.equal(problemOf({ fault: 'given-twice' }).code, 'invalid_request')
  assert.equal(problemOf({ fault: 'uri-not-registered', uri }).code, 'invalid_request_uri')
  for (const reason of [
    { fault: 'uri-unreachable', uri, cause },
    { fault: 'keys-unreachable', cause },
  ] as const)
    assert.doesNotMatch(problemOf(reason).description, /10\.0\.0\.1/)
  assert.equal(problemOf({ fault: 'signature' }).code, 'invalid_request_object')
})

test('any request object is either applied or refused with a printable error, never a 5xx', async () => {
  const { read } = setting({ [uri]: { body: 'x' } })
  const client = clientWith({ ...keys, requestUris: [uri] })
  const ends = async (parameters: URLSearchParams) => {
    try {
      assert.ok((await read(client, parameters)) instanceof URLSearchParams)
    } catch (error) {
      assert.ok(error instanceof Refusal, String(error))
      assert.match(problemOf(error.reason as RequestObjectRefusal).description, /^[\x20-\x7e]+$/)
    }
  }
  const name = fc.oneof(
    fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'sub', 'client_id', 'response_type', 'scope', 'resource', 'claims', '__proto__', 'request'),
    fc.string(),
  )
  const claims = fc.array(fc.tuple(name, fc.jsonValue())).map((entries) => Object.fromEntries(entries))
  await fc.assert(
    fc.asyncProperty(claims, async (inside) => ends(new URLSearchParams({ ...outside, request: await signed(inside) }))),
    { numRuns: 300 },
  )
  const header = fc.dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk'), fc.jsonValue())
  const encoded = fc.tuple(header, claims).map((parts) => parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')))
  await fc.assert(
    fc.asyncProperty(encoded, fc.string(), (parts, rest) => ends(new URLSearchParams({ request: [...parts, rest].join('.') }))),
  )
  const any = fc.array(fc.tuple(fc.constantFrom('request', 'request_uri', 'client_id', 'response_type'), fc.string({ unit: anyCharacter })))
  await fc.assert(fc.asyncProperty(any, (pairs) => ends(new URLSearchParams(pairs))))
})
