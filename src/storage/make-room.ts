import { type Kysely, sql } from 'kysely'
import { type Prepared, prepared } from './prepared.ts'

/** How many make room at once at most: one does, as each that is added makes room for itself. */
const atOnce = 16

/**
 * Removes the oldest rows that nobody has accepted, where one owner has more than `newest` of them.
 *
 * @param owner the column that says whose a row is
 * @param accepted the column that is null until somebody has accepted
 */
export function makeRoomIn(
  table: 'authorization_flows' | 'logout_requests',
  owner: string,
  accepted: string,
): Prepared<{ owner: string; newest: number }, unknown> {
  return prepared<{ owner: string; newest: number }, unknown>(['owner', 'newest'], (db, values) => {
    const rows = db as unknown as Kysely<Record<string, Record<string, unknown>>>
    const tooMany = rows
      .selectFrom(table)
      .select('id')
      .where(owner, '=', values.owner)
      .where(accepted, 'is', null)
      .orderBy('created_at', 'desc')
      .offset(values.newest)
      // Written out: SQLite prepares a statement anew at every run where its limit is a parameter.
      .limit(sql.lit(atOnce))
    return (
      rows
        .deleteFrom(table)
        .where('id', 'in', tooMany)
        // Once more: PostgreSQL asks a row that it had to wait for only this, and it may have been accepted by then.
        .where(accepted, 'is', null)
    )
  })
}
