import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { startServer, type TestServer } from '../support/server.ts'
import type { RawAnswer } from './raw-request.ts'

/** `FUZZ_FACTOR=20 npm test -- test/fuzz/routes.test.ts` runs twenty times as many cases. */
export const fuzzFactor = Number(process.env.FUZZ_FACTOR ?? 1)

export interface FuzzedServer extends TestServer {
  /** The number of stored clients. */
  clients(): Promise<number>
}

/** A server with a count of its stored clients. */
export async function startFuzzedServer(): Promise<FuzzedServer> {
  const database = openSqlite('memory')
  await migrateUp(database)
  const server = await startServer({ database, settings: { serve: { public: { cors: { enabled: true } } } } })
  const count = sql<{ count: number }>`select count(*) as count from clients where removed_at is null`
  return { ...server, clients: async () => (await database.read.first(count))?.count ?? 0 }
}

/** Internals that a response must not contain: a stack, a file path, the name of a module. */
const inside = /\n\s+at |file:\/\/|node_modules|node:[a-z_]+|\.ts:\d|SQLITE_|SQLite|sqlite_|kysely|FST_/i

/** The error page always has Hydra's status, whatever error it shows. */
const isErrorPage = (path: string, status: number): boolean => status === 500 && path.startsWith('/oauth2/fallbacks/error')

/** Asserts what holds for every response: no 5xx, no internals, and an error body in the right format. */
export function assertWellFormed(answer: RawAnswer, path: string): void {
  const { status, headers, body } = answer
  assert.ok(status < 500 || isErrorPage(path, status), `status ${status}: ${body.slice(0, 300)}`)
  // Keys and tokens may contain any short word by chance.
  assert.doesNotMatch(body.slice(0, 5_000).replace(/[\w-]{40,}/g, ''), inside)
  if (!headers['content-type']?.includes('json') || body === '') return
  const json = JSON.parse(body)
  if (status < 400) return
  // Hydra's 404 for an unknown path is the only error that is an object.
  const error = status === 404 && typeof json.error === 'object' ? json.error.message : json.error
  assert.equal(typeof error, 'string')
  assert.match(error, /^[\x20-\x7e]+$/)
  assert.match(json.error_description ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/, 'RFC 6749 §5.2')
}
