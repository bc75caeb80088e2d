import { sql } from 'kysely'
import { type Prepared, prepared } from './prepared.ts'

/** How many are evicted at once at most: one is, as each that is added evicts for itself. */
const atOnce = 16

/**
 * Removes the oldest rows that were not accepted, where one owner has more than `newest` of them.
 *
 * @param owner the column of the owner
 * @param accepted the column that is null until the row is accepted
 */
export function evictOldest(
  table: 'authorization_flows' | 'logout_requests',
  owner: 'address' | 'session_id',
  accepted: 'login_accepted_at' | 'verifier',
): Prepared<{ owner: string; newest: number }> {
  const [rows, isOpen] = [sql.table(table), sql`${sql.ref(accepted)} is null`]
  return prepared<{ owner: string; newest: number }>(
    (_, value) =>
      // The limit is written out: SQLite prepares a statement anew at every run where its limit is a parameter. The condition is repeated:
      // PostgreSQL evaluates only the outer one again for a row that it had to wait for, and it may have been accepted by then.
      sql`delete from ${rows} where id in (
        select id from ${rows} where ${sql.ref(owner)} = ${value('owner')} and ${isOpen}
        order by created_at desc limit ${sql.lit(atOnce)} offset ${value('newest')}) and ${isOpen}`,
  )
}
