/**
 * Runs the tests: `npm test`, `npm test -- test/flows/register.test.ts`, `npm test -- --name 'pattern'`. Every test file runs in its
 * own process. At the end the logs of all servers under test are searched for the secrets that the tests received.
 */
import { generateKeyPair } from 'node:crypto'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs, promisify } from 'node:util'
import { emptiness, searchTrace } from './support/leaks.ts'

const root = resolve(import.meta.dirname, '..')
const timeout = 120_000
/** Milliseconds without an event until the run fails, for a file that does not end after its tests (an open server). */
const silence = timeout + 60_000

const { values, positionals } = parseArgs({ options: { name: { type: 'string', multiple: true, default: [] } }, allowPositionals: true })
const whole = positionals.length === 0 && values.name.length === 0
/** The tests with databases take longest, so they begin, and the small ones of `src` end the run: no core waits for one long file. */
const everything = () => globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root }).sort().reverse()
const files = positionals.length === 0 ? everything() : positionals
const trace = mkdtempSync(join(tmpdir(), 'clientele-test-'))
/** What the test files share. Modules are compiled by the first process that needs them. */
const shared = mkdtempSync(join(tmpdir(), 'clientele-shared-'))
/** RSA keys for the servers under test: to make one takes a tenth of a second, and each server needs two. */
const keys = join(shared, 'signing-keys.json')
const pairs = Array.from({ length: 6 }, () => promisify(generateKeyPair)('rsa', { modulusLength: 2048 }))
writeFileSync(keys, JSON.stringify((await Promise.all(pairs)).map(({ privateKey }) => privateKey.export({ format: 'jwk' }))))

/** One server for all files of the run, each of which creates its own databases. A file that is run alone starts one if it needs it. */
const postgres = whole ? await (await import('./support/postgres.ts')).startPostgres() : undefined

const all = new Set(files.map((file) => resolve(root, file)))
const unfinished = new Set(all)
let failed = false
const fail = (why: string): void => {
  failed = true
  process.stdout.write(`✖ ${why}\n`)
}

const stop = new AbortController()
const stalled = setTimeout(() => {
  const open = [...unfinished].map((file) => relative(root, file)).join(', ')
  fail(`nothing happened for ${silence / 1000} s: something is left open in ${open}`)
  stop.abort()
}, silence)

const tests = run({
  files: [...all],
  cwd: root,
  // Many tests wait: for I/O, a deadline, another process. A file takes 200 MB on average and 550 MB at most.
  concurrency: availableParallelism() + 2,
  timeout,
  testNamePatterns: values.name,
  execArgv: ['--disable-warning=ExperimentalWarning'],
  env: {
    ...process.env,
    CLIENTELE_TEST_TRACE: trace,
    NODE_COMPILE_CACHE: join(shared, 'compiled'),
    CLIENTELE_TEST_KEYS: keys,
    ...(postgres && { DATABASE_URL: postgres.url }),
  },
  signal: stop.signal,
})
let counted = 0
for (const event of ['test:dequeue', 'test:start', 'test:complete', 'test:stdout', 'test:stderr'] as const)
  tests.on(event, () => stalled.refresh())
tests.on('test:fail', () => {
  failed = true
})
tests.on('test:pass', (data) => {
  // A file without tests is reported as if it were a test.
  if (!all.has(data.name)) counted++
  else if (whole) fail(`${relative(root, data.name)} contains no test`)
})
tests.on('test:summary', (data) => {
  if (data.file) unfinished.delete(data.file)
  stalled.refresh()
})
// A reader that closes the pipe (`| head`) does not stop the tests.
process.stdout.on('error', () => {})
for await (const text of tests.compose(spec)) process.stdout.write(text)
clearTimeout(stalled)

if (counted === 0 && !failed) fail('no test ran')
const search = await searchTrace(trace)
for (const leak of search.leaks.slice(0, 20)) fail(`a secret was logged, ${leak.file}:${leak.line}: ${leak.text}`)
if (search.leaks.length > 20) fail(`and ${search.leaks.length - 20} more lines with secrets`)
const nothing = whole ? emptiness(search) : undefined
if (nothing) fail(nothing)
if (search.logs > 0 && search.secrets > 0 && search.leaks.length === 0)
  process.stdout.write(`ℹ none of ${search.secrets} secrets is in the ${search.lines} lines of ${search.logs} server logs\n`)

if (search.leaks.length > 0) process.stdout.write(`ℹ the logs are kept in ${trace}\n`)
else rmSync(trace, { recursive: true, force: true })
await postgres?.[Symbol.asyncDispose]()
rmSync(shared, { recursive: true, force: true })
process.exitCode = failed ? 1 : 0
