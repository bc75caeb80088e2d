import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

// Checks docs/threats.md: each row names the test that proves its bound.

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('docs/threats.md')
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:threat|---)/.test(line))

/** A title as a source may write it: in any quotation marks, with those of its own escaped. */
const isIn = (source: string, title: string): boolean => source.replaceAll('\\', '').includes(title)

test('each row of docs/threats.md has a threat, a bound, a setting and a test, or states that the risk is accepted', () => {
  assert.ok(rows.length > 40)
  for (const row of rows) {
    const cells = row.split(' | ')
    assert.equal(cells.length, 4, row)
    assert.ok(/`(?:test|src)\/[^`]+\.ts`/.test(cells[3] ?? '') || /accepted|not closed/i.test(cells[1] ?? ''), row)
  }
})

test('each test that docs/threats.md names exists with that title', () => {
  for (const [, file = '', title] of page.matchAll(/`((?:test|src)\/[^`]+\.ts)`(?:: "([^"]+)")?/g)) {
    if (file === 'test/docs.test.ts') continue
    assert.ok(existsSync(join(root, file)), file)
    if (title !== undefined) assert.ok(isIn(read(file), title), `${file}: ${title}`)
  }
})
