import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inLanguages } from './language-tag.ts'

describe('a member in the languages of a person (RFC 4647 §3.4)', () => {
  const localized = {
    'client_name#fr': 'fr',
    'client_name#fr-CA': 'fr-CA',
    'client_name#zh-Hant': 'zh-Hant',
    'client_name#de-1996': 'de-1996',
    'client_name#x-a': 'x-a',
    'tos_uri#it': 'it',
  }
  const name = (...languages: string[]) => inLanguages(localized, 'client_name', languages)

  test('the first language that it comes in wins, not the nearest', () => {
    assert.equal(name('de', 'fr-CA', 'fr'), 'fr-CA')
    assert.equal(name('fr', 'fr-CA'), 'fr')
    assert.equal(name('fr-CH', 'fr-CA'), 'fr')
  })

  test('a language is looked for as it is, then wider and wider, never narrower', () => {
    assert.equal(name('zh-Hant-TW'), 'zh-Hant')
    assert.equal(name('zh-hant-x-private'), 'zh-Hant')
    assert.equal(name('zh-Hans'), undefined)
    assert.equal(name('zh'), undefined)
    assert.equal(name('DE-1996'), 'de-1996')
    assert.equal(name('x-a'), 'x-a')
    assert.equal(name('x-a-b'), undefined)
  })

  test('nothing else is looked at: another member, a wildcard, a language without end, a word of the language', () => {
    for (const language of ['it', '*', '', '-', 'fr_CH', `fr-${'x'.repeat(62)}`, '__proto__', 'client_name#fr'])
      assert.equal(name(language), undefined)
    assert.equal(name(`fr-${'x'.repeat(61)}`), 'fr')
    assert.equal(name(), undefined)
    assert.equal(inLanguages({}, 'client_name', ['fr']), undefined)
    assert.equal(inLanguages({ 'client_name#no_tag': 'x' }, 'client_name', ['no_tag']), undefined)
  })
})
