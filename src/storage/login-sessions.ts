import type { LoginSessionStore } from '../core/sessions/login-session.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'
import type { LoginSessionRow } from './schema.ts'

const columns = ['id', 'subject', 'authenticated_at', 'expires_at'] as const

const insert = prepared<LoginSessionRow, unknown>(columns, (db, row) => db.insertInto('login_sessions').values(row))

const select = prepared<{ id: string }, LoginSessionRow>(
  ['id'],
  (db, { id }) => db.selectFrom('login_sessions').selectAll().where('id', '=', id),
  { findsOne: true },
)

/** An update that finds the session holds its row, so that nobody ends it meanwhile. */
const hold = prepared<{ id: string; now: number }, unknown>(['id', 'now'], (db, { id, now }) =>
  db
    .updateTable('login_sessions')
    .set((row) => ({ expires_at: row.ref('expires_at') }))
    .where('id', '=', id)
    .where('expires_at', '>', now),
)

/** Who is logged in, until the session is over. */
export function loginSessionStore(db: Connection): LoginSessionStore {
  return {
    async start({ id, subject, authenticatedAt, expiresAt }) {
      await insert(db, { id, subject, authenticated_at: authenticatedAt, expires_at: expiresAt })
    },
    async find(id) {
      const [row] = (await select(db, { id })).rows
      return row && { id, subject: row.subject, authenticatedAt: row.authenticated_at, expiresAt: row.expires_at }
    },
    async hold(id, now) {
      return (await hold(db, { id, now })).numAffectedRows === 1n
    },
    async extend(id, expiresAt) {
      await db.updateTable('login_sessions').set({ expires_at: expiresAt }).where('id', '=', id).execute()
    },
    async end(id) {
      const { numDeletedRows } = await db.deleteFrom('login_sessions').where('id', '=', id).executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },
    async endAll(subject) {
      const rows = await db.deleteFrom('login_sessions').where('subject', '=', subject).returning('id').execute()
      return rows.map(({ id }) => id)
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'login_sessions', now, limit),
  }
}
