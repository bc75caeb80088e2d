import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { settings } from './keys.ts'
import { settingsPage, withSettingsPage } from './settings-page.ts'

const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

test('docs/operations.md has the current tables of settings (if not: npm run docs)', () => {
  assert.equal(operations, withSettingsPage(operations))
})

test('every setting is in a table, with a sentence as its description', () => {
  const page = settingsPage()
  for (const { key, variable, leaf } of settings.values()) {
    assert.ok(page.includes(`| \`${key}\` | \`${variable}\` |`), key)
    assert.match(leaf.description, /^[A-Z`].*\.$/s, key)
  }
})

test('a document without markers is not overwritten', () => {
  assert.throws(() => withSettingsPage('nothing here'), /settings:begin/)
})
