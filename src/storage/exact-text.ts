import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely'

/** The column type of text that is compared and ordered byte by byte on every database: ids, hashes, and what the list filters by. */
export const exactText = (db: Kysely<unknown>): RawBuilder<unknown> =>
  db.getExecutor().adapter instanceof PostgresAdapter ? sql`text collate "C"` : sql`text`
