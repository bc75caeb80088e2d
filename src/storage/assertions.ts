import type { AssertionStore } from '../core/clients/spend-assertion.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared, rowOf } from './prepared.ts'
import type { ClientAssertionRow } from './schema.ts'

/** A duplicate `jti` inserts nothing (replay). */
const insert = prepared<ClientAssertionRow>((queries, value) =>
  queries
    .insertInto('client_assertions')
    .values(rowOf(['hash', 'expires_at'], value))
    .onConflict((conflict) => conflict.column('hash').doNothing()),
)

/** Used client assertions, as hashes, until they expire. They outlive their client: one of the same id could come back. */
export function assertionStore(db: Connection): AssertionStore {
  return {
    async spend({ hash, expiresAt }) {
      return (await insert(db, { hash, expires_at: expiresAt })).changes === 1
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'client_assertions', now, limit),
  }
}
