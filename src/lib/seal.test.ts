import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-character.ts'
import { systemRandomness } from './random.ts'
import { makeSealer } from './seal.ts'

const secrets = ['the first of the system secrets', 'the second, older system secret'] as const
const sealer = makeSealer([secrets[0]], 'signing-key', systemRandomness)
const text = fc.string({ unit: 'grapheme', maxLength: 300 })
const row = fc.string({ unit: 'grapheme', maxLength: 40 })

describe('a sealed value', () => {
  test('can be opened for its row', () => {
    fc.assert(
      fc.property(text, row, (plain, at) => {
        assert.deepEqual(sealer.open(sealer.seal(plain, at), at), { plain, isOld: false })
      }),
    )
  })

  test('cannot be opened for another row', () => {
    fc.assert(
      fc.property(text, row, row, (plain, at, other) => {
        fc.pre(at !== other)
        assert.equal(sealer.open(sealer.seal(plain, at), other), undefined)
      }),
    )
  })

  test('cannot be opened for another purpose or with another secret', () => {
    const others = [makeSealer([secrets[0]], 'page-token', systemRandomness), makeSealer([secrets[1]], 'signing-key', systemRandomness)]
    fc.assert(
      fc.property(text, row, (plain, at) => {
        for (const other of others) {
          assert.equal(other.open(sealer.seal(plain, at), at), undefined)
          // Nor when it claims to be under the other's key.
          const [id = ''] = other.seal('', at).split('.')
          assert.equal(other.open(sealer.seal(plain, at).replace(/^[^.]*/, id), at), undefined)
        }
      }),
    )
  })

  test('cannot be opened if one bit was changed or any part is missing', () => {
    fc.assert(
      fc.property(text, row, fc.nat(), fc.nat(7), fc.nat(), (plain, at, where, bit, length) => {
        const [id = '', body = ''] = sealer.seal(plain, at).split('.')
        const bytes = Buffer.from(body, 'base64url')
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(where % bytes.length) ^ (1 << bit), where % bytes.length)
        assert.equal(sealer.open(`${id}.${changed.toString('base64url')}`, at), undefined)
        assert.equal(sealer.open(`${id}.${bytes.subarray(0, length % bytes.length).toString('base64url')}`, at), undefined)
      }),
    )
  })

  test('any other text cannot be opened, without an exception', () => {
    const [id] = sealer.seal('', '').split('.')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyCharacter }),
          fc.string({ unit: anyCharacter }).map((rest) => `${id}.${rest}`),
          fc.base64String().map((rest) => `${id}.${rest}`),
        ),
        (junk) => {
          assert.equal(sealer.open(junk, ''), undefined)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('of an older secret can be opened and is marked as old; the first secret seals', () => {
    const before = makeSealer([secrets[1]], 'signing-key', systemRandomness)
    const rotated = makeSealer(secrets, 'signing-key', systemRandomness)
    fc.assert(
      fc.property(text, row, (plain, at) => {
        assert.deepEqual(rotated.open(before.seal(plain, at), at), { plain, isOld: true })
        assert.deepEqual(sealer.open(rotated.seal(plain, at), at), { plain, isOld: false })
      }),
    )
  })

  test('reveals only the length of the value, and differs each time', () => {
    const sealed = new Set(Array.from({ length: 500 }, () => sealer.seal('the same', 'row')))
    assert.equal(sealed.size, 500)
    assert.equal(new Set([...sealed].map((value) => value.split('.')[1]?.slice(0, 16))).size, 500, 'no nonce twice')
    for (const value of sealed) assert.ok(!value.includes('same') && !Buffer.from(value, 'base64url').includes('same'))
  })
})
