import { type Kysely, type RawBuilder, sql } from 'kysely'

/**
 * A part of a migration that is committed by itself, while other nodes use the database. One that changes a table has no other work, and
 * one that builds an index builds one: the locks of each last until its end.
 */
export interface Step {
  /** In one transaction: all of it or nothing. */
  up?(db: Kysely<unknown>): Promise<void>
  /**
   * Before that, in transactions of its own, for what would lock too many rows in one. After an interruption it runs again, and two
   * processes may run it at once. Not in a new database, where there is nothing to change.
   */
  inBatches?(db: Kysely<unknown>): Promise<void>
}

/** @param where the rows of a partial index */
export const index = (name: string, table: string, over: readonly string[], where?: RawBuilder<boolean>): Step => ({
  async up(db) {
    const build = db.schema
      .createIndex(name)
      .on(table)
      .columns([...over])
    await (where ? build.where(where) : build).execute()
  },
})

/**
 * Runs a statement for all rows of a table, some at a time in the order of their key.
 *
 * @param statement is given the condition of a range
 */
export const inRanges = (
  db: Kysely<unknown>,
  { size = 5_000, ...over }: { table: string; key: string; size?: number },
  statement: (range: RawBuilder<boolean>) => RawBuilder<unknown>,
): Promise<void> => forRanges(db, { ...over, size }, (range) => statement(range).execute(db))

/**
 * The same for an act of several statements.
 *
 * @param size the most rows of a range
 */
export async function forRanges(
  db: Kysely<unknown>,
  { table, key, size }: { table: string; key: string; size: number },
  act: (range: RawBuilder<boolean>) => Promise<unknown>,
): Promise<void> {
  const column = sql.ref(`${table}.${key}`)
  let after = sql<boolean>`1 = 1`
  for (;;) {
    const { rows } = await sql<{ last: string }>`
      select ${column} as last from ${sql.table(table)} where ${after} order by ${column} limit 1 offset ${sql.lit(size)}`.execute(db)
    const last = rows[0]?.last
    await act(last === undefined ? after : sql`${after} and ${column} <= ${last}`)
    if (last === undefined) return
    after = sql`${column} > ${last}`
  }
}
