import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-character.ts'
import { answerLocation, isResponseMode } from './response-mode.ts'

const params = [
  ['state', 'a b'],
  ['code', 'ory_ac_1'],
] as const

describe('response modes (OAuth 2.0 Multiple Response Types §2.1)', () => {
  test('query and fragment, at web, loopback and private-use addresses', () => {
    for (const uri of ['https://rp.example/cb', 'http://127.0.0.1:5/', 'com.example.app:/cb', 'cursor://x']) {
      assert.equal(answerLocation('query', uri, params), `${uri}?code=ory_ac_1&state=a+b`)
      assert.equal(answerLocation('fragment', uri, params), `${uri}#code=ory_ac_1&state=a+b`)
    }
  })

  test('RFC 6749 §3.1.2: the query that the URI has is kept, byte for byte; a parameter of the answer is in it once', () => {
    const uri = 'https://rp.example/cb?z=%20x&a=b+c&flag'
    assert.equal(answerLocation('query', uri, params), `${uri}&code=ory_ac_1&state=a+b`)
    assert.equal(answerLocation('fragment', uri, params), `${uri}#code=ory_ac_1&state=a+b`)
    assert.equal(answerLocation('query', 'https://rp.example/?', params), 'https://rp.example/?code=ory_ac_1&state=a+b')
    const shadowing = 'https://rp.example/?c%6Fde=theirs&x=1&state'
    assert.equal(answerLocation('query', shadowing, params), 'https://rp.example/?x=1&code=ory_ac_1&state=a+b')
    assert.equal(answerLocation('query', 'https://rp.example/#x', params), 'https://rp.example/?code=ory_ac_1&state=a+b')
  })

  test('whatever the values, scheme, host and path stay, and the answer can be read back', () => {
    const uri = fc.constantFrom('https://rp.example/cb', 'https://rp.example/cb?x=1', 'https://rp.example/cb?x=1&code=2')
    const values = fc.array(fc.tuple(fc.constantFrom('state', 'code', 'iss'), fc.string({ unit: anyCharacter })), { minLength: 1 })
    fc.assert(
      fc.property(uri, values, fc.constantFrom('query', 'fragment'), (redirectUri, given, mode) => {
        const url = new URL(answerLocation(mode, redirectUri, given))
        assert.equal(url.origin + url.pathname, 'https://rp.example/cb')
        const read = mode === 'query' ? url.searchParams : new URLSearchParams(url.hash.slice(1))
        for (const [name] of given) {
          const expected = given.filter(([other]) => other === name).map(([, value]) => value.toWellFormed())
          assert.deepEqual(read.getAll(name), expected)
        }
      }),
    )
  })

  test('three modes, and no other', () => {
    for (const mode of ['query', 'fragment', 'form_post']) assert.equal(isResponseMode(mode), true)
    for (const mode of ['', 'QUERY', 'query.jwt', 'toString']) assert.equal(isResponseMode(mode), false)
  })
})
