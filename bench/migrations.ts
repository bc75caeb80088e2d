/**
 * Measures the migrations after a given one on a database with many clients, and how long another node of a rolling upgrade waits
 * meanwhile, for each kind of read and write.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, type RawBuilder, sql } from 'kysely'
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
  if (onPostgres) await sql`vacuum analyze`.execute(database.write)
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

/** Clients as the bench registers them, each with metadata and a registration access token. */
const registered = {
  redirectUris: ['https://app.example.com/callback', 'https://app.example.com/silent'],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  responseTypes: ['code'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  scope: 'openid offline_access notes.read',
  contacts: ['ops@example.com'],
  clientUri: 'https://app.example.com/',
  logoUri: 'https://app.example.com/logo.png',
}
const metadata = JSON.stringify(registered)
const withAlgorithm = JSON.stringify({ ...registered, idTokenSignedResponseAlg: 'ES256' })

/** Every tenth client registered an algorithm. For ten clients there are five tokens, two grants and a session. */
async function fill(db: object, clients: number): Promise<void> {
  const to = db as Kysely<unknown>
  const insert = async (rows: number, into: RawBuilder<unknown>, values: RawBuilder<unknown>) =>
    void (await sql`insert into ${into}
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(rows)}) select ${values} from n`.execute(to))
  await insert(
    clients,
    sql`clients (client_id, version, origin, client_name, owner, metadata, settings, secret_hash, rotated_secret_hashes, created_at, updated_at)`,
    sql`'client-' || i, 1, 'dynamic', 'Bench client ' || i, '', case when i % 10 = 0 then ${sql.lit(withAlgorithm)} else ${sql.lit(metadata)} end,
      '{}', 'a hash of a secret that is as long as one ' || i, '[]', 1700000000000, 1700000000000`,
  )
  await insert(
    clients,
    sql`registration_access_tokens (client_id, hash, created_at)`,
    sql`'client-' || i, 'a hash of a token that is as long as one is ' || i, 1700000000000`,
  )
  await insert(
    clients / 10,
    sql`login_sessions (id, subject, authenticated_at, expires_at)`,
    sql`'a-session-that-is-as-long-as-one-' || i, 'person-' || i, 1700000000000, 9700000000000`,
  )
  await insert(
    clients / 5,
    sql`grants (id, client_id, subject, session_id, scope, audience, claims, authentication, consent, consent_skipped, terms, granted_at, expires_at)`,
    sql`'a-grant-that-is-as-long-as-one-' || i, 'client-' || (i * 5), 'person-' || (i / 2), 'a-session-that-is-as-long-as-one-' || (i / 2),
      '["openid"]', '[]', '{}', '{}', '{}', i % 2, 'a hash of the terms', 1700000000000, 9700000000000`,
  )
  await insert(
    clients / 2,
    sql`access_tokens (hash, client_id, subject, scope, audience, issued_at, expires_at)`,
    sql`'a-hash-of-a-token-that-is-as-long-as-one-' || i, 'client-' || i, 'client-' || i, '["notes.read"]', '[]', 1700000000000, 9700000000000`,
  )
}

const client = sql.lit('client-1')
const grant = sql.lit('a-grant-that-is-as-long-as-one-1')

/** The reads and writes of another node, of the version before. */
const work = {
  'read a client': sql`select metadata from clients where client_id = ${client}`,
  'read a grant and its client': sql`select metadata from grants natural join clients where id = ${grant}`,
  'write a client': sql`update clients set version = version + 1 where client_id = ${client}`,
  'write a grant': sql`update grants set expires_at = expires_at + 1 where id = ${grant}`,
  'write a session': sql`update login_sessions set expires_at = expires_at + 1 where id = 'a-session-that-is-as-long-as-one-1'`,
  'issue a token': sql`insert into access_tokens (hash, client_id, subject, scope, audience, issued_at, expires_at)
    values (md5(random()::text), ${client}, 'x', '[]', '[]', 1700000000000, 9700000000000)`,
}

/** Repeats each of them over separate connections, and returns the longest wait of each. */
function watchOthers(dsn: Dsn): { stop(): Promise<string> } {
  const { database, close } = openDatabase({ dsn: { ...dsn, connections: Object.keys(work).length } as Dsn })
  let isOver = false
  let failed = 0
  const keepAt = async ([name, statement]: [string, RawBuilder<unknown>]): Promise<string> => {
    let longest = 0
    while (!isOver) {
      const act = () => (name.startsWith('read') ? database.read.all(statement) : database.transact((db) => db.all(statement)))
      longest = Math.max(longest, await timed(() => act().catch(() => failed++)))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return `${name} ${figure(longest, 2)} s`
  }
  const waits = Object.entries(work).map(keepAt)
  return {
    async stop() {
      isOver = true
      const longest = (await Promise.all(waits)).join(', ')
      await close()
      return `; the longest waits of another node: ${longest} (${failed} failed)`
    },
  }
}
