import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { startServer, type TestServer } from '../support/server.ts'
import type { RawAnswer } from './raw-request.ts'

/** `FUZZ_FACTOR=20 npm test -- test/fuzz/routes.test.ts` looks twenty times as hard. */
export const fuzzFactor = Number(process.env.FUZZ_FACTOR ?? 1)

export interface FuzzedServer extends TestServer {
  /** How many clients are stored. */
  clients(): Promise<number>
}

/** A server whose database can be counted. */
export async function startFuzzedServer(): Promise<FuzzedServer> {
  const database = openSqlite('memory')
  await migrateUp(database)
  const server = await startServer({ database, settings: { serve: { public: { cors: { enabled: true } } } } })
  const count = sql<{ count: number }>`select count(*) as count from clients where removed_at is null`
  return { ...server, clients: async () => (await count.execute(database.read)).rows[0]?.count ?? 0 }
}

/** A stack, a path of this machine or a module's name in an answer tells a stranger about our inside. */
const inside = /\n\s+at |file:\/\/|node_modules|node:[a-z_]+|\.ts:\d|SQLITE_|SQLite|sqlite_|kysely|FST_/i

/** The page that shows what went wrong has Hydra's status, whatever it shows. */
const isErrorPage = (path: string, status: number): boolean => status === 500 && path.startsWith('/oauth2/fallbacks/error')

/** What every answer owes to whoever asked, however he asked. */
export function assertCivil(answer: RawAnswer, path: string): void {
  const { status, headers, body } = answer
  assert.ok(status < 500 || isErrorPage(path, status), `status ${status}: ${body.slice(0, 300)}`)
  // Keys and tokens hold any short word by chance.
  assert.doesNotMatch(body.slice(0, 5_000).replace(/[\w-]{40,}/g, ''), inside)
  if (!headers['content-type']?.includes('json') || body === '') return
  const json = JSON.parse(body)
  if (status < 400) return
  // Hydra's 404 for a path that it does not know is the one error that is an object.
  const error = status === 404 && typeof json.error === 'object' ? json.error.message : json.error
  assert.equal(typeof error, 'string')
  assert.match(error, /^[\x20-\x7e]+$/)
  assert.match(json.error_description ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/, 'RFC 6749 §5.2')
}
