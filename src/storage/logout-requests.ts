import type { Kysely } from 'kysely'
import type { LogoutRequestStore } from '../core/sessions/logout-request.ts'
import { removeExpiredRows } from './expiry.ts'
import type { Schema } from './schema.ts'

/** Logouts that were asked for, until they expire. */
export function logoutRequestStore(db: Kysely<Schema>): LogoutRequestStore {
  return {
    async add({ id, challenge, asked, createdAt, expiresAt }) {
      const row = { id, challenge, request: JSON.stringify(asked), created_at: createdAt, expires_at: expiresAt }
      await db.insertInto('logout_requests').values(row).execute()
    },
    async find(id) {
      const row = await db.selectFrom('logout_requests').selectAll().where('id', '=', id).executeTakeFirst()
      return (
        row && {
          id,
          challenge: row.challenge,
          asked: JSON.parse(row.request),
          ...(row.verifier !== null && { verifier: row.verifier }),
          createdAt: row.created_at,
          expiresAt: row.expires_at,
          ...(row.spent_at !== null && { spentAt: row.spent_at }),
        }
      )
    },
    async accept(id, verifier) {
      const { numUpdatedRows } = await db
        .updateTable('logout_requests')
        .set({ verifier })
        .where('id', '=', id)
        .where('spent_at', 'is', null)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
    async spend(id, verifier, at) {
      const { numUpdatedRows } = await db
        .updateTable('logout_requests')
        .set({ spent_at: at })
        .where('id', '=', id)
        .where('verifier', '=', verifier)
        .where('spent_at', 'is', null)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'logout_requests', now, limit),
  }
}
