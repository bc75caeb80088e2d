/**
 * How long the migrations take that come after one of them, on a database in which many clients are stored; and how long somebody else
 * waits meanwhile who reads or writes a client, as the nodes of a rolling upgrade do.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { openDatabase } from '../src/app.ts'
import { migrateUp } from '../src/storage/migrations.ts'
import { historyUntil } from '../test/storage/run-steps.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { figure } from './table.ts'

interface Order {
  readonly onPostgres: boolean
  /** The number of the last migration before the clients are stored. */
  readonly after: number
  readonly clients: number
}

type Dsn = Parameters<typeof openDatabase>[0]['dsn']

export async function timeMigrations({ onPostgres, after, clients }: Order): Promise<string> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'clientele-migrate-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const dsn: Dsn = onPostgres
    ? { engine: 'postgres', url: await stack.use(await startPostgres()).createDatabase(), connections: 1 }
    : { engine: 'sqlite', path: join(folder, 'clientele.sqlite') }
  const { database, close } = openDatabase({ dsn })
  stack.defer(close)
  await migrateUp(database, historyUntil(after))
  const filled = await timed(() => fill(database.write, clients))
  const others = onPostgres ? watchOthers(dsn) : undefined
  let applied: string[] = []
  const took = await timed(async () => {
    applied = await migrateUp(database)
  })
  const waits = (await others?.stop()) ?? ''
  const names = applied.length === 0 ? `there are none after ${after}` : applied.join(', ')
  const where = onPostgres ? 'PostgreSQL' : 'SQLite'
  return `migrations with ${figure(clients, 0)} clients on ${where}: ${figure(took, 2)} s (${names}); the clients were stored in ${figure(filled, 1)} s${waits}`
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** As the bench registers them: with what a client says of itself, and a registration access token. */
const metadata = JSON.stringify({
  redirectUris: ['https://app.example.com/callback', 'https://app.example.com/silent'],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  responseTypes: ['code'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  scope: 'openid offline_access notes.read',
  contacts: ['ops@example.com'],
  clientUri: 'https://app.example.com/',
  logoUri: 'https://app.example.com/logo.png',
})

async function fill(db: object, clients: number): Promise<void> {
  const to = db as Kysely<unknown>
  const numbers = sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${sql.lit(clients)})`
  await sql`
    INSERT INTO clients (client_id, version, origin, client_name, owner, metadata, settings, secret_hash, rotated_secret_hashes,
      created_at, updated_at)
    ${numbers} SELECT 'client-' || CAST(i AS text), 1, 'dynamic', 'Bench client ' || CAST(i AS text), '', ${sql.lit(metadata)}, '{}',
      'a hash of a secret that is as long as one ' || CAST(i AS text), '[]', 1700000000000, 1700000000000 FROM n`.execute(to)
  await sql`
    INSERT INTO registration_access_tokens (client_id, hash, created_at)
    SELECT client_id, 'a hash of a token that is as long as one is ' || client_id, created_at FROM clients`.execute(to)
}

/** Reads and writes one client over connections of its own, again and again, and says how long it waited at most. */
function watchOthers(dsn: Dsn): { stop(): Promise<string> } {
  const { database, close } = openDatabase({ dsn: { ...dsn, connections: 2 } as Dsn })
  let isOver = false
  let failed = 0
  const longest = { read: 0, write: 0 }
  const keepAt = async (what: keyof typeof longest, act: () => Promise<unknown>) => {
    while (!isOver) {
      longest[what] = Math.max(longest[what], await timed(() => act().catch(() => failed++)))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const one = sql.lit('client-1')
  const work = [
    keepAt('read', () => sql`SELECT metadata FROM clients WHERE client_id = ${one}`.execute(database.read)),
    keepAt('write', () => sql`UPDATE clients SET version = version + 1 WHERE client_id = ${one}`.execute(database.write)),
  ]
  return {
    async stop() {
      isOver = true
      await Promise.all(work)
      await close()
      return `; of others, a read of a client waited ${figure(longest.read, 2)} s at most and a write ${figure(longest.write, 2)} s (${failed} failed)`
    },
  }
}
