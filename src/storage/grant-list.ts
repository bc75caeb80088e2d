import { sql } from 'kysely'
import type { GrantPage, GrantPlace } from '../core/grants/grant.ts'
import type { Connection, Queries } from './connection.ts'
import { grantIsInForce } from './in-force.ts'
import { endOfPage, pageOf } from './page-bounds.ts'
import type { GrantRow } from './schema.ts'

type PlaceRow = Pick<GrantRow, 'granted_at' | 'id'>

/** A page of a person's grants, out of a bounded number of rows. One that finds fewer than `limit` in these names a next page all the same. */
export async function listGrants(db: Connection, page: GrantPage): Promise<{ rows: readonly GrantRow[]; next: GrantPlace | undefined }> {
  const range = rangeOf(db.queries, page)
  const { limit, now, sessionId } = page
  const end: PlaceRow | undefined = await db.first(range.select(['granted_at', 'id']).limit(1).offset(endOfPage(limit)))
  const shown = range
    .selectAll()
    .$if(end !== undefined, (some) => some.where(sql<boolean>`(granted_at, id) >= (${end?.granted_at}, ${end?.id})`))
    .$if(sessionId !== undefined, (some) => some.where(isOfSession(page)))
    .where('expires_at', '>', now)
    .where(grantIsInForce)
    .limit(limit + 1)
  const { rows, last } = pageOf<PlaceRow, GrantRow>(await db.all(shown), limit, end)
  return { rows, next: last && { grantedAt: last.granted_at, id: last.id } }
}

/** One range of one index, in the order of the list. */
function rangeOf(queries: Queries, { subject, sessionId, withSkipped = false, after }: GrantPage) {
  return (
    queries
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

/** What the range of a session leaves open. The columns are in expressions, so that no index of the person's grants is used instead. */
const isOfSession = ({ subject, withSkipped = false }: GrantPage) =>
  sql<boolean>`subject || '' = ${subject} ${withSkipped ? sql`` : sql`and consent_skipped + 0 = 0`}`
