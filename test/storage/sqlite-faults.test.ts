import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { storesOf } from '../../src/storage/stores.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { freshStores, someClient } from './fresh-stores.ts'
import { databaseFolder, migratedSqlite } from './sqlite-file.ts'

const metadata = { grant_types: ['client_credentials'], client_name: 'x'.repeat(200), contacts: ['y'.repeat(1_000)] }

const register = (server: TestServer) => server.public('/oauth2/register', { method: 'POST', json: metadata })

/** Registers, 20 at a time, until the database takes no more; gives back everything that was answered. */
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

/** Each client that was answered is there, whole: its registration token and, where `writable`, its secret work. */
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

/** What the job does when its time has come. */
async function removeEnded(database: Database, now: number): Promise<void> {
  const step = () => database.transact((db) => storesOf(db).removals.clients(now, 500))
  while ((await step()) > 0);
}

describe('a full database', () => {
  test('answers 503 with Retry-After, loses nothing that was answered, serves reads, and recovers when there is space', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file, { maxPages: 100 })
    await using server = await startServer({ database })
    const { made, refused } = await registerUntilRefused(server)
    refused.forEach(assertTemporarilyUnavailable)
    await assertNothingLost(server, made, false)
    assert.equal((await server.public('/health/ready')).status, 200)

    await sql`PRAGMA max_page_count = 100000`.execute(database.write)
    made.push(await register(server))
    assert.equal(made.at(-1)?.status, 201)
    await assertNothingLost(server, made, true)
  })

  test('an update that finds no space leaves the client and its old registration token as they were', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file, { maxPages: 100 })
    await using server = await startServer({ database })
    const { made } = await registerUntilRefused(server)
    const [{ client_id: id, registration_access_token: bearer }] = made.map(({ json }) => json)
    const path = `/oauth2/register/${id}`
    const larger = { ...metadata, contacts: Array.from({ length: 20 }, () => 'z'.repeat(2_000)) }
    assertTemporarilyUnavailable(await server.public(path, { method: 'PUT', bearer, json: larger }))
    assert.deepEqual((await server.public(path, { bearer })).json.contacts, metadata.contacts)
  })

  test('can be helped by deleting: what goes makes room, once the job has come to it', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file, { maxPages: 100 })
    await using server = await startServer({ database })
    const { made } = await registerUntilRefused(server)
    for (const { json } of made.splice(0, 10)) {
      const path = `/oauth2/register/${json.client_id}`
      assert.equal((await server.public(path, { method: 'DELETE', bearer: json.registration_access_token })).status, 204)
    }
    await removeEnded(database, Date.now() + 60_000)
    made.push(await register(server))
    assert.equal(made.at(-1)?.status, 201)
    await assertNothingLost(server, made, false)
  })
})

/** A file system of `megabytes`, where this process may mount one. */
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
  test('answers 503, loses nothing that was answered, serves reads, and recovers when there is space', async (t) => {
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

describe('a database that another process has locked', () => {
  test('answers a write with 503 and a read with 200, and goes on when the lock is gone', async () => {
    using folder = databaseFolder()
    const database = await migratedSqlite(folder.file)
    await using server = await startServer({ database })
    const { json } = await register(server)
    using other = new DatabaseSync(folder.file)
    other.exec('BEGIN IMMEDIATE')
    const bearer = json.registration_access_token
    assertTemporarilyUnavailable(await register(server))
    const form = { grant_type: 'client_credentials' }
    assertTemporarilyUnavailable(
      await server.public('/oauth2/token', { method: 'POST', basic: [json.client_id, json.client_secret], form }),
    )
    assert.equal((await server.public(`/oauth2/register/${json.client_id}`, { bearer })).status, 200)
    other.exec('ROLLBACK')
    assert.equal((await register(server)).status, 201)
  })

  test('refuses the whole batch at once: many who wait do not wait one after the other', async () => {
    using folder = databaseFolder()
    await using stores = await freshStores(() => migratedSqlite(folder.file))
    using other = new DatabaseSync(folder.file)
    other.exec('BEGIN IMMEDIATE')
    const begun = performance.now()
    const settled = await Promise.allSettled(
      Array.from({ length: 200 }, (_, at) => stores.act((tx) => tx.clients.add(someClient(`c${at}`)))),
    )
    assert.ok(settled.every((result) => result.status === 'rejected' && result.reason.name === 'Unavailable'))
    assert.ok(performance.now() - begun < 5_000)
  })
})

test('a log line says why the database could not take an act, and quotes none of its values', async () => {
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
  assert.ok(!readFileSync(folder.file).includes('ory_rat_'), 'no token rests in the file')
})
