import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { exactText } from '../exact-text.ts'

/**
 * Marks in place of deletions: a client, a grant and a person's sessions end by one written row, what was issued under an older
 * generation does not count, and a job removes it. New columns have constant defaults, so that no row is rewritten.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  const add = async (table: string, column: string, type: 'bigint' | 'integer', build?: Build) =>
    void (await db.schema.alterTable(table).addColumn(column, type, build).execute())
  const startingAt =
    (value: number): Build =>
    (column) =>
      column.notNull().defaultTo(value)

  await add('clients', 'removed_at', 'bigint')
  await add('clients', 'token_epoch', 'integer', startingAt(0))
  for (const table of ['clients', 'removed_clients', 'access_tokens', 'grants', 'authorization_flows', 'logout_deliveries'])
    await add(table, 'generation', 'integer', startingAt(1))
  await add('access_tokens', 'token_epoch', 'integer', startingAt(0))
  await add('access_tokens', 'grant_epoch', 'integer', startingAt(0))
  await add('grants', 'access_epoch', 'integer', startingAt(0))
  await add('grants', 'consents', 'integer', startingAt(0))
  await add('grants', 'withdrawn_at', 'bigint')
  await add('login_sessions', 'sessions', 'integer', startingAt(0))

  await db.schema
    .createTable('subject_generations')
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('consents', 'integer', startingAt(0))
    .addColumn('sessions', 'integer', startingAt(0))
    .addPrimaryKeyConstraint('subject_generations_key', ['subject', 'client_id'])
    .execute()

  await db.schema
    .createTable('removals')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('removals_key', ['kind', 'name', 'client_id', 'generation'])
    .execute()
  await db.schema.createIndex('removals_by_time').on('removals').columns(['kind', 'due_at']).execute()

  // The newest of a client without a person, and of a grant, are one range of an index each: what is beyond a ceiling is found in it.
  await db.schema.dropIndex('access_tokens_by_client').execute()
  await db.schema.createIndex('access_tokens_by_client').on('access_tokens').columns(['client_id', 'grant_id', 'issued_at']).execute()
  await db.schema.dropIndex('access_tokens_by_grant').execute()
  await db.schema
    .createIndex('access_tokens_by_grant')
    .on('access_tokens')
    .columns(['grant_id', 'issued_at'])
    .where(sql.ref('grant_id'), 'is not', null)
    .execute()

  // Each is the range that a read needs, in its order: a condition beside the range would pass over whatever one person or client stored.
  const anew = async (table: string, name: string, columns: string[]) => {
    await db.schema.dropIndex(name).execute()
    await db.schema.createIndex(name).on(table).columns(columns).execute()
  }
  await anew('grants', 'grants_by_client', ['client_id', 'generation', 'subject', 'granted_at'])
  await anew('grants', 'grants_by_session', ['session_id', 'granted_at', 'id'])
  await anew('login_sessions', 'login_sessions_by_subject', ['subject', 'sessions'])
  await anew('authorization_flows', 'authorization_flows_by_client', ['client_id', 'generation'])
  await anew('logout_deliveries', 'logout_deliveries_by_client', ['client_id', 'generation'])
  await db.schema
    .createIndex('grants_asked_for')
    .on('grants')
    .columns(['subject', 'granted_at', 'id'])
    .where(sql.ref('consent_skipped'), '=', sql.lit(0))
    .execute()
  await db.schema
    .createIndex('grants_remembered')
    .on('grants')
    .columns(['subject', 'client_id', 'granted_at'])
    .where(sql.ref('remembered_until'), 'is not', null)
    .execute()
}

type Build = (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder
