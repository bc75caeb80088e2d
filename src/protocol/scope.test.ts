import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { joinScope, matchScopeByWildcard, matchScopeExactly, splitScope } from './scope.ts'

const token = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,8}$/)
const word = fc.constantFrom('photos', 'read', 'all', '*', '')
const dotted = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('.'))

/** Hydra's own rule, step by step as its source has it. */
function hydraMatches(held: readonly string[], asked: string): boolean {
  const needle = asked.split('.')
  return held.some((matcher) => {
    const parts = matcher.split('.')
    if (parts.length > needle.length) return false
    return parts.every((part, at) => {
      if (at === parts.length - 1 && parts.length !== needle.length && part !== '*') return false
      return (part === '*' && (needle[at] ?? '').length > 0) || part === needle[at]
    })
  })
}

describe('a scope (RFC 6749 §3.3)', () => {
  test('is split into its tokens, each once, in their order, whatever spaces stand around them', () => {
    fc.assert(
      fc.property(fc.array(token), fc.array(fc.stringMatching(/^ {1,3}$/), { minLength: 1 }), (tokens, gaps) => {
        const text = tokens.map((one, at) => one + (gaps[at % gaps.length] ?? ' ')).join('')
        assert.deepEqual(splitScope(` ${text}`), [...new Set(tokens)])
        assert.deepEqual(splitScope(joinScope(splitScope(text))), splitScope(text))
      }),
    )
    assert.deepEqual(splitScope(''), [])
  })
})

describe('the match of scopes', () => {
  test('exactly: what is held, and nothing else', () => {
    fc.assert(fc.property(fc.array(dotted), dotted, (held, asked) => matchScopeExactly(held, asked) === held.some((one) => one === asked)))
  })

  test('by wildcard: as Hydra does', () => {
    fc.assert(
      fc.property(fc.array(dotted, { maxLength: 4 }), dotted, (held, asked) => {
        assert.equal(matchScopeByWildcard(held, asked), hydraMatches(held, asked) || held.includes(asked))
      }),
      { numRuns: 5_000 },
    )
  })

  test('by wildcard: without a * it is the exact match', () => {
    fc.assert(
      fc.property(fc.array(dotted), dotted, (held, asked) => {
        const plain = held.filter((one) => !one.includes('*'))
        assert.equal(matchScopeByWildcard(plain, asked), matchScopeExactly(plain, asked))
      }),
    )
  })
})
