import { sql } from 'kysely'
import type { SessionClientStore } from '../core/sessions/session-clients.ts'
import type { Connection } from './connection.ts'
import { prepared } from './prepared.ts'

interface Note {
  readonly session_id: string
  readonly client_id: string
  readonly generation: number
  readonly at: number
}

/** Kept as long as the session. If the session was ended, or the client was removed or replaced by another one, nothing is written. */
const note = prepared<Note>((queries, value) =>
  queries
    .insertInto('session_clients')
    .columns(['session_id', 'client_id', 'generation', 'used_at', 'expires_at'])
    .expression((from) =>
      from
        .selectFrom(['login_sessions', 'clients'])
        .select(['login_sessions.id', 'client_id', 'generation', value('at').as('used_at'), 'expires_at'])
        .where('login_sessions.id', '=', value('session_id'))
        .where('client_id', '=', value('client_id'))
        .where('generation', '=', value('generation'))
        .where('removed_at', 'is', null),
    )
    .onConflict((conflict) =>
      conflict.columns(['session_id', 'client_id']).doUpdateSet((row) => ({
        generation: row.ref('excluded.generation'),
        used_at: row.ref('excluded.used_at'),
        expires_at: row.ref('excluded.expires_at'),
      })),
    ),
)

/** The sort is of no more rows than a session may have, and one. */
const evictOldest = prepared<{ session_id: string; newest: number }>((queries, value) =>
  queries
    .deleteFrom('session_clients')
    .where('session_id', '=', value('session_id'))
    .where('client_id', 'in', (from) =>
      from
        .selectFrom('session_clients')
        .select('client_id')
        .where('session_id', '=', value('session_id'))
        .orderBy('used_at', 'desc')
        .orderBy('client_id')
        .offset(value('newest'))
        // Written out: SQLite prepares a statement anew at every run where its limit is a parameter.
        .limit(sql.lit(16)),
    ),
)

/** The clients of each login session, until it is over. */
export function sessionClientStore(db: Connection): SessionClientStore {
  return {
    async note(sessionId, { clientId, generation }, at) {
      await note(db, { session_id: sessionId, client_id: clientId, generation, at })
    },
    async evictOldest(sessionId, limit) {
      await evictOldest(db, { session_id: sessionId, newest: limit })
    },
    async extend(sessionId, expiresAt) {
      await db.change(db.queries.updateTable('session_clients').set({ expires_at: expiresAt }).where('session_id', '=', sessionId))
    },
    async take(sessionId) {
      const taken = db.queries.deleteFrom('session_clients').where('session_id', '=', sessionId).returning(['client_id', 'generation'])
      return (await db.all(taken)).map(({ client_id, generation }) => ({ clientId: client_id, generation }))
    },
    async removeExpired(now, limit) {
      const expired = db.queries
        .selectFrom('session_clients')
        .select(['session_id', 'client_id'])
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(limit)
      return await db.change(
        db.queries
          .deleteFrom('session_clients')
          .where((row) => row(row.refTuple('session_id', 'client_id'), 'in', expired.$asTuple('session_id', 'client_id')))
          // As in `removeExpiredRows`.
          .where(sql<number>`+expires_at`, '<=', now),
      )
    },
  }
}
