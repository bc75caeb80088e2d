import { type Kysely, sql } from 'kysely'
import { exactText } from '../exact-text.ts'
import { inRanges, type Step } from './step.ts'

async function createTable(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  await db.schema
    .createTable('session_clients')
    .addColumn('session_id', text, (column) => column.notNull())
    .addColumn('client_id', text, (column) => column.notNull().references('clients.client_id').onDelete('cascade'))
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('session_clients_key', ['session_id', 'client_id'])
    .execute()
  await db.schema.createIndex('session_clients_by_client').on('session_clients').columns(['client_id', 'generation']).execute()
  await db.schema.createIndex('session_clients_by_expiry').on('session_clients').column('expires_at').execute()
}

const takeFromGrants = (db: Kysely<unknown>): Promise<void> =>
  inRanges(
    db,
    { table: 'login_sessions', key: 'id' },
    (range) => sql`
      insert into session_clients (session_id, client_id, generation, used_at, expires_at)
      select session_id, client_id, max(generation), max(granted_at), login_sessions.expires_at
      from login_sessions inner join grants on session_id = login_sessions.id where ${range}
      group by session_id, client_id, login_sessions.expires_at
      on conflict do nothing`,
  )

/**
 * The clients of each login session, which are told when it ends. Those of the sessions that live now are taken from what was granted in
 * them. Behind 0007 on purpose: the foreign key marks the client of each of these rows, and PostgreSQL takes several times as long to
 * build an index of clients, which blocks their writes, when so much of the table has just been changed.
 */
export const steps: readonly Step[] = [{ up: createTable }, { inBatches: takeFromGrants }]
