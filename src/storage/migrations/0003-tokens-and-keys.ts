import { type Kysely, sql } from 'kysely'
import { exactText } from '../exact-text.ts'

/** What JWT access tokens and the rotation of keys need: when a client's tokens begin to count, revoked tokens, the life of a key. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  await db.schema
    .alterTable('clients')
    .addColumn('tokens_valid_after', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()

  await db.schema
    .createTable('removed_clients')
    .addColumn('client_id', text, (column) => column.primaryKey().notNull())
    .addColumn('tokens_valid_after', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('removed_clients_by_expiry').on('removed_clients').column('expires_at').execute()

  await db.schema
    .createTable('revoked_tokens')
    .addColumn('jti', text, (column) => column.primaryKey().notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('revoked_tokens_by_expiry').on('revoked_tokens').column('expires_at').execute()

  await db.schema
    .alterTable('signing_keys')
    .addColumn('position', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .alterTable('signing_keys')
    .addColumn('signs_from', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema.alterTable('signing_keys').addColumn('retired_at', 'bigint').execute()
  await db.schema.alterTable('signing_keys').addColumn('last_expiry', 'bigint').execute()
  await sql`
    update signing_keys set signs_from = created_at, position = (
      select count(*) from signing_keys as other
      where other.set_name = signing_keys.set_name
        and (other.created_at < signing_keys.created_at or (other.created_at = signing_keys.created_at and other.kid <= signing_keys.kid))
    )`.execute(db)
  // One key at each place of a set: of two nodes that make the first key of a set at once, one wins.
  await db.schema.createIndex('signing_keys_by_position').on('signing_keys').columns(['set_name', 'position']).unique().execute()
}
