import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import packageJson from '../../package.json' with { type: 'json' }
import { ChosenSecrets } from '../../src/core/clients/secrets.ts'
import { Bcrypt } from '../../src/lib/bcrypt.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { recordSecrets } from '../support/leaks.ts'
import { runCommand, temporaryFolder } from '../support/program.ts'
import { freePort, startServer, systemSecret } from '../support/server.ts'

const folder = temporaryFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: string[]) => runCommand(args, { folder })

let files = 0
function configFile(settings: unknown): string {
  const file = join(folder, `${files++}.yml`)
  writeFileSync(file, typeof settings === 'string' ? settings : JSON.stringify(settings))
  return file
}

const working = async (over: Record<string, unknown> = {}) => ({
  dsn: 'memory',
  urls: { self: { issuer: 'https://auth.example.com/' } },
  secrets: { system: [systemSecret] },
  serve: { public: { host: '127.0.0.1', port: await freePort() }, admin: { port: await freePort() } },
  ...over,
})

test('version prints the versions of the program and of Node', async () => {
  const { code, output } = await run('version')
  assert.equal(code, 0)
  assert.match(output, new RegExp(`^clientele ${packageJson.version.replaceAll('.', '\\.')} \\(node v26\\.\\d+\\.\\d+\\)\n$`))
})

test('migrate sql: status exits with 1 while migrations are pending, up applies them once, then status exits with 0', async () => {
  const file = configFile({ ...(await working()), dsn: 'sqlite://below/data.sqlite' })
  const pending = await run('migrate', 'sql', 'status', '-c', file)
  assert.equal(pending.code, 1)
  assert.match(pending.output, /^0001-\S+ +pending$/m)
  const first = await run('migrate', 'sql', 'up', '-c', file)
  assert.equal(first.code, 0)
  assert.match(first.output, /^applied 0001-\S+$/m)
  assert.ok(existsSync(join(folder, 'below/data.sqlite')))
  const second = await run('migrate', 'sql', 'up', '-c', file)
  assert.deepEqual(second, { code: 0, output: 'The schema is up to date.\n' })
  const done = await run('migrate', 'sql', 'status', '-c', file)
  assert.equal(done.code, 0)
  assert.match(done.output, /^0001-\S+ +applied \d{4}-\d\d-\d\dT[\d:.]+Z$/m)
})

test('generate admin-token: the printed token is accepted with the printed settings, another one is not', async () => {
  const { code, output } = await run('generate', 'admin-token', 'deploy bot')
  assert.equal(code, 0)
  const token = /^clientele_admin_[\w-]{43}$/m.exec(output)?.[0] ?? ''
  recordSecrets(token)
  const yaml = output.slice(output.indexOf('serve:'))
  const { parse } = await import('yaml')
  await using server = await startServer({ settings: parse(yaml) })
  assert.equal((await server.admin('/admin/clients', { bearer: token })).status, 200)
  assert.equal((await server.admin('/admin/clients', { bearer: `${token.slice(0, -1)}?` })).status, 401)
  assert.equal((await server.admin('/admin/clients')).status, 401)
})

test('generate password-hash: reads the password from standard input and prints a hash for users; without a password it prints one line and exits with 1', async () => {
  const { code, output } = await runCommand(['generate', 'password-hash'], { folder, input: 'a password\n' })
  assert.equal(code, 0)
  assert.match(output, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}\n$/)
  const secrets = new ChosenSecrets(systemRandomness, new Bcrypt())
  assert.deepEqual(await Promise.all(['a password', 'a password\n'].map((word) => secrets.matches(word, output.trim()))), [true, false])
  const none = await runCommand(['generate', 'password-hash'], { folder, input: '\n' })
  assert.deepEqual(none, { code: 1, output: 'clientele: no password was given; type one, or send it on standard input\n' })
})

test('serve with an invalid configuration: one line for each problem with its key, exit code 1, no stack', async () => {
  const file = configFile(await working({ oidc: { dynamic_client_registration: { enabld: true } }, ttl: { access_token: 'soon' } }))
  const { code, output } = await run('serve', 'all', '-c', file)
  assert.equal(code, 1)
  assert.match(output, /^\W*oidc\.dynamic_client_registration\.enabld: .*enabled/m)
  assert.match(output, /^\W*ttl\.access_token: /m)
  assert.doesNotMatch(output, /^ +at /m)
})

test('serve with a missing file or an unknown listener: one line, exit code 1', async () => {
  const missing = await run('serve', 'all', '-c', 'nowhere.yml')
  assert.equal(missing.code, 1)
  assert.match(missing.output, /^clientele: the configuration cannot be used:\n {2}nowhere\.yml: there is no such file/)
  const wrong = await run('serve', 'everything')
  assert.equal(wrong.code, 1)
  assert.match(wrong.output, /Allowed choices are all, public, admin/)
})

test('serve with a file that is not a database: one line with the key and the file, exit code 1', async () => {
  writeFileSync(join(folder, 'notes.txt'), 'not a database, but long enough to be looked at as if it were one: '.repeat(20))
  const file = configFile({ ...(await working()), dsn: 'sqlite://notes.txt' })
  for (const command of [
    ['serve', 'all'],
    ['migrate', 'sql', 'up'],
  ]) {
    const { code, output } = await run(...command, '-c', file)
    assert.equal(code, 1)
    assert.match(output, /^clientele: dsn: \S+\/notes\.txt cannot be opened as a SQLite database \(.*\)$/m)
    assert.doesNotMatch(output, /^ +at /m)
  }
})

for (const taken of ['public', 'admin'] as const) {
  test(`serve exits with one clear line if the port of the ${taken} listener is in use`, async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const { port } = blocker.address() as { port: number }
    try {
      const settings = await working()
      settings.serve[taken].port = port
      const { code, output } = await run('serve', 'all', '-c', configFile(settings))
      assert.equal(code, 1)
      const spoken = output.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
      assert.equal(spoken.length, 1, output)
      assert.match(spoken[0] ?? '', new RegExp(`^clientele: .*serve\\.${taken}\\.port.*127\\.0\\.0\\.1:${port}`))
    } finally {
      blocker.close()
    }
  })
}
