import { type ColumnDataType, type Kysely, sql } from 'kysely'
import { exactText } from '../exact-text.ts'
import { index, type Step } from './step.ts'

type Column = readonly [name: string, type: ColumnDataType, startingAt?: number]

/** Defaults are constant, so that no row is rewritten. */
const columns = (table: string, ...added: readonly Column[]): Step => ({
  async up(db) {
    for (const [name, type, value] of added)
      await db.schema
        .alterTable(table)
        .addColumn(name, type, (column) => (value === undefined ? column : column.notNull().defaultTo(value)))
        .execute()
  },
})

/** They go when those in their place are there: until then the nodes that run look things up by them. */
const without = (...indexes: readonly string[]): Step => ({
  async up(db) {
    for (const name of indexes) await db.schema.dropIndex(name).execute()
  },
})

async function createTables(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  await db.schema
    .createTable('subject_generations')
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('consents', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('sessions', 'integer', (column) => column.notNull().defaultTo(0))
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
}

const generation: Column = ['generation', 'integer', 1]

/**
 * Marks in place of deletions: a client, a grant and a person's sessions end by one written row, what was issued under an older
 * generation does not count, and a job removes it.
 */
export const steps: readonly Step[] = [
  columns('clients', ['removed_at', 'bigint'], ['token_epoch', 'integer', 0], generation),
  columns('removed_clients', generation),
  columns('access_tokens', generation, ['token_epoch', 'integer', 0], ['grant_epoch', 'integer', 0]),
  columns('grants', generation, ['access_epoch', 'integer', 0], ['consents', 'integer', 0], ['withdrawn_at', 'bigint']),
  columns('authorization_flows', generation),
  columns('logout_deliveries', generation),
  columns('login_sessions', ['sessions', 'integer', 0]),
  { up: createTables },
  // The newest of a client without a person, and of a grant, are one range of an index each: what is beyond a ceiling is found in it.
  index('access_tokens_of_client', 'access_tokens', ['client_id', 'grant_id', 'issued_at']),
  index('access_tokens_of_grant', 'access_tokens', ['grant_id', 'issued_at'], sql`grant_id is not null`),
  without('access_tokens_by_client', 'access_tokens_by_grant'),
  // Each is the range that a read needs, in its order: a condition beside the range would pass over whatever one person or client stored.
  index('grants_of_client', 'grants', ['client_id', 'generation', 'subject', 'granted_at']),
  index('grants_of_session', 'grants', ['session_id', 'granted_at', 'id']),
  index('grants_asked_for', 'grants', ['subject', 'granted_at', 'id'], sql`consent_skipped = 0`),
  index('grants_remembered', 'grants', ['subject', 'client_id', 'granted_at'], sql`remembered_until is not null`),
  without('grants_by_client', 'grants_by_session'),
  index('login_sessions_of_subject', 'login_sessions', ['subject', 'sessions']),
  without('login_sessions_by_subject'),
  index('authorization_flows_of_client', 'authorization_flows', ['client_id', 'generation']),
  without('authorization_flows_by_client'),
  index('logout_deliveries_of_client', 'logout_deliveries', ['client_id', 'generation']),
  without('logout_deliveries_by_client'),
]
