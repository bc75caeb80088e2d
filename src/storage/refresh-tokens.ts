import { sql } from 'kysely'
import type { RefreshTokenStore } from '../core/tokens/refresh-token.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared, rowOf } from './prepared.ts'
import type { RefreshTokenRow } from './schema.ts'

const columns = ['hash', 'grant_id', 'access_token', 'access_expires_at', 'issued_at', 'expires_at'] as const

type NewRow = Pick<RefreshTokenRow, (typeof columns)[number]>

const insert = prepared<NewRow>((queries, value) => queries.insertInto('refresh_tokens').values({ ...rowOf(columns, value), reuses: 0 }))

const select = prepared<{ hash: string }, NewRow & Pick<RefreshTokenRow, 'spent_at'>>(
  (queries, value) =>
    queries
      .selectFrom('refresh_tokens')
      .select([...columns, 'spent_at'])
      .where('hash', '=', value('hash')),
  { findsOne: true },
)

const spend = prepared<{ hash: string; at: number }>((queries, value) =>
  queries
    .updateTable('refresh_tokens')
    .set({ spent_at: value('at') })
    .where('hash', '=', value('hash'))
    .where('spent_at', 'is', null),
)

/** As far as the column counts. */
const largest = 2 ** 31 - 1

/** Refresh tokens, as their hashes, until they expire. */
export function refreshTokenStore(db: Connection): RefreshTokenStore {
  return {
    async add({ hash, grantId, accessToken, issuedAt, expiresAt }) {
      const access = { access_token: accessToken.id, access_expires_at: accessToken.expiresAt }
      await insert(db, { hash, grant_id: grantId, ...access, issued_at: issuedAt, expires_at: expiresAt })
    },
    async find(hash) {
      const [row] = (await select(db, { hash })).rows
      return (
        row && {
          hash,
          grantId: row.grant_id,
          accessToken: { id: row.access_token, expiresAt: row.access_expires_at },
          issuedAt: row.issued_at,
          expiresAt: row.expires_at,
          ...(row.spent_at !== null && { spentAt: row.spent_at }),
        }
      )
    },
    async spend(hash, at) {
      return (await spend(db, { hash, at })).changes === 1
    },
    async reuse(hash, spentAfter, limit) {
      const reuse = db.queries
        .updateTable('refresh_tokens')
        .set({ reuses: sql<number>`reuses + 1` })
        .where('hash', '=', hash)
        .where('spent_at', '>', spentAfter)
        .where('reuses', '<', Math.min(limit, largest))
      return (await db.change(reuse)) === 1
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'refresh_tokens', now, limit),
  }
}
