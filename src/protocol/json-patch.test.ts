import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-character.ts'
import { applyPatch } from './json-patch.ts'

const document = () => ({ client_id: 'c', client_name: 'name', contacts: ['a', 'b'], metadata: { deep: { er: [1, { x: null }] } } })

const word = fc.oneof(
  fc.constantFrom(
    'client_id',
    'client_name',
    'contacts',
    'metadata',
    'deep',
    'er',
    '0',
    '1',
    '2',
    '-',
    '-1',
    '00',
    '1e3',
    'length',
    '',
    '~0',
    '~1',
    '~',
    '~2',
  ),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'),
  fc.string({ unit: anyCharacter, maxLength: 6 }),
)
const pointer = fc.oneof(
  { weight: 9, arbitrary: fc.array(word, { maxLength: 5 }).map((words) => words.map((one) => `/${one}`).join('')) },
  { weight: 1, arbitrary: fc.anything() },
)
const operation = fc.record(
  {
    op: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test') },
      { weight: 1, arbitrary: fc.anything() },
    ),
    path: pointer,
    from: pointer,
    value: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const patch = fc.oneof({ weight: 9, arbitrary: fc.array(operation, { maxLength: 8 }) }, { weight: 1, arbitrary: fc.jsonValue() })

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype]
const shapeOf = () => JSON.stringify(prototypes.map((prototype) => Object.getOwnPropertyNames(prototype)))

describe('a JSON Patch', () => {
  test('of any kind is applied or refused in words: it never throws, pollutes no prototype and leaves the document alone', () => {
    const before = shapeOf()
    fc.assert(
      fc.property(patch, (operations) => {
        const original = document()
        const patched = applyPatch(original, operations)
        assert.deepEqual(original, document())
        assert.equal(shapeOf(), before)
        if (typeof patched === 'string') return assert.match(patched, /^[\x20-\x7e]+$/)
        assert.equal(Object.getPrototypeOf(patched), Object.prototype)
        assert.doesNotThrow(() => JSON.stringify(patched))
      }),
      { numRuns: 3_000 },
    )
  })

  test('leaves the id alone, whatever the letter case of the path and wherever it says it', () => {
    for (const path of ['/client_id', '/CLIENT_ID', '/client_id/x', '/id', '/rotatedSecrets', '/RotatedSecretsAnything']) {
      for (const op of ['add', 'remove', 'replace']) assert.equal(typeof applyPatch(document(), [{ op, path, value: 'x' }]), 'string', path)
      assert.equal(typeof applyPatch(document(), [{ op: 'move', from: path, path: '/owner' }]), 'string')
    }
  })

  test('cannot reach a prototype', () => {
    for (const path of [
      '/__proto__/polluted',
      '/metadata/__proto__/polluted',
      '/constructor/prototype/polluted',
      '/contacts/constructor/prototype/polluted',
    ]) {
      const patched = applyPatch(document(), [{ op: 'add', path, value: true }])
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
      assert.equal(([] as unknown as Record<string, unknown>).polluted, undefined)
      if (typeof patched !== 'string') assert.equal(Object.getPrototypeOf(patched), Object.prototype)
    }
  })

  test('copies and moves nothing, as in Hydra: a hundred copies, each of the one before, would fill any memory', () => {
    for (const op of ['copy', 'move']) {
      const doubling = Array.from({ length: 100 }, (_, at) => ({ op, from: '/metadata', path: `/metadata/other${at}` }))
      assert.match(applyPatch(document(), doubling) as string, /^operation 0: op must be/)
    }
  })

  test('that makes a document too deep to be written is refused', () => {
    const deep = (levels: number) => applyPatch(document(), [{ op: 'add', path: `/metadata${'/a'.repeat(levels)}`, value: 1 }])
    assert.equal(typeof deep(50), 'object')
    assert.match(deep(100) as string, /deeper than 64 levels/)
    assert.match(deep(100_000) as string, /deeper than 64 levels/)
  })

  test('has the two kindnesses of Hydra: replace of a missing member adds it, add makes the objects on its way', () => {
    assert.deepEqual(applyPatch({}, [{ op: 'replace', path: '/a', value: 1 }]), { a: 1 })
    assert.deepEqual(applyPatch({}, [{ op: 'add', path: '/a/b~1c/d', value: 1 }]), { a: { 'b/c': { d: 1 } } })
  })
})
