import type { LogoutRequestStore } from '../core/logout/logout-request.ts'
import type { Connection } from './connection.ts'
import { evictOldest } from './evict-oldest.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared, rowOf } from './prepared.ts'
import type { LogoutRequestRow } from './schema.ts'

/** The oldest that was not accepted, where a session has too many of them. */
const evict = evictOldest('logout_requests', 'session_id', 'verifier')

const columns = ['id', 'session_id', 'challenge', 'request', 'created_at', 'expires_at'] as const

type NewRow = Pick<LogoutRequestRow, (typeof columns)[number]>

const insert = prepared<NewRow>((queries, value) => queries.insertInto('logout_requests').values(rowOf(columns, value)))

/** Logout requests, until they expire. */
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
      await Promise.all([insert(db, row), evict(db, { owner: asked.sessionId, newest: limit })])
    },
    async find(id) {
      const row = await db.first(db.queries.selectFrom('logout_requests').selectAll().where('id', '=', id))
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
      const unspent = db.queries.updateTable('logout_requests').where('id', '=', id).where('spent_at', 'is', null)
      return (await db.change(unspent.set({ verifier }))) === 1
    },
    async spend(id, verifier, at) {
      const unspent = db.queries.updateTable('logout_requests').where('id', '=', id).where('spent_at', 'is', null)
      return (await db.change(unspent.where('verifier', '=', verifier).set({ spent_at: at }))) === 1
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'logout_requests', now, limit),
  }
}
