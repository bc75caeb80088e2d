import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

// Keeps docs/standards.md true: requirement → file that obeys it → test that shows it.

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Row {
  readonly id: string
  readonly rule: string
  readonly obeyedIn: readonly string[]
  readonly shownBy: readonly string[]
}

const page = read('docs/standards.md')
const rows: readonly Row[] = [...page.matchAll(/^\| ([A-Z0-9]+-\d+) \| (.+) \| (.+) \| (.+) \|$/gm)].map(
  ([, id = '', rule = '', files = '', tests = '']) => ({ id, rule, obeyedIn: named(files), shownBy: named(tests) }),
)
const standards = new Set(rows.map(({ id }) => standardOf(id)))

/** Titles of tests as the sources have them: a title that cites a requirement is a plain text. */
const tests = globSync(['test/**/*.test.ts', 'src/**/*.test.ts'], { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(([, , title = '']) => ({ file, title, ids: idsIn(title) })),
)

function named(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
}

function standardOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'))
}

function idsIn(title: string): string[] {
  return title.match(/\b[A-Z][A-Z0-9]*-\d{2,3}\b/g) ?? []
}

test('the page has a row for each requirement, once, and tests were found at all', () => {
  assert.deepEqual(
    rows.map(({ id }) => id),
    [...new Set(rows.map(({ id }) => id))],
  )
  const numbered = ['R7009', 'R7591', 'R7592', 'R7662', 'R8252', 'R8414', 'R8707', 'R9068', 'R9207', 'R9700']
  assert.deepEqual([...standards].sort(), ['O21', 'OCORE', 'OLOGO', 'OREG', ...numbered, 'RASRT', 'RBBA'])
  assert.ok(rows.length > 100 && tests.length > rows.length)
})

test('every line of the page that looks like a row is one', () => {
  const lines = page.split('\n').filter((line) => /^\|\s*[A-Z0-9]+-\d/.test(line))
  assert.equal(lines.length, rows.length)
})

test('every file that the page names exists', () => {
  for (const { id, obeyedIn, shownBy } of rows) {
    assert.ok(obeyedIn.length > 0 && shownBy.length > 0, id)
    for (const path of [...obeyedIn, ...shownBy]) assert.ok(existsSync(join(root, path)), `${id}: ${path}`)
    for (const path of obeyedIn) assert.ok(path.startsWith('src/'), `${id}: ${path}`)
  }
})

test('every requirement of the page has a test with its id in the title, in the file that the page names', () => {
  for (const { id, shownBy } of rows) {
    for (const file of shownBy) {
      assert.ok(
        tests.some((one) => one.file === file && one.ids.includes(id)),
        `${id}: no test in ${file} cites it`,
      )
    }
  }
})

test('every requirement that a test of test/standards cites is on the page, with that file', () => {
  for (const { file, title, ids } of tests.filter((one) => one.file.startsWith('test/standards/'))) {
    for (const id of ids) assert.ok(rows.find((row) => row.id === id)?.shownBy.includes(file), `${file}: ${title}`)
  }
})

test('a requirement of these standards that any other test cites is on the page', () => {
  for (const { file, title, ids } of tests) {
    for (const id of ids.filter((one) => standards.has(standardOf(one))))
      assert.ok(
        rows.some((row) => row.id === id),
        `${file}: ${title}`,
      )
  }
})

test('a requirement has one test of its own', () => {
  for (const { id } of rows) {
    const own = tests.filter(({ file, ids, title }) => file.startsWith('test/standards/') && ids[0] === id && title.startsWith(id))
    assert.equal(own.length, 1, id)
  }
})

test('a row is overridden exactly where its test says so', () => {
  for (const { id, rule } of rows) {
    const isDecision = tests.some(({ title }) => title.startsWith(`${id} overridden: `))
    assert.equal(rule.startsWith('**Overridden** by '), isDecision, id)
  }
})
