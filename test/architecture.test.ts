import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { describe, test } from 'node:test'
import { coreModules, httpEndpoints, httpShared, modules, violations } from './support/module-layout.ts'

/** Checks that the sources follow the module layout of `docs/explanation/architecture.md`. */
describe('the module layout', () => {
  const root = resolve(import.meta.dirname, '..')

  test('no source breaks a rule of the layout', () => {
    const files = globSync(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'], { cwd: root })
    const tree = new Map(files.map((file) => [file.split(sep).join('/'), readFileSync(resolve(root, file), 'utf8')]))
    const { scripts } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    const entries = Object.values(scripts).flatMap((script) => script.match(/\bsrc\/\S+\.ts\b/g) ?? [])
    assert.deepEqual(violations(tree, entries), [])
  })

  for (const page of ['README.md', 'docs/explanation/architecture.md'])
    test(`${page} lists the modules of the layout, in their order`, () => {
      const listed = listedModules(readFileSync(resolve(root, page), 'utf8'))
      const existing = (folder: string, names: readonly string[]) => names.filter((name) => existsSync(resolve(root, 'src', folder, name)))
      assert.deepEqual(listed.get('')?.toSorted(), Object.keys(modules).toSorted())
      assert.deepEqual(listed.get('core'), existing('core', coreModules))
      const ofHttp = listed.get('http')?.filter((name) => !name.endsWith('.ts'))
      assert.deepEqual(ofHttp, existing('http', [...httpEndpoints, ...httpShared]))
    })
})

describe('the check of the module layout', () => {
  /** A small source tree without faults. */
  const example: Record<string, string> = {
    'src/main.ts': `import { serve } from './cli/serve.ts'\nserve(process.env, process.exit)`,
    'src/cli/serve.ts': `import { app } from '../app.ts'\nimport { read } from '../config/read.ts'\nexport const serve = () => app(read())`,
    'src/config/read.ts': `import { scopes } from '../protocol/scopes.ts'\nexport const read = () => process.env['DSN'] ?? scopes`,
    'src/app.ts': `
      import { routes } from './http/routes.ts'
      import { clientStore } from './storage/clients.ts'
      import { removeExpired } from './jobs/remove-expired.ts'
      import { log } from './telemetry/log.ts'
      import { register } from './core/registration/register-client.ts'
      import { clock } from './lib/clock.ts'
      export const app = () => routes(register(clientStore, clock), removeExpired, log)`,
    'src/http/routes.ts': `
      import { keys } from './admin/keys.ts'
      import { token } from './oauth/token.ts'
      import type { Client } from '../core/clients/client.ts'
      export const routes = () => [keys, token]`,
    'src/http/oauth/token.ts': `import { problem } from '../errors/problem.ts'\nexport const token = problem`,
    'src/http/admin/keys.ts': `import { page } from '../html/page.ts'\nexport const keys = page`,
    'src/http/errors/problem.ts': `import { page } from '../html/page.ts'\nexport const problem = page`,
    'src/http/html/page.ts': `import { listen } from '../server/listener.ts'\nexport const page = listen`,
    'src/http/server/listener.ts': `import fastify from 'fastify'\nexport const listen = () => fastify()`,
    'src/storage/clients.ts': `
      import { Kysely } from 'kysely'
      import type { ClientStore } from '../core/clients/client.ts'
      export type { Client } from '../core/clients/client.ts'
      import { clock } from '../lib/clock.ts'
      // import { client } from '../core/clients/client.ts'
      export const clientStore = "import { client } from '../core/clients/client.ts'"`,
    'src/storage/clients.test.ts': `import { client } from '../core/clients/client.ts'\nimport { test } from 'node:test'`,
    'src/jobs/remove-expired.ts': `import '../core/audit/record.ts'\nexport const removeExpired = 1`,
    'src/telemetry/log.ts': `import { pino } from 'pino'\nimport { clock } from '../lib/clock.ts'\nexport const log = pino`,
    'src/core/registration/register-client.ts': `
      import { client } from '../clients/client.ts'
      import { record } from '../audit/record.ts'
      export const register = (now: Date) => /'/.test(\`\${new Date(+now).getTime() / 2} it's\`) && client && record`,
    'src/core/clients/client.ts': `import { scopes } from '../../protocol/scopes.ts'\nexport const client = { import: scopes, from: 'x' }`,
    'src/core/clients/client.test.ts': `import { memory } from '../../../test/support/memory.ts'\nconst at = Date.now()`,
    'src/core/audit/record.ts': `export const record = 1`,
    'src/protocol/scopes.ts': `import { clock } from '../lib/clock.ts'\nexport const scopes = [clock]`,
    'src/lib/clock.ts': `import { readFileSync } from 'node:fs'\nexport const clock = Date.now`,
    'test/support/memory.ts': `export const memory = 1`,
  }
  const found = (changes: Record<string, string> = {}): string[] => {
    const all = { ...example }
    for (const [path, text] of Object.entries(changes)) all[path] = `${text}\n${example[path] ?? ''}`
    return violations(new Map(Object.entries(all))).filter((fault) => !fault.includes('nothing that runs'))
  }

  test('finds nothing in a tree without faults', () => {
    assert.deepEqual(violations(new Map(Object.entries(example))), [])
  })

  const imports: Record<string, [from: string, line: string]> = {
    'an import up': ['src/core/clients/client.ts', `import { routes } from '../../http/routes.ts'`],
    'an import up, of a type': ['src/core/clients/client.ts', `import type { Routes } from '../../http/routes.ts'`],
    'an import of a lower layer that the layout excludes': ['src/cli/serve.ts', `import { client } from '../core/clients/client.ts'`],
    'an import of main.ts': ['src/app.ts', `import { main } from './main.ts'`],
    'an import of the wiring': ['src/jobs/remove-expired.ts', `import { app } from '../app.ts'`],
    'an import sideways': ['src/http/routes.ts', `import { clientStore } from '../storage/clients.ts'`],
    'an import sideways, over several lines': [
      'src/jobs/remove-expired.ts',
      `import {\n  type A, // '\n  routes\n}\nfrom "../http/routes.ts"`,
    ],
    'an import for its effect': ['src/http/routes.ts', `import '../config/read.ts'`],
    'an export from elsewhere': ['src/protocol/scopes.ts', `export { client } from '../core/clients/client.ts'`],
    'an export of everything': ['src/protocol/scopes.ts', `export * as all from '../core/clients/client.ts'`],
    'an export of types from elsewhere': ['src/lib/clock.ts', `export type { A } from '../protocol/scopes.ts'`],
    'a dynamic import': ['src/http/routes.ts', `const store = await import('../storage/clients.ts')`],
    'a dynamic import in a template': ['src/http/routes.ts', `const text = \`a \${ { b: import("../storage/clients.ts") } } c\``],
    'a dynamic import of a type': ['src/lib/clock.ts', `type A = import('../protocol/scopes.ts').A`],
    'a dynamic import that is computed': ['src/http/routes.ts', `await import('../stor' + 'age/clients.ts')`],
    'a call of require': ['src/http/routes.ts', `createRequire(import.meta.url); require('../storage/clients.ts')`],
    'a file that will be run': ['src/http/routes.ts', `new Worker(new URL('../jobs/remove-expired.ts', import.meta.url))`],
    'a value of core imported by storage': ['src/storage/clients.ts', `import { client } from '../core/clients/client.ts'`],
    'a value import of core by storage with inline types': [
      'src/storage/clients.ts',
      `import { type Client } from '../core/clients/client.ts'`,
    ],
    'a value of protocol imported by storage': ['src/storage/clients.ts', `import { scopes } from '../protocol/scopes.ts'`],
    'an import up inside core': ['src/core/clients/client.ts', `import { register } from '../registration/register-client.ts'`],
    'a test that imports up': ['src/core/clients/client.test.ts', `import { clientStore } from '../../storage/clients.ts'`],
    'a test that is imported': ['src/storage/clients.ts', `import './clients.test.ts'`],
    'telemetry that imports core': ['src/telemetry/log.ts', `import type { Client } from '../core/clients/client.ts'`],
    'lib that imports another module': ['src/lib/clock.ts', `import { scopes } from '../protocol/scopes.ts'`],
    'an import from the tests': ['src/app.ts', `import { memory } from '../test/support/memory.ts'`],
    'an import by an alias': ['src/http/routes.ts', `import { clientStore } from '#storage'`],
    'an import between two modules of endpoints': ['src/http/admin/keys.ts', `import { token } from '../oauth/token.ts'`],
    'an import up inside http': ['src/http/server/listener.ts', `import { problem } from '../errors/problem.ts'`],
    'an import of a route table by an endpoint': ['src/http/oauth/token.ts', `import { routes } from '../routes.ts'`],
  }
  for (const [name, [from, line]] of Object.entries(imports))
    test(`finds ${name}`, () => {
      const faults = found({ [from]: line })
      assert.equal(faults.length, 1, faults.join('\n'))
      assert.ok(faults[0]?.startsWith(`${from} → `), String(faults[0]))
    })

  const lines: Record<string, [from: string, line: string]> = {
    'the wall clock in core': ['src/core/clients/client.ts', 'const now = Date.now()'],
    'the current date in core': ['src/core/clients/client.ts', 'const today = new Date()'],
    'Math.random in core': ['src/core/clients/client.ts', 'const dice = Math.random()'],
    'an unknown module': ['src/services/mail.ts', ''],
    'an unknown file at the root': ['src/words.ts', ''],
    'an unknown module in core': ['src/core/widgets/widget.ts', ''],
    'a file of core outside a module': ['src/core/client.ts', ''],
    'an unknown module in http': ['src/http/widgets/widget.ts', ''],
    'a file name to avoid': ['src/http/client-helpers.ts', ''],
    'a folder name to avoid in the tests': ['test/utils/server.ts', ''],
  }
  for (const [name, [from, line]] of Object.entries(lines))
    test(`finds ${name}`, () => {
      const faults = found({ [from]: line })
      assert.equal(faults.length, 1, faults.join('\n'))
      assert.ok(faults[0]?.startsWith(`${from}: `), String(faults[0]))
    })

  test('finds a file that nothing imports, unless a script of package.json runs it', () => {
    const tree = new Map(Object.entries({ ...example, 'src/config/write-page.ts': '' }))
    assert.deepEqual(violations(tree), ['src/config/write-page.ts: nothing that runs imports it'])
    assert.deepEqual(violations(tree, ['src/config/write-page.ts']), [])
  })
})

/** The names in the tree of a page, by the folder of `src/` that they are in. */
function listedModules(page: string): Map<string, string[]> {
  const tree = /^src\/\n(.*?)^```/ms.exec(page)?.[1] ?? ''
  const listed = new Map<string, string[]>()
  let parent = ''
  for (const [, nested, name = ''] of tree.matchAll(/^(│ +)?[├└]── ([\w.-]+)/gm)) {
    const folder = nested === undefined ? '' : parent
    if (nested === undefined) parent = name
    listed.set(folder, [...(listed.get(folder) ?? []), name])
  }
  return listed
}
