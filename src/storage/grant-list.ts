import { sql } from 'kysely'
import type { GrantPage, GrantPlace } from '../core/tokens/grant.ts'
import type { Connection } from './database.ts'
import { grantIsInForce } from './in-force.ts'
import type { GrantRow } from './schema.ts'

/**
 * How many rows a page passes over, beside those that it shows: such as are withdrawn or of a removed client until the job has come to
 * them, over, or in a session's list not asked for.
 */
const mostPassedOver = 500

/** A page of a person's grants: at most `limit`, out of at most `limit` and 500 rows. A page that finds fewer names a next one all the same. */
export async function listGrants(db: Connection, page: GrantPage): Promise<{ rows: GrantRow[]; next: GrantPlace | undefined }> {
  const range = rangeOf(db, page)
  const { limit, now, sessionId } = page
  // Found first, as a place: whatever is removed before the page is read, the next page begins where this one had to end.
  const end = await range
    .select(['granted_at', 'id'])
    .limit(1)
    .offset(limit + mostPassedOver - 1)
    .executeTakeFirst()
  const rows = await range
    .selectAll()
    .$if(end !== undefined, (some) => some.where(isFrom(end as GrantRow)))
    .$if(sessionId !== undefined, (some) => some.where(isOfSession(page)))
    .where('expires_at', '>', now)
    .where(grantIsInForce)
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : end
  return { rows: shown, next: last && { grantedAt: last.granted_at, id: last.id } }
}

/** One range of one index, in the order of the list. */
function rangeOf(db: Connection, { subject, sessionId, withSkipped = false, after }: GrantPage) {
  return (
    db
      .selectFrom('grants')
      .$if(sessionId !== undefined, (some) => some.where('session_id', '=', sessionId as string))
      .$if(sessionId === undefined, (some) => some.where('subject', '=', subject))
      // Written out, so that the partial index is used.
      .$if(sessionId === undefined && !withSkipped, (some) => some.where('consent_skipped', '=', sql.lit(0)))
      .$if(after !== undefined, (some) => some.where(sql<boolean>`(granted_at, id) < (${after?.grantedAt}, ${after?.id})`))
      .orderBy('granted_at', 'desc')
      .orderBy('id', 'desc')
  )
}

const isFrom = ({ granted_at, id }: Pick<GrantRow, 'granted_at' | 'id'>) => sql<boolean>`(granted_at, id) >= (${granted_at}, ${id})`

/** What the range of a session leaves open. The columns are in expressions, so that no index of the person's grants is used instead. */
const isOfSession = ({ subject, withSkipped = false }: GrantPage) =>
  sql<boolean>`subject || '' = ${subject} ${withSkipped ? sql`` : sql`and consent_skipped + 0 = 0`}`
