import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { spawnServer } from '../support/spawned-server.ts'
import { databaseFolder } from './sqlite-file.ts'

// Who may open the files of a SQLite database, and its folder.

interface Line {
  readonly level: string
  readonly message: string
  readonly [fact: string]: unknown
}

/** Opens, brings up to date and closes a database; the log lines of that, and the modes of what is there in between. */
async function modesOf(file: string): Promise<{ lines: Line[]; modes: Record<string, string> }> {
  const lines: Line[] = []
  const database = openSqlite(file, { log: (level, message, facts) => void lines.push({ level, message, ...facts }) })
  try {
    await migrateUp(database)
    const rows = await database.read.all(sql<{ file: string }>`PRAGMA database_list`)
    const folder = dirname(rows[0]?.file ?? file)
    const modes = Object.fromEntries(['.', ...readdirSync(folder)].map((name) => [name, modeOf(join(folder, name))]))
    return { lines, modes }
  } finally {
    await database.close()
  }
}

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

const closed = { 'a.sqlite': '600', 'a.sqlite-shm': '600', 'a.sqlite-wal': '600' }
const [isClosed, isLeft, folderIsLeft] = [
  'the database was open to other users of this machine, and was closed to them',
  'the database is open to other users of this machine, and could not be closed to them; set the modes yourself',
  'the folder of the database is open to other users of this machine, and was left so: it is shared, or not ours, or holds other files; give the database a folder of its own',
]

describe('a SQLite database', () => {
  let umask = 0
  beforeEach(() => {
    umask = process.umask(0)
  })
  afterEach(() => void process.umask(umask))

  test('that is new is open to its owner alone, with its folder, whatever the umask is', async () => {
    using folder = databaseFolder()
    const file = join(folder.path, 'var', 'lib', 'a.sqlite')
    const { lines, modes } = await modesOf(file)
    assert.deepEqual(modes, { '.': '700', ...closed })
    assert.equal(modeOf(join(folder.path, 'var')), '700')
    assert.deepEqual(lines, [])
  })

  test('in memory is open to its owner alone', async () => {
    const { lines, modes } = await modesOf('memory')
    assert.deepEqual(new Set(Object.values(modes)), new Set(['700', '600']))
    assert.deepEqual(lines, [])
  })

  test('that others could read is closed to them, with its folder, and a log line says so, once', async () => {
    using folder = databaseFolder()
    const path = join(folder.path, 'data')
    const file = join(path, 'a.sqlite')
    await modesOf(file)
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o644)
    chmodSync(path, 0o755)
    const { lines, modes } = await modesOf(file)
    assert.deepEqual(modes, { '.': '700', ...closed })
    assert.deepEqual(lines, [{ level: 'warn', message: isClosed, paths: [path, file] }])
    assert.deepEqual((await modesOf(file)).lines, [])
  })

  test('with a log and a shared memory that others could read, as a process that was killed leaves them: these are closed, too', async () => {
    using folder = databaseFolder()
    const file = join(folder.path, 'a.sqlite')
    const other = openSqlite(file)
    await migrateUp(other)
    for (const ending of ['', '-wal', '-shm']) chmodSync(file + ending, 0o644)
    const { lines, modes } = await modesOf(file)
    await other.close()
    assert.deepEqual(modes, { '.': '700', ...closed })
    assert.deepEqual(lines, [{ level: 'warn', message: isClosed, paths: [file, `${file}-wal`, `${file}-shm`] }])
  })

  test('behind a symbolic link: what it leads to is closed', async () => {
    using folder = databaseFolder()
    const [real, link] = [join(folder.path, 'real'), join(folder.path, 'link.sqlite')]
    mkdirSync(real, { mode: 0o755 })
    writeFileSync(join(real, 'a.sqlite'), '', { mode: 0o644 })
    symlinkSync(join(real, 'a.sqlite'), link)
    assert.deepEqual((await modesOf(link)).modes, { '.': '700', ...closed })
  })

  for (const [how, mode] of [
    ['that everybody may write to', 0o777],
    ['such as /tmp', 0o1777],
  ] as const)
    test(`in a shared folder ${how}: the folder is left as it is, a log line says so, and the files are closed`, async () => {
      using folder = databaseFolder()
      const path = join(folder.path, 'shared')
      mkdirSync(path)
      chmodSync(path, mode)
      const { lines, modes } = await modesOf(join(path, 'a.sqlite'))
      assert.deepEqual(modes, { '.': mode.toString(8), ...closed })
      assert.deepEqual(lines, [{ level: 'warn', message: folderIsLeft, folder: path }])
    })

  test('in a folder that holds other files: the folder is left as it is, a log line says so, and the files are closed', async () => {
    using folder = databaseFolder()
    const path = join(folder.path, 'project')
    mkdirSync(path, { mode: 0o755 })
    writeFileSync(join(path, 'index.html'), '', { mode: 0o644 })
    const { lines, modes } = await modesOf(join(path, 'a.sqlite'))
    assert.deepEqual(modes, { '.': '755', 'index.html': '644', ...closed })
    assert.deepEqual(lines, [{ level: 'warn', message: folderIsLeft, folder: path }])
  })

  test('beside the system secret of a developer’s machine: the folder is closed', async () => {
    using folder = databaseFolder()
    const path = join(folder.path, '.clientele')
    mkdirSync(path, { mode: 0o755 })
    writeFileSync(join(path, 'secrets.system'), '', { mode: 0o600 })
    const { modes } = await modesOf(join(path, 'a.sqlite'))
    assert.equal(modes['.'], '700')
  })

  test('whose file belongs to another user: it is left as it is, and a log line says so', async (context) => {
    if (process.getuid?.() !== 0) return context.diagnostic('only root can give files away, so none was')
    using folder = databaseFolder()
    const file = join(folder.path, 'a.sqlite')
    writeFileSync(file, '', { mode: 0o644 })
    chownSync(file, 65_534, 65_534)
    const { lines, modes } = await modesOf(file)
    assert.equal(modes['a.sqlite'], '644')
    assert.deepEqual(
      lines.map(({ message }) => message),
      [isLeft],
    )
  })
})

test('the server says at its start that the database was open to others', async () => {
  using folder = databaseFolder()
  await using server = await spawnServer({ dsn: `sqlite://${folder.file}` })
  server.process.kill('SIGTERM')
  assert.equal(await server.ended(), 0)
  chmodSync(folder.file, 0o644)
  await server.restart()
  assert.deepEqual((await server.next(isClosed)).paths, [folder.file])
  assert.equal(modeOf(folder.file), '600')
})

test('a file is synced to the disk before a commit is confirmed; what goes with the process is not', async () => {
  using folder = databaseFolder()
  const synchronous = async (location: string) => {
    const database = openSqlite(location)
    try {
      return (await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(database.write)).rows[0]?.synchronous
    } finally {
      await database.close()
    }
  }
  const [off, full] = [0, 2]
  assert.deepEqual([await synchronous(folder.file), await synchronous('memory')], [full, off])
})
