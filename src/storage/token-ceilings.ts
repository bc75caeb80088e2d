import { sql } from 'kysely'
import type { Connection } from './database.ts'
import { prepared } from './prepared.ts'
import type { AccessTokenRow } from './schema.ts'

/** How many make room at once at most: one does, unless the ceiling was lowered. */
const atOnce = 16

type Room = { hash: string; owner: string; others: number }

/** The oldest access tokens of a grant, beyond so many others than the one that was just added. */
const ofGrant = prepared<Room, unknown>(['hash', 'owner', 'others'], (db, { hash, owner, others }) =>
  db.deleteFrom('access_tokens').where('hash', 'in', (from) =>
    from
      .selectFrom('access_tokens')
      .select('hash')
      .where('grant_id', '=', owner)
      .where('hash', '<>', hash)
      .orderBy('issued_at', 'desc')
      .offset(others)
      // Written out: SQLite prepares a statement anew at every run where its limit is a parameter.
      .limit(sql.lit(atOnce)),
  ),
)

/** The same of a client's own, which belong to no grant. Ordered by the whole index, so that PostgreSQL walks it without sorting. */
const ofClient = prepared<Room, unknown>(['hash', 'owner', 'others'], (db, { hash, owner, others }) =>
  db
    .deleteFrom('access_tokens')
    .where('hash', 'in', (from) =>
      from
        .selectFrom('access_tokens')
        .select('hash')
        .where('client_id', '=', owner)
        .where('grant_id', 'is', null)
        .where('hash', '<>', hash)
        .orderBy('grant_id', 'desc')
        .orderBy('issued_at', 'desc')
        .offset(others)
        .limit(sql.lit(atOnce)),
    ),
)

/** Makes room for a token that was just added: its grant, or its client where it has no grant, has at most `most`. */
export function makeRoom(
  db: Connection,
  { hash, client_id, grant_id }: Pick<AccessTokenRow, 'hash' | 'client_id' | 'grant_id'>,
  most: number,
): Promise<unknown> {
  const others = most - 1
  return grant_id === null ? ofClient(db, { hash, owner: client_id, others }) : ofGrant(db, { hash, owner: grant_id, others })
}
