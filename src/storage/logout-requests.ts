import type { LogoutRequestStore } from '../core/logout/logout-request.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { makeRoomIn } from './make-room.ts'
import { prepared } from './prepared.ts'
import type { LogoutRequestRow } from './schema.ts'

/** The oldest that nobody has accepted, where a session has too many of them. */
const makeRoom = makeRoomIn('logout_requests', 'session_id', 'verifier')

const columns = ['id', 'session_id', 'challenge', 'request', 'created_at', 'expires_at'] as const

type NewRow = Pick<LogoutRequestRow, (typeof columns)[number]>

const insert = prepared<NewRow, unknown>(columns, (db, row) => db.insertInto('logout_requests').values(row))

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
      await Promise.all([insert(db, row), makeRoom(db, { owner: asked.sessionId, newest: limit })])
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
