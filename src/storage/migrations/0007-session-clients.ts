import type { Kysely } from 'kysely'
import { exactText } from '../exact-text.ts'

/** The clients of each login session, which are told when it ends. Those of the sessions that live now are taken from what was granted in them. */
export async function up(db: Kysely<unknown>): Promise<void> {
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

  const stored = db as Kysely<{
    session_clients: { session_id: string; client_id: string; generation: number; used_at: number; expires_at: number }
    grants: { session_id: string; client_id: string; generation: number; granted_at: number }
    login_sessions: { id: string; expires_at: number }
  }>
  await stored
    .insertInto('session_clients')
    .columns(['session_id', 'client_id', 'generation', 'used_at', 'expires_at'])
    .expression((from) =>
      from
        .selectFrom('grants')
        .innerJoin('login_sessions', 'login_sessions.id', 'grants.session_id')
        .select((row) => [
          'grants.session_id',
          'grants.client_id',
          row.fn.max('generation').as('generation'),
          row.fn.max('granted_at').as('used_at'),
          'login_sessions.expires_at',
        ])
        .groupBy(['grants.session_id', 'grants.client_id', 'login_sessions.expires_at']),
    )
    .execute()
}
