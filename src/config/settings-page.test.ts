import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { settings } from './keys.ts'
import { settingsPage, withSettingsPage } from './settings-page.ts'

const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

test('docs/operations.md lists the settings as they are (else: npm run docs)', () => {
  assert.equal(operations, withSettingsPage(operations))
})

test('every setting is on the page, each with a description that is a sentence', () => {
  const page = settingsPage()
  for (const { key, variable, leaf } of settings.values()) {
    assert.ok(page.includes(`| \`${key}\` | \`${variable}\` |`), key)
    assert.match(leaf.description, /^[A-Z`].*\.$/s, key)
  }
})

test('a document without markers is not written over', () => {
  assert.throws(() => withSettingsPage('nothing here'), /settings:begin/)
})
