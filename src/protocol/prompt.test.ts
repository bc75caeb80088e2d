import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { asksForLogin, parsePrompt, promptValues } from './prompt.ts'

describe('prompt (OpenID Connect Core §3.1.2.1)', () => {
  test('each value that is known, once, whatever spaces stand around it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...promptValues)), (words) => {
        assert.deepEqual(parsePrompt(` ${words.join('  ')} `), { values: new Set(words) })
      }),
    )
  })

  test('the first unknown value is named, and takes nothing from the others', () => {
    assert.deepEqual(parsePrompt('login banana pear consent'), { values: new Set(['login', 'consent']), unknown: 'banana' })
    assert.equal(parsePrompt('NONE').unknown, 'NONE')
    assert.equal(parsePrompt('login\tnone').unknown, 'login\tnone')
    fc.assert(fc.property(fc.string(), (text) => parsePrompt(text).values.size <= promptValues.length))
  })

  test('select_account acts like login', () => {
    const asking = promptValues.filter((value) => asksForLogin([value]))
    assert.deepEqual(asking, ['login', 'select_account'])
    assert.equal(asksForLogin([]), false)
  })
})
