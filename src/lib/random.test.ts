import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Randomness, randomText, randomToken, randomUuid, systemRandomness, timedUuid } from './random.ts'

const uuid = (version: number) => new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

/** Bytes that are the same every time, so that a test sees what becomes of each. */
const always =
  (byte: number): Randomness =>
  (bytes) =>
    new Uint8Array(bytes).fill(byte)

describe('systemRandomness', () => {
  test('returns the requested number of bytes, never the same ones twice, also across the end of its buffer', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 2_000; round++) seen.add(Buffer.from(systemRandomness(16)).toString('hex'))
    assert.equal(seen.size, 2_000)
    fc.assert(fc.property(fc.nat(10_000), (bytes) => systemRandomness(bytes).length === bytes))
  })

  test('changing the returned bytes does not change later ones', () => {
    const first = systemRandomness(32)
    first.fill(0)
    assert.notDeepEqual(systemRandomness(32), new Uint8Array(32))
  })
})

describe('identifiers', () => {
  test('a UUID is one of version 4 or 7, whatever the bytes (RFC 9562 §5.4, §5.7)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(2 ** 48 - 1), (bytes, now) => {
        assert.match(
          randomUuid(() => bytes.slice()),
          uuid(4),
        )
        const timed = timedUuid(() => bytes.slice(), now)
        assert.match(timed, uuid(7))
        assert.equal(Number.parseInt(timed.replaceAll('-', '').slice(0, 12), 16), now)
      }),
    )
  })

  test('a UUID of version 7 has all of its 74 random bits', () => {
    const bytes = new Uint8Array(16).fill(0xff)
    assert.equal(
      timedUuid(() => bytes.slice(), 0),
      '00000000-0000-7fff-bfff-ffffffffffff',
    )
    assert.equal(
      timedUuid(() => new Uint8Array(16), 0),
      '00000000-0000-7000-8000-000000000000',
    )
    for (let bit = 0; bit < 128; bit++) {
      const one = new Uint8Array(16)
      one[bit >> 3] = 1 << (bit & 7)
      const isKept = timedUuid(() => one.slice(), 0) !== '00000000-0000-7000-8000-000000000000'
      const [byte, within] = [bit >> 3, bit & 7]
      const isRandom = byte === 7 || byte > 8 || (byte === 6 && within < 4) || (byte === 8 && within < 6)
      assert.equal(isKept, isRandom, `bit ${within} of byte ${byte}`)
    }
  })

  test('UUIDs of version 7 sort by their time', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 48 - 2), fc.nat(1_000_000), (at, later) => {
        fc.pre(later > 0 && at + later < 2 ** 48)
        assert.ok(timedUuid(systemRandomness, at) < timedUuid(systemRandomness, at + later))
      }),
    )
  })

  test('a token is its prefix and 256 bits, each of which depends on the randomness', () => {
    assert.match(randomToken(systemRandomness, 'ory_at_'), /^ory_at_[\w-]{43}$/)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const token = randomToken(() => bytes, 'p_')
        assert.deepEqual(Buffer.from(token.slice(2), 'base64url'), Buffer.from(bytes))
      }),
    )
  })
})

describe('randomText', () => {
  const alphabets = fc
    .uniqueArray(fc.integer({ min: 33, max: 126 }), { minLength: 1, maxLength: 90 })
    .map((codes) => String.fromCharCode(...codes))

  test('has the requested length and only characters of the alphabet', () => {
    fc.assert(
      fc.property(fc.nat(100), alphabets, (length, alphabet) => {
        const text = randomText(systemRandomness, length, alphabet)
        assert.equal(text.length, length)
        for (const character of text) assert.ok(alphabet.includes(character))
      }),
    )
  })

  test('is uniform: every character has the same number of byte values, and all other values are skipped', () => {
    fc.assert(
      fc.property(alphabets, (alphabet) => {
        const counts = new Map<string, number>()
        for (let byte = 0; byte < 256; byte++) {
          let calls = 0
          const text = randomText((bytes) => (calls++ === 0 ? always(byte)(bytes) : always(0)(bytes)), 1, alphabet)
          if (calls === 1) counts.set(text, (counts.get(text) ?? 0) + 1)
        }
        assert.equal(counts.size, alphabet.length)
        assert.deepEqual(new Set(counts.values()), new Set([2]))
      }),
      { numRuns: 30 },
    )
  })
})
