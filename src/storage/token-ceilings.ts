import { sql } from 'kysely'
import type { Connection } from './connection.ts'
import { prepared } from './prepared.ts'
import type { AccessTokenRow } from './schema.ts'

/** How many are evicted at once at most: one is, unless the ceiling was lowered. */
const atOnce = 16

type Ceiling = { hash: string; owner: string; most: number }

/**
 * The oldest access tokens of a grant, where it has more than `most`; never the one that was just added, as others of the same second may
 * come before it in the index. That it is left out is no condition of the walk, which so reads nothing but the index up to the ceiling.
 */
const ofGrant = prepared<Ceiling>((queries, value) => {
  const newest = queries.selectFrom('access_tokens').select('hash').where('grant_id', '=', value('owner')).orderBy('issued_at', 'desc')
  // Written out: SQLite prepares a statement anew at every run where its limit is a parameter.
  const others = newest.offset(value('most')).limit(sql.lit(atOnce))
  return queries.deleteFrom('access_tokens').where('hash', 'in', others).where('hash', '<>', value('hash'))
})

/** The same of a client's own, which belong to no grant. Ordered by the whole index, so that PostgreSQL walks it without sorting. */
const ofClient = prepared<Ceiling>((queries, value) => {
  const own = queries.selectFrom('access_tokens').select('hash').where('client_id', '=', value('owner')).where('grant_id', 'is', null)
  const others = own.orderBy('grant_id', 'desc').orderBy('issued_at', 'desc').offset(value('most')).limit(sql.lit(atOnce))
  return queries.deleteFrom('access_tokens').where('hash', 'in', others).where('hash', '<>', value('hash'))
})

/** After a token was added: its grant, or its client where it has no grant, keeps at most `most`. */
export function evictOldestTokens(
  db: Connection,
  { hash, client_id, grant_id }: Pick<AccessTokenRow, 'hash' | 'client_id' | 'grant_id'>,
  most: number,
): Promise<unknown> {
  return grant_id === null ? ofClient(db, { hash, owner: client_id, most }) : ofGrant(db, { hash, owner: grant_id, most })
}
