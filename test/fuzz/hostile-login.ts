import fc from 'fast-check'
import { anyCharacter } from '../support/any-character.ts'

export const redirectUris = [
  'https://app.example/cb',
  'https://app.example/with?a=b',
  'http://127.0.0.1/cb',
  'http://[::1]:5000/cb',
  'com.example.app:/cb',
]

export const afterLogout = 'https://app.example/bye'

/** URIs that resemble a registered one. */
const nearRedirectUris = [
  ...redirectUris,
  afterLogout,
  'http://127.0.0.1:8080/cb',
  'http://127.0.0.1:99999/cb',
  'http://127.0.0.1:080/cb',
  'http://127.0.0.1:/cb',
  'http://127.0.0.1@evil.example/cb',
  'http://127.0.0.1:80@evil.example/cb',
  'http://127.0.0.1:1\\@evil.example/cb',
  'http://127.0.0.1:1/cb/../evil',
  'http://127.0.0.1:1/cb#',
  'http://127.0.0.1:1/cb?a',
  'http://127.0.0.1.evil.example/cb',
  'http://2130706433/cb',
  'http://localhost:1/cb',
  'https://127.0.0.1/cb',
  'https://app.example/cb/',
  'https://app.example/cb/..',
  'https://app.example/cb?next=https://evil.example',
  'https://app.example/cb#fragment',
  'https://app.example/cb\r\nSet-Cookie: a=b',
  'https://app.example/cb ',
  ' https://app.example/cb',
  'https://app.example:443/cb',
  'https://APP.example/cb',
  'https://app.example./cb',
  'https://app.example/%63b',
  'https://app.example@evil.example/cb',
  'https://app.example.evil.example/cb',
  'https://evil.example/cb',
  '//evil.example/cb',
  '/cb',
  'javascript:alert(1)//https://app.example/cb',
  'data:text/html,x',
  'com.example.app:/cb/../x',
  'com.example.app://cb',
]

const words = [
  '', ' ', '0', '-1', 'null', '*', 'openid', 'openid offline_access', 'openid  openid', 'offline', 'code', 'token', 'code id_token', 'none', 'none login', 'login', 'consent',
  'registration', 'select_account', 'query', 'fragment', 'form_post', 'form_post.jwt', 'S256', 'plain', '1e9', '999999999', '9999999999', 'https://api.example/', 'urn:x', '%', '%00', '%ff',
  'a\0b', '\ud800', '\u202e', '"><script>alert(1)</script>', "' OR 1=1 --", '__proto__', 'constructor', 'refresh_token', 'authorization_code', 'x'.repeat(3_000), '0'.repeat(43),
] // biome-ignore format: a list of words

const value = (own: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...words) },
    { weight: 4, arbitrary: fc.constantFrom(...nearRedirectUris) },
    { weight: 2, arbitrary: fc.constantFrom(...own) },
    { weight: 2, arbitrary: fc.string({ unit: anyCharacter, maxLength: 30 }) },
  )

/** One change of a valid request. */
export interface Mutation {
  readonly name: string
  readonly how: 'set' | 'drop' | 'double' | 'cut' | 'add'
  readonly value: string
}

/** @param own placeholders that the test replaces by values that the server knows */
export const mutations = (names: readonly string[], own: readonly string[] = ['']): fc.Arbitrary<Mutation[]> =>
  fc.array(
    fc.record({
      name: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string({ maxLength: 10 }) }),
      how: fc.constantFrom('set', 'set', 'set', 'drop', 'double', 'cut', 'add'),
      value: value(own),
    }),
    { maxLength: 3 },
  )

/** The parameters after the mutations, as pairs: a name may be repeated. */
export function mutated(parameters: Readonly<Record<string, string>>, changes: readonly Mutation[]): [string, string][] {
  let pairs = Object.entries(parameters)
  for (const { name, how, value } of changes) {
    const before = pairs.find(([one]) => one === name)?.[1] ?? ''
    if (how === 'add') pairs.push([name, value])
    else if (how === 'double') pairs.push([name, before])
    else {
      const rest = pairs.filter(([one]) => one !== name)
      const next: [string, string][] = how === 'drop' ? [] : [[name, how === 'cut' ? before.slice(0, -1) : value]]
      pairs = [...rest, ...next]
    }
  }
  return pairs
}

export const encoded = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map((pair) => pair.map((text) => encodeURIComponent(text.toWellFormed())).join('=')).join('&')

/** Mutated members of a JSON object. */
export const members = (names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom(...names),
        fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom<unknown>(...words) },
          {
            weight: 3,
            arbitrary: fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e300, 10 ** 10, 2 ** 53, [], {}, ['openid'], ['a\0b'], {
              sub: 'eve',
            }),
          },
          { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
          { weight: 1, arbitrary: fc.dictionary(fc.string({ unit: anyCharacter, maxLength: 8 }), fc.jsonValue({ maxDepth: 1 })) },
          { weight: 1, arbitrary: fc.array(fc.string({ unit: anyCharacter, maxLength: 8 }), { maxLength: 4 }) },
        ),
      ),
      { maxLength: 3 },
    )
    .map((entries) => Object.fromEntries(entries))
