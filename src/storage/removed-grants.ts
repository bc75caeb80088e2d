import { sql } from 'kysely'
import type { Connection } from './connection.ts'

/** The tables of what belongs to a grant. */
const belongings = ['access_tokens', 'refresh_tokens', 'authorization_codes'] as const

/** Nothing that belongs to the grant is left. Only then its row is removed: the foreign keys would remove everything that is left in one statement. */
const isBare = sql<boolean>`${sql.join(
  belongings.map((table) => sql`not exists (select 1 from ${sql.table(table)} where grant_id = grants.id)`),
  sql` and `,
)}`

/** Removes what belongs to these grants, at most `limit` rows, and then those of them of which nothing is left. Returns how many rows were removed. */
export async function removeGrants(db: Connection, ids: readonly string[], limit: number): Promise<number> {
  if (ids.length === 0) return 0
  let removed = 0
  for (const table of belongings) {
    const some = db.queries
      .selectFrom(table)
      .select('hash')
      .where('grant_id', 'in', ids)
      .limit(limit - removed)
    removed += await db.change(db.queries.deleteFrom(table).where('hash', 'in', some))
    if (removed >= limit) return removed
  }
  return removed + (await db.change(db.queries.deleteFrom('grants').where('id', 'in', ids).where(isBare)))
}

/** As `removeExpiredRows`, but for grants of which something is left: that expires first. */
export async function removeExpiredGrants(db: Connection, now: number, limit: number): Promise<number> {
  const expired = db.queries.selectFrom('grants').select('id').where('expires_at', '<=', now).where(isBare)
  return await db.change(
    db.queries
      .deleteFrom('grants')
      .where('id', 'in', expired.orderBy('expires_at').limit(limit))
      .where(sql<number>`+expires_at`, '<=', now),
  )
}
