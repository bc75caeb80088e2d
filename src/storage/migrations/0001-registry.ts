import type { Kysely } from 'kysely'
import { exactText } from '../exact-text.ts'

/** Clients, their registration and access tokens, our signing keys, and the record of who did what. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  await db.schema
    .createTable('clients')
    .addColumn('client_id', text, (column) => column.primaryKey().notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('client_name', text, (column) => column.notNull())
    .addColumn('owner', text, (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('secret_hash', 'text')
    .addColumn('rotated_secret_hashes', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
  // The list is ordered by client_id, so each filter's index ends with it: a page is one range of the index.
  await db.schema.createIndex('clients_by_name').on('clients').columns(['client_name', 'client_id']).execute()
  await db.schema.createIndex('clients_by_owner').on('clients').columns(['owner', 'client_id']).execute()

  await db.schema
    .createTable('registration_access_tokens')
    .addColumn('client_id', text, (column) => column.primaryKey().notNull().references('clients.client_id').onDelete('cascade'))
    .addColumn('hash', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('access_tokens')
    .addColumn('hash', text, (column) => column.primaryKey().notNull())
    .addColumn('client_id', text, (column) => column.notNull().references('clients.client_id').onDelete('cascade'))
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('audience', 'text', (column) => column.notNull())
    .addColumn('issued_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('access_tokens_by_client').on('access_tokens').column('client_id').execute()
  await db.schema.createIndex('access_tokens_by_expiry').on('access_tokens').column('expires_at').execute()

  await db.schema
    .createTable('signing_keys')
    .addColumn('kid', 'text', (column) => column.primaryKey().notNull())
    .addColumn('set_name', 'text', (column) => column.notNull())
    .addColumn('alg', 'text', (column) => column.notNull())
    .addColumn('public_jwk', 'text', (column) => column.notNull())
    .addColumn('sealed_private_jwk', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('audit_records')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('facts', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_records_by_client').on('audit_records').columns(['client_id', 'at']).execute()
  await db.schema.createIndex('audit_records_by_expiry').on('audit_records').column('expires_at').execute()
}
