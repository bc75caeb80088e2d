import type { RevokedTokenStore } from '../core/tokens/revoked-token.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'

/** One look for both questions: an introspected JWT costs one round trip, as an opaque token does. */
const standing = prepared<{ client_id: string; jti: string }, { tokens_valid_after: number; revoked: string | null }>(
  (queries, value) =>
    queries
      .selectFrom('clients')
      .leftJoin('revoked_tokens', (join) => join.on('revoked_tokens.jti', '=', value('jti')))
      .select(['clients.tokens_valid_after', 'revoked_tokens.jti as revoked'])
      .where('clients.client_id', '=', value('client_id'))
      .where('clients.removed_at', 'is', null),
  { findsOne: true },
)

/** The JWT access tokens that were revoked, by their `jti`, until they would have expired. */
export function revokedTokenStore(db: Connection): RevokedTokenStore {
  return {
    async add(jti, expiresAt) {
      await db.change(
        db.queries
          .insertInto('revoked_tokens')
          .values({ jti, expires_at: expiresAt })
          .onConflict((conflict) => conflict.column('jti').doNothing()),
      )
    },
    async standing(clientId, jti) {
      const [row] = (await standing(db, { client_id: clientId, jti })).rows
      return row && { validAfter: row.tokens_valid_after, isRevoked: row.revoked !== null }
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'revoked_tokens', now, limit),
  }
}
