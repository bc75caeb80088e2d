import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-character.ts'
import { InvalidJson, parseJson } from './json.ts'

const wide = { depth: 1_000, width: 1_000_000 }

const spaces = fc.stringMatching(/^[ \t\r\n]{0,3}$/)

/** Some JSON text for a value: any spacing, any escapes. */
function spelled(value: unknown, odd: () => string): string {
  const space = odd
  if (Array.isArray(value)) return `${space()}[${value.map((one) => spelled(one, odd)).join(',')}${space()}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, one]) => `${space()}${escaped(name)}${space()}:${spelled(one, odd)}`)
    return `${space()}{${members.join(',')}${space()}}${space()}`
  }
  return `${space()}${typeof value === 'string' ? escaped(value) : JSON.stringify(value)}${space()}`
}

const escaped = (text: string): string =>
  text.length % 2 === 0
    ? JSON.stringify(text)
    : `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`

const anyString = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'a', '\u2028', '\ud800') }),
)
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    anyString,
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(fc.oneof(anyString, fc.constantFrom('__proto__', 'constructor', '')), tie('value'), { maxKeys: 5 }),
})).value

describe('parseJson', () => {
  test('returns the same as JSON.parse for every text without duplicate members, in any notation', () => {
    fc.assert(
      fc.property(anyJson, fc.infiniteStream(spaces), (value, stream) => {
        const text = spelled(value, () => stream.next().value ?? '')
        assert.deepEqual(parseJson(text, wide), JSON.parse(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('refuses every text that JSON.parse refuses', () => {
    const texts = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.tuple(fc.json(), fc.nat(50)).map(([text, at]) => text.slice(at)),
      fc.json().map((text) => `${text}}`),
    )
    fc.assert(
      fc.property(texts, (text) => {
        let expected: unknown
        try {
          expected = JSON.parse(text)
        } catch {
          return assert.throws(() => parseJson(text, wide), InvalidJson)
        }
        return assert.deepEqual(parseJson(text, wide), expected)
      }),
      { numRuns: 2_000 },
    )
  })

  test('refuses a duplicate member at any place, also if the two are escaped differently', () => {
    const wrap = fc.array(
      fc.constantFrom<(text: string) => string>(
        (text) => `[1,${text}]`,
        (text) => `{"o":${text},"p":"}"}`,
        (text) => ` ${text} `,
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(
        anyString,
        anyJson,
        anyJson,
        fc.array(fc.tuple(fc.string(), fc.jsonValue()), { maxLength: 3 }),
        wrap,
        (name, one, other, between, wraps) => {
          const others = between
            .filter(([key]) => key !== name)
            .map(([key, value], at) => `${JSON.stringify(`${key}-${at}`)}:${JSON.stringify(value)}`)
          const [first, last] = [
            JSON.stringify(name),
            `"${[...Array(name.length).keys()].map((at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`,
          ]
          const text = `{${[`${first}:${JSON.stringify(one)}`, ...others, `${last}:${JSON.stringify(other)}`].join()}}`
          assert.throws(
            () =>
              parseJson(
                wraps.reduce((inner, around) => around(inner), text),
                wide,
              ),
            /the same member twice/,
          )
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('the same name in two objects is not a duplicate', () => {
    assert.deepEqual(parseJson('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":3}}', wide), { a: { a: [{ a: 1 }, { a: 2 }] }, b: { a: 3 } })
    assert.deepEqual(parseJson('["a","a",{"a":"a"}]', wide), ['a', 'a', { a: 'a' }])
  })

  test('depth and width are accepted up to their limits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), fc.boolean(), (depth, width, isList) => {
        const nested = (levels: number) =>
          isList ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
        const long = (count: number) =>
          isList ? `[${Array(count).fill('[]').join()}]` : `{${Array.from({ length: count }, (_, at) => `"${at}":","`).join()}}`
        assert.doesNotThrow(() => parseJson(nested(depth), { depth, width: 1_000 }))
        assert.throws(() => parseJson(nested(depth + 1), { depth, width: 1_000 }), /nests deeper/)
        assert.doesNotThrow(() => parseJson(long(width), { depth: 10, width }))
        assert.throws(() => parseJson(long(width + 1), { depth: 10, width }), /more than/)
      }),
    )
  })

  test('a __proto__ member is an ordinary member and changes no prototype', () => {
    const value = parseJson('{"__proto__":{"admin":true}}', wide) as object
    assert.deepEqual(Object.keys(value), ['__proto__'])
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
  })

  test('the error never quotes the text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3, unit: fc.constantFrom('q', 'z', '{', '"', '\\') }), (text) => {
        try {
          parseJson(text, { depth: 1, width: 1 })
        } catch (error) {
          assert.ok(error instanceof InvalidJson && !/[qz]/.test(error.message))
        }
      }),
    )
  })
})
