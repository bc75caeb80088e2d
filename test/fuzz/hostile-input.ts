import fc from 'fast-check'
import { anyCharacter } from '../support/any-character.ts'
import { anyUrl } from '../support/any-url.ts'

/** JSON texts, not values: much hostile input (duplicate members, unusual numbers, lone surrogates) cannot be expressed as a value. */
export const jsonText = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.json({ maxDepth: 4 }) },
    { weight: 14, arbitrary: clientText() },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 5_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 12_000 }).map((width) => `[${Array(width).fill('0').join()}]`) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 3_000 }).map((width) => `{${Array.from({ length: width }, (_, at) => `"m${at}":0`).join()}}`),
    },
    { weight: 1, arbitrary: fc.tuple(member(), member()).map(([one, other]) => `{${one},${other},${one}}`) },
    { weight: 1, arbitrary: fc.tuple(fc.json(), fc.nat(200)).map(([text, at]) => text.slice(0, at)) },
    { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 300 }) },
  )

const oddValue = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.json({ maxDepth: 2 }),
    fc.constantFrom(
      'null', 'true', '""', '{}', '[]', '-0', '1e400', '-1e-400', '123456789012345678901234567890', '0.1e1', '2147483649', '"\\ud800"', '"\\udc00\\ud800"',
      '"\\u0000"', '"\\u202e"', '"__proto__"', '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '"1h"', '"none"', '"RS256"',
      '"private_key_jwt"', '["code"]', '["authorization_code"]', '["client_credentials"]', '["implicit","password"]', '"openid *"', '"public"', '"pairwise"',
      '["http://127.0.0.1:1/cb"]', '["https://app.example/cb","https://app.example/cb"]', '["javascript:alert(1)"]', '["com.example:/cb"]', '["https://[::1"]',
      '"https://app.example/"', '"http://169.254.169.254/"', '"https://user:pw@app.example/"', '{"keys":[]}', '{"keys":[{"kty":"oct","k":"AA"}]}',
      '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}', '{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}', '{"keys":[null,1,"x"]}', '{"keys":{}}',
    ), // biome-ignore format: a list of words reads best as one
    fc.string({ unit: anyCharacter, maxLength: 40 }).map((text) => JSON.stringify(text)),
    fc.integer({ min: 1, max: 30_000 }).map((length) => JSON.stringify('x'.repeat(length))),
    fc.array(anyUrl('http', 'https'), { maxLength: 5 }).map((urls) => JSON.stringify(urls)),
  )

const memberNames = [
  'client_id', 'client_secret', 'client_secret_expires_at', 'client_id_issued_at', 'registration_access_token', 'registration_client_uri', 'redirect_uris',
  'token_endpoint_auth_method', 'token_endpoint_auth_signing_alg', 'grant_types', 'response_types', 'application_type', 'client_name', 'client_name#fr', 'client_name#',
  'client_uri', 'logo_uri', 'tos_uri', 'policy_uri#de-CH', 'contacts', 'scope', 'audience', 'jwks', 'jwks_uri', 'software_id', 'software_version', 'subject_type',
  'sector_identifier_uri', 'id_token_signed_response_alg', 'userinfo_signed_response_alg', 'request_object_signing_alg', 'request_uris', 'default_max_age',
  'require_auth_time', 'default_acr_values', 'initiate_login_uri', 'post_logout_redirect_uris', 'frontchannel_logout_uri', 'backchannel_logout_uri',
  'backchannel_logout_session_required', 'allowed_cors_origins', 'metadata', 'owner', 'skip_consent', 'skip_logout_consent', 'access_token_strategy',
  'client_credentials_grant_access_token_lifespan', 'created_at', 'updated_at', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'Redirect_URIs', '',
] // biome-ignore format: a list of words reads best as one

const member = (): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...memberNames), oddValue()).map(([name, value]) => `${JSON.stringify(name)}:${value}`)

/** A client with some valid and some invalid members. */
export const clientText = (): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('"grant_types":["client_credentials"]', '"redirect_uris":["https://app.example/cb"]', '"client_name":"fine"'),
      fc.uniqueArray(member(), { maxLength: 3, selector: (text) => text.slice(0, text.indexOf(':')) }),
    )
    .map(([good, odd]) => `{${[good, ...odd].join()}}`)

export const jsonPatchText = (): fc.Arbitrary<string> => {
  const word = fc.oneof(
    fc.constantFrom(...memberNames, '-', '0', '1', '00', '-1', '1e9', '99999999999', 'keys', 'length', '~', '~2', '~1', '~0', 'a~01'),
    fc.string({ maxLength: 8 }),
  )
  const pointer = fc.oneof(
    { weight: 8, arbitrary: fc.array(word, { maxLength: 5 }).map((words) => words.map((one) => `/${one}`).join('')) },
    { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('/__proto__/admin', '/metadata/__proto__/admin', '/constructor/prototype/admin', '/a'.repeat(2_000)),
    },
  )
  const operation = fc
    .tuple(fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', '_get', 'ADD', ''), pointer, pointer, oddValue(), fc.nat(15))
    .map(([op, path, from, value, which]) => {
      const parts = [`"op":${JSON.stringify(op)}`, `"path":${JSON.stringify(path)}`, `"from":${JSON.stringify(from)}`, `"value":${value}`]
      return `{${parts.filter((_, at) => which === 15 || at < 2 || ((which >> at) & 1) === 1).join()}}`
    })
  return fc.oneof(
    { weight: 8, arbitrary: fc.array(operation, { maxLength: 6 }).map((operations) => `[${operations.join()}]`) },
    { weight: 1, arbitrary: operation },
    { weight: 1, arbitrary: jsonText() },
    { weight: 1, arbitrary: operation.map((one) => `[${Array(1_001).fill(one).join()}]`) },
  )
}

/** Bytes of a path in place of an id; `known` are ids that exist. */
export const pathSegment = (known: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '', '.', '..', '%2e%2e', '%2E', '..%2f..%2fetc%2fpasswd', '%00', 'a%00b', '%', '%z', '%zz', '%ff', '%c0%af', '%ed%a0%80', '%F0%9F%A6%8A', '*', ':id', '::',
        "'", "' OR 1=1 --", '<script>', '%3Cscript%3E', '$(id)', '__proto__', 'constructor', 'lifespans', 'secrets', ';', 'a;b=c', '//', '\\', '%5c', '+', '%20', '~',
      ), // biome-ignore format: a list of words reads best as one
    },
    { weight: 1, arbitrary: fc.constantFrom('a'.repeat(256), 'a'.repeat(1_024), 'a'.repeat(1_025), 'a'.repeat(2_000), '%61'.repeat(700)) },
    { weight: 2, arbitrary: fc.string({ unit: anyCharacter, maxLength: 30 }).map((text) => encodeURIComponent(text.toWellFormed())) },
    { weight: 1, arbitrary: fc.stringMatching(/^[!-~]{1,40}$/) },
  )

export const queryText = (): fc.Arbitrary<string> => {
  const name = fc.constantFrom(
    'page_size',
    'page_token',
    'client_name',
    'owner',
    'client_id',
    'redirect_uri',
    'state',
    '__proto__',
    'a[b]',
    '',
  )
  const value = fc.oneof(
    fc.constantFrom(
      '',
      '0',
      '-1',
      '1e9',
      '99999999999999999999',
      '%',
      '%zz',
      '%ff',
      '%00',
      'AAAA',
      'x'.repeat(5_000),
      'https://app.example/cb',
      'javascript:alert(1)',
    ),
    fc.string({ unit: anyCharacter, maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
  )
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    {
      weight: 3,
      arbitrary: fc.array(fc.tuple(name, value), { maxLength: 5 }).map((pairs) => `?${pairs.map((pair) => pair.join('=')).join('&')}`),
    },
    { weight: 1, arbitrary: fc.stringMatching(/^[!-~]{0,60}$/).map((text) => `?${text}`) },
  )
}

/** Header lines that a server must handle. Input that breaks the framing of HTTP is in `wire.test.ts`. */
export const headerLines = (authorizations: readonly string[]): fc.Arbitrary<string[]> => {
  const line = fc.oneof(
    fc
      .constantFrom(
        'application/json', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain', 'application', '/', ';', 'a/b;c',
        'application/json; charset="', '\u00e9/\u00e9', 'application/json, text/html', 'x'.repeat(2_000), 'application/json;'.repeat(50),
      ) // biome-ignore format: a list of words reads best as one
      .map((value) => `Content-Type: ${value}`),
    fc
      .oneof(
        { weight: 6, arbitrary: fc.constantFrom(...authorizations) },
        {
          weight: 2,
          arbitrary: fc.constantFrom(
            'Bearer', 'Bearer ', 'Bearer  x', 'bearer x y', 'Basic', 'Basic %%%', 'Basic Og==', 'Basic OjpiOg==', 'Basic JTAw', 'Digest x', '\u00ff', `Bearer ${'x'.repeat(4_000)}`,
          ), // biome-ignore format: a list of words reads best as one
        },
        { weight: 1, arbitrary: fc.base64String({ maxLength: 60 }).map((text) => `Basic ${text}`) },
        { weight: 1, arbitrary: fc.stringMatching(/^[!-~]{1,60}$/).map((text) => `Bearer ${text}`) },
      )
      .map((value) => `Authorization: ${value}`),
    fc
      .tuple(
        fc.constantFrom(
          'Accept', 'Accept-Encoding', 'Origin', 'Cookie', 'If-None-Match', 'Sec-Fetch-Site', 'X-Request-Id', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Forwarded',
          'Access-Control-Request-Method', 'Access-Control-Request-Headers', 'Range', 'Upgrade', 'Expect', 'Content-Encoding', 'X-HTTP-Method-Override', '__proto__', 'TE',
        ), // biome-ignore format: a list of words reads best as one
        fc.oneof(
          fc.stringMatching(/^[ -~]{0,40}$/),
          fc.constantFrom(
            '*',
            'null',
            'https://evil.example',
            'gzip',
            '100-continue',
            'websocket',
            'cross-site',
            '"',
            '\u00e9',
            'PUT',
            'x'.repeat(3_000),
          ),
        ),
      )
      .map(([name, value]) => `${name}: ${value}`),
  )
  return fc
    .tuple(fc.option(fc.constantFrom(...authorizations)), fc.array(line, { maxLength: 4 }))
    .map(([authorization, lines]) => (authorization === null ? lines : [`Authorization: ${authorization}`, ...lines]))
}

export const formText = (): fc.Arbitrary<string> => {
  const name = fc.constantFrom(
    'grant_type',
    'client_id',
    'client_secret',
    'scope',
    'audience',
    'resource',
    'token',
    'token_type_hint',
    'client_assertion',
    '__proto__',
    '',
  )
  const value = fc.oneof(
    fc.constantFrom(
      'client_credentials',
      'authorization_code',
      'refresh_token',
      'openid',
      '%',
      '%00',
      '%ff',
      '*',
      'https://api.example/',
      'ory_at_x',
      '',
      'x'.repeat(5_000),
    ),
    fc.string({ unit: anyCharacter, maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
  )
  return fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))
}
