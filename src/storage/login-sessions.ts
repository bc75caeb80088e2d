import { sql } from 'kysely'
import type { LoginSessionStore } from '../core/sessions/login-session.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { sessionsOf } from './in-force.ts'
import { prepared, rowOf } from './prepared.ts'
import { queueSessions } from './removal-queue.ts'
import { removeEndedSessions } from './removals.ts'
import type { LoginSessionRow } from './schema.ts'
import { raise } from './subject-generations.ts'

const columns = ['id', 'subject', 'authenticated_at', 'expires_at'] as const

type NewRow = Pick<LoginSessionRow, (typeof columns)[number]>

const insert = prepared<NewRow>((queries, value) =>
  queries.insertInto('login_sessions').values({ ...rowOf(columns, value), sessions: sessionsOf(value('subject')) }),
)

const isInForce = sql<boolean>`login_sessions.sessions = ${sessionsOf(sql.ref('login_sessions.subject'))}`

const select = prepared<{ id: string }, NewRow>(
  (queries, value) => queries.selectFrom('login_sessions').select(columns).where('id', '=', value('id')).where(isInForce),
  { findsOne: true },
)

/** An update that finds the session holds its row, so that it cannot be ended meanwhile. */
const hold = prepared<{ id: string; now: number }>((queries, value) =>
  queries
    .updateTable('login_sessions')
    // A column without an index.
    .set((row) => ({ authenticated_at: row.ref('authenticated_at') }))
    .where('id', '=', value('id'))
    .where('expires_at', '>', value('now'))
    .where(isInForce),
)

const end = prepared<{ id: string }>((queries, value) =>
  queries.deleteFrom('login_sessions').where('id', '=', value('id')).where(isInForce),
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
      return (await hold(db, { id, now })).changes === 1
    },
    async extend(id, expiresAt) {
      await db.change(db.queries.updateTable('login_sessions').set({ expires_at: expiresAt }).where('id', '=', id))
    },
    async end(id) {
      return (await end(db, { id })).changes === 1
    },
    async endAll(subject, at) {
      // The end of a range of the index: no session has a later count. Unordered, PostgreSQL may expect to find one soon, and scan the table.
      const any = db.queries
        .selectFrom('login_sessions')
        .select('id')
        .where('subject', '=', subject)
        .where('sessions', '>=', sessionsOf(sql.val(subject)))
        .orderBy('sessions', 'desc')
        .limit(1)
      if (!(await db.first(any))) return false
      await raise(db, 'sessions', subject, '')
      await queueSessions(db, subject, at)
      return true
    },
    removeEnded: (now, limit) => removeEndedSessions(db, now, limit),
    removeExpired: (now, limit) => removeExpiredRows(db, 'login_sessions', now, limit),
  }
}
