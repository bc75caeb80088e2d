import { type Kysely, type RawBuilder, sql } from 'kysely'

/**
 * The column type of text that is compared and ordered byte by byte on every database: ids, hashes, and what the list filters by. The
 * dialect's adapter names it.
 */
export function exactText(db: Kysely<unknown>): RawBuilder<unknown> {
  const { exactText } = db.getExecutor().adapter as unknown as { exactText: string }
  return sql.raw(exactText)
}
