import { sql } from 'kysely'
import type { LogoutRequestStore } from '../core/sessions/logout-request.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'

/** The oldest that nobody has accepted, where a session has `limit` of them. */
const makeRoom = (db: Connection, sessionId: string, limit: number) =>
  db
    .deleteFrom('logout_requests')
    .where('id', 'in', (from) =>
      from
        .selectFrom('logout_requests')
        .select('id')
        .where('session_id', '=', sessionId)
        .where('verifier', 'is', null)
        .orderBy('created_at', 'desc')
        .offset(limit)
        .limit(sql.lit(16)),
    )
    // Once more: PostgreSQL asks a row that it had to wait for only this, and it may have been accepted by then.
    .where('verifier', 'is', null)
    .execute()

/** Logouts that were asked for, until they expire. */
export function logoutRequestStore(db: Connection): LogoutRequestStore {
  return {
    async add({ id, challenge, asked, createdAt, expiresAt }, limit) {
      const row = {
        id,
        session_id: asked.sessionId,
        challenge,
        request: JSON.stringify(asked),
        created_at: createdAt,
        expires_at: expiresAt,
      }
      await Promise.all([db.insertInto('logout_requests').values(row).execute(), makeRoom(db, asked.sessionId, limit)])
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
