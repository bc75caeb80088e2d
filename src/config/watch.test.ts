import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ConfigSource, loadConfig } from './load.ts'
import type { Config } from './schema.ts'
import { watchConfig } from './watch.ts'

const root = mkdtempSync(join(tmpdir(), 'clientele-watch-'))
after(() => rmSync(root, { recursive: true }))

interface Needed {
  registration?: boolean
  port?: number
  more?: string
}

const secret = 'a-system-secret-of-the-tests'
const yaml = ({ registration = false, port = 4444, more = '' }: Needed = {}) => `
dsn: memory
urls: {self: {issuer: "https://auth.example.com/"}}
secrets: {system: [${secret}]}
serve: {public: {port: ${port}}}
oidc: {dynamic_client_registration: {enabled: ${registration}}}
${more}
`

type Reported = { changed: Config } | { refused: readonly string[] } | { needsRestart: readonly string[] }

let folders = 0
/** A watched file, and the outcomes that the watch reports, one after another. */
function watched(text = yaml(), env: Record<string, string> = {}) {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  const file = join(folder, 'clientele.yml')
  writeFileSync(file, text)
  const source: ConfigSource = { file, env, workingDirectory: folder }
  const reported: Reported[] = []
  let wake = () => {}
  const tell = (what: Reported) => {
    reported.push(what)
    wake()
  }
  const watch = watchConfig(source, loadConfig(source), {
    changed: (changed) => tell({ changed }),
    refused: (refused) => tell({ refused }),
    needsRestart: (needsRestart) => tell({ needsRestart }),
  })
  const next = async (): Promise<Reported> => {
    // The watch keeps no process alive, so the wait does.
    const alive = setTimeout(() => {}, 60_000)
    while (reported.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    clearTimeout(alive)
    return reported.shift() as Reported
  }
  const replace = (replacement: string) => {
    writeFileSync(`${file}.new`, replacement)
    renameSync(`${file}.new`, file)
  }
  return { folder, file, next, replace, reported, [Symbol.dispose]: () => watch[Symbol.dispose]() }
}

async function nextChange({ next }: { next: () => Promise<Reported> }): Promise<Config> {
  const reported = await next()
  assert.ok('changed' in reported, JSON.stringify(reported))
  return reported.changed
}

const isOn = (config: Config) => config.oidc.dynamic_client_registration.enabled

test('a file written in place is read again', async () => {
  using watch = watched()
  writeFileSync(watch.file, yaml({ registration: true }))
  const config = await nextChange(watch)
  assert.equal(isOn(config), true)
  assert.ok(Object.isFrozen(config.oidc.dynamic_client_registration))
  writeFileSync(watch.file, yaml({ registration: false }))
  assert.equal(isOn(await nextChange(watch)), false)
})

test('a file replaced by renaming is read again, more than once', async () => {
  using watch = watched()
  for (const registration of [true, false, true]) {
    watch.replace(yaml({ registration }))
    assert.equal(isOn(await nextChange(watch)), registration)
  }
})

test('a mounted ConfigMap is read again when Kubernetes swaps its link', async () => {
  const folder = join(root, 'configmap')
  for (const [version, registration] of [
    ['..1', false],
    ['..2', true],
  ] as const) {
    mkdirSync(join(folder, version), { recursive: true })
    writeFileSync(join(folder, version, 'clientele.yml'), yaml({ registration }))
  }
  symlinkSync('..1', join(folder, '..data'))
  symlinkSync('..data/clientele.yml', join(folder, 'clientele.yml'))
  const source: ConfigSource = { file: join(folder, 'clientele.yml'), env: {} }
  const alive = setTimeout(() => {}, 60_000)
  const changed = Promise.withResolvers<Config>()
  using _ = watchConfig(source, loadConfig(source), { changed: changed.resolve, refused: changed.reject, needsRestart: changed.reject })
  symlinkSync('..2', join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  assert.equal(isOn(await changed.promise), true)
  clearTimeout(alive)
})

test('SIGHUP reads the file again', async () => {
  using watch = watched()
  writeFileSync(watch.file, yaml({ registration: true }))
  process.kill(process.pid, 'SIGHUP')
  assert.equal(isOn(await nextChange(watch)), true)
})

test('a change between the first read and the start of the watch is detected', async () => {
  const folder = join(root, 'gap')
  mkdirSync(folder)
  const file = join(folder, 'clientele.yml')
  writeFileSync(file, yaml())
  const source: ConfigSource = { file, env: {} }
  const first = loadConfig(source)
  writeFileSync(file, yaml({ registration: true }))
  const alive = setTimeout(() => {}, 60_000)
  const changed = Promise.withResolvers<Config>()
  using _ = watchConfig(source, first, { changed: changed.resolve, refused: changed.reject, needsRestart: changed.reject })
  assert.equal(isOn(await changed.promise), true)
  clearTimeout(alive)
})

test('with an invalid file the previous settings stay; the problems are reported without secrets, and again after SIGHUP', async () => {
  using watch = watched()
  watch.replace(yaml({ registration: true, more: 'nope: 1' }))
  const reported = { refused: ['nope: there is no such setting; did you mean log?'] }
  const first = await watch.next()
  assert.ok('refused' in first && first.refused.length === 1 && first.refused[0]?.startsWith('nope: there is no such setting'))
  process.kill(process.pid, 'SIGHUP')
  assert.deepEqual(Object.keys(await watch.next()), Object.keys(reported))
  watch.replace(yaml({ registration: true }))
  assert.equal(isOn(await nextChange(watch)), true)
})

test('with a removed file the previous settings stay', async () => {
  using watch = watched()
  rmSync(watch.file)
  const reported = await watch.next()
  assert.ok('refused' in reported)
  assert.match(reported.refused.join(), /there is no such file/)
})

test('a changed fixed setting keeps its old value and is reported as needing a restart, while a live one changes', async () => {
  using watch = watched()
  watch.replace(yaml({ registration: true, port: 5555 }))
  const config = await nextChange(watch)
  assert.equal(isOn(config), true)
  assert.equal(config.serve.public.port, 4444)
  assert.deepEqual(await watch.next(), { needsRestart: ['serve.public.port'] })
})

test('a changed secret is reported as needing a restart, without its value', async () => {
  using watch = watched()
  watch.replace(yaml().replace(secret, 'another-system-secret'))
  assert.deepEqual(await watch.next(), { needsRestart: ['secrets.system'] })
})

test('the list of admin tokens changes at once', async () => {
  const token = (name: string) => `{name: ${name}, sha256: ${'ab'.repeat(32)}}`
  const auth = (...names: string[]) => yaml().replace('serve: {', `serve: {admin: {auth: {bearer: [${names.map(token)}]}}, `)
  using watch = watched(auth('a', 'b'))
  watch.replace(auth('b'))
  const { auth: now } = (await nextChange(watch)).serve.admin
  assert.deepEqual(now, { bearer: [{ name: 'b', sha256: 'ab'.repeat(32) }] })
})

test('a change of the host to loopback that removes the credentials is refused, because the listener is still public', async () => {
  const open = yaml().replace('serve: {', `serve: {admin: {host: 0.0.0.0, auth: {bearer: [{name: a, sha256: ${'ab'.repeat(32)}}]}}, `)
  using watch = watched(open)
  watch.replace(yaml({ registration: true }))
  const reported = await watch.next()
  assert.ok('refused' in reported)
  assert.match(reported.refused.join(), /^serve\.admin\.auth: is not set/)
})

test('the same settings, written differently, change nothing', async () => {
  using watch = watched()
  watch.replace(`# a remark\n${yaml({ more: 'ttl: {access_token: 60m}' })}`)
  process.kill(process.pid, 'SIGHUP')
  watch.replace(yaml({ registration: true }))
  assert.equal(isOn(await nextChange(watch)), true)
  assert.deepEqual(watch.reported, [])
})

test('the environment still overrides the file after a reload', async () => {
  using watch = watched(yaml(), { OIDC_DYNAMIC_CLIENT_REGISTRATION_ENABLED: 'false' })
  watch.replace(yaml({ registration: true, more: 'strategies: {scope: exact}' }))
  const config = await nextChange(watch)
  assert.equal(isOn(config), false)
  assert.equal(config.strategies.scope, 'exact')
})

test('dev: the secret that was generated at the start stays, and no other is generated', async () => {
  const text = (scope: string) => `{dev: true, dsn: memory, strategies: {scope: ${scope}}}`
  using watch = watched(text('exact'))
  rmSync(join(watch.folder, '.clientele'), { recursive: true })
  watch.replace(text('wildcard'))
  assert.equal((await nextChange(watch)).strategies.scope, 'wildcard')
  assert.throws(() => rmSync(join(watch.folder, '.clientele')), { code: 'ENOENT' })
})

test('disposing or aborting ends the watch', () => {
  const before = process.listenerCount('SIGHUP')
  const watch = watched()
  assert.equal(process.listenerCount('SIGHUP'), before + 1)
  watch[Symbol.dispose]()
  const source: ConfigSource = { file: watch.file, env: {} }
  const abort = new AbortController()
  watchConfig(source, loadConfig(source), { changed() {}, refused() {}, needsRestart() {}, signal: abort.signal })
  abort.abort()
  assert.equal(process.listenerCount('SIGHUP'), before)
})

test('the watch does not keep the process running', async () => {
  const watch = watched()
  watch[Symbol.dispose]()
  const script = `
    import { loadConfig } from ${JSON.stringify(new URL('./load.ts', import.meta.url))}
    import { watchConfig } from ${JSON.stringify(new URL('./watch.ts', import.meta.url))}
    const source = { file: ${JSON.stringify(watch.file)}, env: {} }
    watchConfig(source, loadConfig(source), { changed() {}, refused() {}, needsRestart() {} })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 30_000 })
  assert.deepEqual(await once(child, 'exit'), [0, null])
})
