import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

// Checks docs/standards.md: each requirement has its clause, the files that implement it and the tests that prove it.

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Row {
  readonly id: string
  readonly clause: string
  readonly rule: string
  readonly implementedIn: readonly string[]
  readonly testedIn: readonly string[]
}

const page = read('docs/standards.md')
const rows: readonly Row[] = [...page.matchAll(/^\| ([A-Z0-9]+-\d+) \| (.+?) \| (.+) \| (.+) \| (.+) \|$/gm)].map(
  ([, id = '', clause = '', rule = '', files = '', tests = '']) => ({
    id,
    clause,
    rule,
    implementedIn: named(files),
    testedIn: named(tests),
  }),
)
const standards = new Set(rows.map(({ id }) => standardOf(id)))

/** The test titles in the sources. A title that cites a requirement is a string literal without placeholders. */
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

test('each requirement has one row in the page, and test titles are found', () => {
  assert.deepEqual(
    rows.map(({ id }) => id),
    [...new Set(rows.map(({ id }) => id))],
  )
  const numbered = ['R7009', 'R7591', 'R7592', 'R7662', 'R8252', 'R8414', 'R8707', 'R9068', 'R9207', 'R9700']
  assert.deepEqual([...standards].sort(), ['O21', 'OCORE', 'OLOGO', 'OREG', ...numbered, 'RASRT', 'RBBA'])
  assert.ok(rows.length > 100 && tests.length > rows.length)
})

test('each line of the page that starts like a row is parsed as a row', () => {
  const lines = page.split('\n').filter((line) => /^\|\s*[A-Z0-9]+-\d/.test(line))
  assert.equal(lines.length, rows.length)
})

test('each row has a clause: a standard, and a section of it or the word "implied"', () => {
  for (const { id, clause } of rows) {
    assert.match(clause, /^(RFC \d+|OAuth 2\.1|OIDC [A-Z][\w-]+( Logout)?)(,| §| App\. )|^draft-/, id)
    assert.match(clause, /§\d|App\. [A-Z]|, implied$|^draft-/, id)
  }
})

test('each requirement id in a title under test/ has the clause of its row beside it', () => {
  const missing = tests
    .filter(({ file }) => file.startsWith('test/'))
    .flatMap(({ file, title, ids }) =>
      rows.filter(({ id }) => ids.includes(id)).map(({ id, clause }) => ({ file, title, cited: `${id} (${clause})` })),
    )
    .filter(({ title, cited }) => !title.includes(cited))
  assert.deepEqual(missing, [])
})

test('each file that the page names exists', () => {
  for (const { id, implementedIn, testedIn } of rows) {
    assert.ok(implementedIn.length > 0 && testedIn.length > 0, id)
    for (const path of [...implementedIn, ...testedIn]) assert.ok(existsSync(join(root, path)), `${id}: ${path}`)
    for (const path of implementedIn) assert.ok(path.startsWith('src/'), `${id}: ${path}`)
  }
})

test('each requirement has a test with its id in the title, in each test file that its row names', () => {
  for (const { id, testedIn } of rows) {
    for (const file of testedIn) {
      assert.ok(
        tests.some((one) => one.file === file && one.ids.includes(id)),
        `${id}: no test title in ${file} cites it`,
      )
    }
  }
})

test('each requirement that a title in test/standards cites has a row that names the file', () => {
  for (const { file, title, ids } of tests.filter((one) => one.file.startsWith('test/standards/'))) {
    for (const id of ids) assert.ok(rows.find((row) => row.id === id)?.testedIn.includes(file), `${file}: ${title}`)
  }
})

test('each requirement of these standards that any other title cites has a row', () => {
  for (const { file, title, ids } of tests) {
    for (const id of ids.filter((one) => standards.has(standardOf(one))))
      assert.ok(
        rows.some((row) => row.id === id),
        `${file}: ${title}`,
      )
  }
})

test('each requirement has exactly one test whose title starts with its id', () => {
  for (const { id } of rows) {
    const own = tests.filter(({ file, ids, title }) => file.startsWith('test/standards/') && ids[0] === id && title.startsWith(id))
    assert.equal(own.length, 1, id)
  }
})

test('a row is marked as overridden exactly if the title of its test is', () => {
  for (const { id, clause, rule } of rows) {
    const isDecision = tests.some(({ title }) => title.startsWith(`${id} (${clause}) overridden: `))
    assert.equal(rule.startsWith('**Overridden** by '), isDecision, id)
  }
})
