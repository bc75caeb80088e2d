import type { RevokedTokenStore } from '../core/tokens/revoked-token.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'

/** One look for both questions: an introspected JWT costs one round trip, as an opaque token does. */
const standing = prepared<{ client_id: string; jti: string }, { tokens_valid_after: number; revoked: string | null }>(
  ['client_id', 'jti'],
  (db, { client_id, jti }) =>
    db
      .selectFrom('clients')
      .leftJoin('revoked_tokens', (join) => join.on('revoked_tokens.jti', '=', jti))
      .select(['clients.tokens_valid_after', 'revoked_tokens.jti as revoked'])
      .where('clients.client_id', '=', client_id)
      .where('clients.removed_at', 'is', null),
  { findsOne: true },
)

/** The JWT access tokens that were revoked, by their `jti`, until they would have expired. */
export function revokedTokenStore(db: Connection): RevokedTokenStore {
  return {
    async add(jti, expiresAt) {
      await db
        .insertInto('revoked_tokens')
        .values({ jti, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('jti').doNothing())
        .execute()
    },
    async standing(clientId, jti) {
      const [row] = (await standing(db, { client_id: clientId, jti })).rows
      return row && { validAfter: row.tokens_valid_after, isRevoked: row.revoked !== null }
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'revoked_tokens', now, limit),
  }
}
