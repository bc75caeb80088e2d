import type { Kysely } from 'kysely'
import { exactText } from '../exact-text.ts'

/** The client assertions that were used, until they expire. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('client_assertions')
    .addColumn('hash', exactText(db), (column) => column.primaryKey().notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('client_assertions_by_expiry').on('client_assertions').column('expires_at').execute()
}
