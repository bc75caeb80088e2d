import type { Kysely } from 'kysely'
import { exactText } from '../exact-text.ts'

/** The clients that are still to be told of a logout. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  await db.schema
    .createTable('logout_deliveries')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('client_id', text, (column) => column.notNull().references('clients.client_id').onDelete('cascade'))
    .addColumn('sid', 'text', (column) => column.notNull())
    .addColumn('subject', 'text')
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('logout_deliveries_by_next').on('logout_deliveries').column('next_at').execute()
  await db.schema.createIndex('logout_deliveries_by_client').on('logout_deliveries').column('client_id').execute()
  await db.schema.createIndex('logout_deliveries_by_expiry').on('logout_deliveries').column('expires_at').execute()
}
