import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { Unavailable } from '../../src/lib/unavailable.ts'
import { explain } from '../../src/storage/dialects/sqlite-errors.ts'
import { removalStore } from '../../src/storage/removals.ts'
import { holdLock } from '../support/lock-holder.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { spawnServer } from '../support/spawned-server.ts'
import { freshStores, someClient } from './fresh-stores.ts'
import { databaseFolder, migratedSqlite } from './sqlite-file.ts'

const metadata = { grant_types: ['client_credentials'], client_name: 'x'.repeat(200), contacts: ['y'.repeat(1_000)] }

const register = (server: TestServer) => server.public('/oauth2/register', { method: 'POST', json: metadata })

/** Registers 20 clients at a time until the database is full; returns the responses. */
async function registerUntilRefused(server: TestServer): Promise<{ made: Received[]; refused: Received[] }> {
  const answers: Received[] = []
  while (!answers.some(({ status }) => status === 503) && answers.length < 5_000) {
    answers.push(...(await Promise.all(Array.from({ length: 20 }, () => register(server)))))
  }
  const [made, refused] = [answers.filter(({ status }) => status === 201), answers.filter(({ status }) => status !== 201)]
  assert.ok(made.length > 0 && refused.length > 0)
  return { made, refused }
}

function assertTemporarilyUnavailable({ status, headers, json }: Received): void {
  assert.equal(status, 503)
  assert.match(headers['retry-after'] ?? '', /^[1-9]\d*$/)
  assert.equal(json.error, 'temporarily_unavailable')
}

/** Asserts that each confirmed client is stored completely: its registration access token works, and if `writable` its secret. */
async function assertNothingLost(server: TestServer, made: readonly Received[], writable: boolean): Promise<void> {
  for (const { json } of made) {
    const read = await server.public(`/oauth2/register/${json.client_id}`, { bearer: json.registration_access_token })
    assert.equal(read.status, 200)
    if (!writable) continue
    const form = { grant_type: 'client_credentials' }
    const token = await server.public('/oauth2/token', { method: 'POST', basic: [json.client_id, json.client_secret], form })
    assert.equal(token.status, 200)
  }
  const listed = await server.admin('/admin/clients?page_size=500')
  assert.equal(listed.json.length, Math.min(made.length, 500), 'and no client that was refused')
}

describe('a full database', () => {
  test('returns 503 with Retry-After, loses nothing that was confirmed, serves reads, and recovers when there is space', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file, { maxPages: 100, probeEvery: 600_000 })
    await using server = await startServer({ database })
    const { made, refused } = await registerUntilRefused(server)
    refused.forEach(assertTemporarilyUnavailable)
    await assertNothingLost(server, made, false)
    assert.equal((await server.public('/health/ready')).status, 503, 'readiness follows the last write')

    await sql`PRAGMA max_page_count = 100000`.execute(database.write)
    made.push(await register(server))
    assert.equal(made.at(-1)?.status, 201)
    await assertNothingLost(server, made, true)
  })

  test('an update without space changes neither the client nor its registration access token', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file, { maxPages: 100 })
    await using server = await startServer({ database })
    const { made } = await registerUntilRefused(server)
    const [{ client_id: id, registration_access_token: bearer }] = made.map(({ json }) => json)
    const path = `/oauth2/register/${id}`
    const larger = { ...metadata, contacts: Array.from({ length: 7 }, () => 'z'.repeat(2_000)) }
    assertTemporarilyUnavailable(await server.public(path, { method: 'PUT', bearer, json: larger }))
    assert.deepEqual((await server.public(path, { bearer })).json.contacts, metadata.contacts)
  })

  test('has space again after clients were deleted, once the job has removed their rows', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file, { maxPages: 100 })
    await using server = await startServer({ database })
    const { made } = await registerUntilRefused(server)
    for (const { json } of made.splice(0, 10)) {
      const path = `/oauth2/register/${json.client_id}`
      assert.equal((await server.public(path, { method: 'DELETE', bearer: json.registration_access_token })).status, 204)
    }
    const later = Date.now() + 60_000
    for (let removed = 1; removed > 0; ) removed = await database.transact((db) => removalStore(db).clients(later, 500))
    made.push(await register(server))
    assert.equal(made.at(-1)?.status, 201)
    await assertNothingLost(server, made, false)
  })
})

/** A file system of `megabytes`, if this process may mount one. */
function smallFileSystem(path: string, megabytes: number): (Disposable & { mounted: true }) | undefined {
  mkdirSync(path, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return { mounted: true, [Symbol.dispose]: () => void execFileSync('umount', ['-l', path]) }
}

describe('a full disk', () => {
  test('returns 503, loses nothing that was confirmed, serves reads, and recovers when there is space', async (t) => {
    using folder = databaseFolder()
    const path = join(folder.path, 'small')
    using disk = smallFileSystem(path, 8)
    if (!disk) return t.skip('this process may not mount a file system')
    const ballast = join(path, 'ballast')
    writeFileSync(ballast, Buffer.alloc(3 * 1024 * 1024))
    await using server = await startServer({ database: await migratedSqlite(join(path, 'test.sqlite')) })
    const { made, refused } = await registerUntilRefused(server)
    assert.ok(statfsSync(path).bavail * statfsSync(path).bsize < 64 * 1024, 'the disk is full')
    refused.forEach(assertTemporarilyUnavailable)
    await assertNothingLost(server, made, false)

    rmSync(ballast)
    const again = await register(server)
    assert.equal(again.status, 201)
    made.push(again)
    await assertNothingLost(server, made, true)
  })
})

const token = (server: TestServer, { json }: Received) =>
  server.public('/oauth2/token', {
    method: 'POST',
    basic: [json.client_id, json.client_secret],
    form: { grant_type: 'client_credentials' },
  })

/** Writes are answered 503 and reads as ever; the server says that it is not ready. */
async function assertOnlyReads(server: TestServer, made: Received): Promise<void> {
  assertTemporarilyUnavailable(await register(server))
  assertTemporarilyUnavailable(await token(server, made))
  const { client_id: id, registration_access_token: bearer } = made.json
  assert.equal((await server.public(`/oauth2/register/${id}`, { bearer })).status, 200)
  assert.equal((await server.admin('/admin/clients')).json.length, 1)
  const ready = await server.public('/health/ready')
  assert.deepEqual([ready.status, ready.json], [503, { errors: { database: 'not ready' } }])
  assert.equal((await server.public('/health/alive')).status, 200)
}

/** Nobody writes meanwhile: a probe of the server's own finds out. */
async function untilReady(server: Pick<TestServer, 'public'>): Promise<void> {
  while ((await server.public('/health/ready')).status !== 200) await new Promise((resolve) => setImmediate(resolve))
}

describe('a database that another process has locked', () => {
  test('answers a write with 503 and a read with 200, is not ready, and goes on by itself when the lock is gone', async () => {
    using folder = databaseFolder()
    await using server = await startServer({ database: await migratedSqlite(folder.file, { lockTimeout: 300 }) })
    const made = await register(server)
    await using lock = await holdLock(folder.file)
    await assertOnlyReads(server, made)
    await lock.release()
    await untilReady(server)
    assert.equal((await register(server)).status, 201)
    const said = server.lines.filter(({ msg }) => /^the database can/.test(String(msg)))
    assert.deepEqual(
      said.map(({ level, msg, problem }) => [level, msg, problem]),
      [
        [
          'error',
          'the database cannot be written; reads go on, and a write is tried each second',
          'the database is locked by another process',
        ],
        ['info', 'the database can be written again', undefined],
      ],
    )
  })

  test('by default a write waits 5 s for the lock', async () => {
    using folder = databaseFolder()
    await using stores = await freshStores(() => migratedSqlite(folder.file))
    await using _lock = await holdLock(folder.file)
    const began = performance.now()
    await assert.rejects(
      stores.act((tx) => tx.clients.add(someClient('c'))),
      { name: 'Unavailable' },
    )
    assert.ok(performance.now() - began >= 5_000)
  })
})

/** Makes a file one that this process cannot open for writing; undefined where it can do so whatever the file says. */
function readOnly(file: string): Disposable | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(file, 0o400)
    return { [Symbol.dispose]: () => chmodSync(file, 0o600) }
  }
  try {
    execFileSync('mount', ['--bind', file, file], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  execFileSync('mount', ['-o', 'remount,bind,ro', file])
  return { [Symbol.dispose]: () => execFileSync('umount', ['-l', file]) }
}

describe('a database file that cannot be written', () => {
  test('a server that is started on it answers writes with 503, serves reads, and is not ready (SQLITE_READONLY)', async (t) => {
    using folder = databaseFolder()
    const made = await (async () => {
      await using before = await startServer({ database: await migratedSqlite(folder.file) })
      return await register(before)
    })()
    using file = readOnly(folder.file)
    if (!file) return t.skip('this process may not mount, and writes to every file')
    await using server = await startServer({ database: await migratedSqlite(folder.file) })
    await assertOnlyReads(server, made)
  })

  test('writes that the file system fails are answered 503, never 500, and the server recovers by itself (SQLITE_IOERR)', async () => {
    await using server = await spawnServer()
    const limitFiles = (bytes: string) => execFileSync('prlimit', ['--pid', String(server.process.pid), `--fsize=${bytes}:`])
    const made = await server.public('/oauth2/register', { method: 'POST', json: metadata })
    limitFiles('4096')
    for (const _ of [1, 2, 3]) {
      assertTemporarilyUnavailable(await server.public('/oauth2/register', { method: 'POST', json: metadata }))
      assert.equal((await server.public('/health/ready')).status, 503)
    }
    const { client_id: id, registration_access_token: bearer } = made.json
    assert.equal((await server.public(`/oauth2/register/${id}`, { bearer })).status, 200)
    limitFiles('unlimited')
    await untilReady(server)
    assert.equal((await server.public('/oauth2/register', { method: 'POST', json: metadata })).status, 201)
  })
})

for (const [code, name] of [
  [8, 'SQLITE_READONLY'],
  [1544, 'SQLITE_READONLY_DIRECTORY'],
  [10, 'SQLITE_IOERR'],
  [1034, 'SQLITE_IOERR_FSYNC'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [1038, 'SQLITE_CANTOPEN_SYMLINK'],
  [517, 'SQLITE_BUSY_SNAPSHOT'],
] as const)
  test(`${name} (${code}) passes: whoever meets it is told to come back`, () => {
    const said = explain(Object.assign(new Error('as SQLite says it'), { errcode: code }))
    assert.ok(said instanceof Unavailable && said.retryAfterSeconds > 0)
    assert.doesNotMatch(said.message, /as SQLite says it/)
  })

test('a log line has the reason of a failed transaction, without its values', async () => {
  using folder = databaseFolder()
  await using server = await startServer({ database: await migratedSqlite(folder.file, { maxPages: 100 }) })
  await registerUntilRefused(server)
  const lines = server.lines.filter(({ msg }) => msg === 'request failed')
  assert.ok(lines.length > 0)
  for (const line of lines) {
    const text = JSON.stringify(line)
    assert.match(text, /the disk is full/)
    assert.ok(!text.includes('xxxx') && !text.includes('yyyy'))
  }
  assert.ok(!readFileSync(folder.file).includes('ory_rat_'), 'no token is stored in the file')
})
