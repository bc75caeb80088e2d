import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-character.ts'
import { sortedQuery } from './query.ts'

describe('a query as Go writes it', () => {
  test('says the same as it was given, in the order of the names', () => {
    const text = fc.string({ unit: anyCharacter })
    const name = fc.constantFrom('code', 'error', 'iss', 'scope', 'state', 'audience')
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text)), (params) => {
        const expected = new URLSearchParams(params.map(([key, value]) => [key, value.toWellFormed()]))
        expected.sort()
        const written = sortedQuery(params)
        assert.deepEqual([...new URLSearchParams(written)], [...expected])
        assert.match(written, /^[A-Za-z0-9\-_.~+%=&]*$/)
      }),
    )
  })

  test('spells what encodeURIComponent and URLSearchParams spell otherwise', () => {
    assert.equal(sortedQuery([['a', "!*'() ~-_.+/:é"]]), 'a=%21%2A%27%28%29+~-_.%2B%2F%3A%C3%A9')
    assert.equal(sortedQuery([['a', '\ud800']]), 'a=%EF%BF%BD')
    assert.equal(sortedQuery([]), '')
  })

  test('is what a recorded redirect of Hydra has', () => {
    const params = [
      ['state', 'state-12345678'],
      ['error_description', "The Authorization Server requires End-User authentication. Prompt 'none' was requested."],
      ['error', 'login_required'],
    ] as const
    assert.equal(
      sortedQuery(params),
      'error=login_required&error_description=The+Authorization+Server+requires+End-User+authentication.+Prompt+%27none%27+was+requested.&state=state-12345678',
    )
  })
})
