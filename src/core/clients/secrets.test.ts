import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../../test/support/any-character.ts'
import { Bcrypt } from '../../lib/bcrypt.ts'
import { systemRandomness } from '../../lib/random.ts'
import { ChosenSecrets, hashMadeSecret, makeSecret } from './secrets.ts'

describe('a generated secret', () => {
  const secrets = new ChosenSecrets(systemRandomness, new Bcrypt())

  test('is 26 characters that need no escaping, and different each time', () => {
    const made = Array.from({ length: 2_000 }, () => makeSecret(systemRandomness))
    assert.equal(new Set(made).size, made.length)
    for (const secret of made) {
      assert.match(secret, /^[A-Za-z0-9\-._~]{26}$/)
      assert.equal(encodeURIComponent(secret), secret)
    }
    assert.equal(new Set(made.join('')).size, 66, 'every character of the alphabet occurs')
  })

  test('matches its hash, and other texts do not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: anyCharacter }), fc.nat(25), async (other, at) => {
        const secret = makeSecret(systemRandomness)
        const hash = hashMadeSecret(secret)
        assert.ok(!hash.includes(secret))
        assert.equal(await secrets.matches(secret, hash), true)
        assert.equal(await secrets.matches(other, hash), false)
        assert.equal(await secrets.matches(secret.slice(0, at), hash), false)
        assert.equal(await secrets.matches(`${secret} `, hash), false)
        assert.equal(await secrets.matches(hash, hash), false)
      }),
    )
  })
})

describe('a secret that a person chose', () => {
  test('matches its hashes only, and each hash has its own salt', async () => {
    const secrets = new ChosenSecrets(systemRandomness, new Bcrypt())
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 6, maxLength: 60 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        async (secret, other) => {
          const [hash, again] = [await secrets.hash(secret), await secrets.hash(secret)]
          assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
          assert.notEqual(hash.split('$')[5], again.split('$')[5])
          assert.equal(await secrets.matches(secret, hash), true)
          assert.equal(await secrets.matches(other, hash), other === secret)
        },
      ),
      { numRuns: 8 },
    )
  })

  test('does not match a hash of an unknown kind, and nothing is thrown', async () => {
    const secrets = new ChosenSecrets(systemRandomness, new Bcrypt())
    const hashes = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '',
        '$',
        '$sha256$',
        '$argon2id$',
        '$argon2id$v=19$m=19456,t=2,p=1$$',
        '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$',
        '$2a$10$x',
        '$pbkdf2-sha256$i=1,l=32$a$b',
      ),
    )
    await fc.assert(fc.asyncProperty(fc.string(), hashes, async (secret, hash) => assert.equal(await secrets.matches(secret, hash), false)))
  })

  test('of 40 slow checks at once 34 run and 6 are refused as Unavailable; fast checks are never refused', async () => {
    const secrets = new ChosenSecrets(systemRandomness, new Bcrypt())
    const hash = await secrets.hash('a chosen secret')
    const slow = Promise.allSettled(Array.from({ length: 40 }, () => secrets.matches('a chosen secret', hash)))
    const made = makeSecret(systemRandomness)
    assert.equal(await secrets.matches(made, hashMadeSecret(made)), true)
    const settled = await slow
    assert.equal(settled.filter((result) => result.status === 'fulfilled' && result.value).length, 34)
    const shed = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    assert.deepEqual(
      shed.map(({ name }) => name),
      Array(6).fill('Unavailable'),
    )
    assert.equal(await secrets.matches('a chosen secret', hash), true, 'the next one runs')
  })
})
