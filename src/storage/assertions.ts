import type { AssertionStore } from '../core/clients/spend-assertion.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'
import type { ClientAssertionRow } from './schema.ts'

/** Of two that come with one assertion, the first finds room, and the second does not. */
const insert = prepared<ClientAssertionRow, unknown>(['hash', 'expires_at'], (db, row) =>
  db
    .insertInto('client_assertions')
    .values(row)
    .onConflict((conflict) => conflict.column('hash').doNothing()),
)

/** Used client assertions, as hashes, until they expire. They outlive their client: one of the same id could come back. */
export function assertionStore(db: Connection): AssertionStore {
  return {
    async spend({ hash, expiresAt }) {
      return (await insert(db, { hash, expires_at: expiresAt })).numAffectedRows === 1n
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'client_assertions', now, limit),
  }
}
