import type { LogoutDelivery, LogoutDeliveryStore } from '../core/logout/logout-delivery.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { insertForClient } from './insert-for-client.ts'
import type { LogoutDeliveryRow } from './schema.ts'

const columns = ['id', 'client_id', 'sid', 'subject', 'attempts', 'next_at', 'created_at', 'expires_at'] as const

const insert = insertForClient<Omit<LogoutDeliveryRow, 'generation'>>('logout_deliveries', columns, { taken: ['generation'] })

/** Logout tokens that are still to be sent, until they are delivered or expire, or the client is removed. */
export function logoutDeliveryStore(db: Connection): LogoutDeliveryStore {
  return {
    async queue(deliveries) {
      // At once, not one by one: on PostgreSQL they leave together.
      await Promise.all(deliveries.map((delivery) => insert(db, toRow(delivery))))
    },
    async claim(now, leaseUntil, limit) {
      const due = db.queries.selectFrom('logout_deliveries').select('id').where('next_at', '<=', now).orderBy('next_at').limit(limit)
      const claimed = db.queries
        .updateTable('logout_deliveries')
        .set((row) => ({ next_at: leaseUntil, attempts: row('attempts', '+', 1) }))
        .where('id', 'in', due)
        // Of two nodes that found one row, the second waits for the first, looks again and finds it no longer due.
        .where('next_at', '<=', now)
        .returningAll()
      return (await db.all(claimed)).map(toDelivery)
    },
    async done(id) {
      await db.change(db.queries.deleteFrom('logout_deliveries').where('id', '=', id))
    },
    async retryAt(id, at) {
      await db.change(db.queries.updateTable('logout_deliveries').set({ next_at: at }).where('id', '=', id))
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'logout_deliveries', now, limit),
  }
}

const toRow = (delivery: LogoutDelivery) => ({
  id: delivery.id,
  client_id: delivery.clientId,
  sid: delivery.sid,
  subject: delivery.subject ?? null,
  attempts: delivery.attempts,
  next_at: delivery.nextAt,
  created_at: delivery.createdAt,
  expires_at: delivery.expiresAt,
  generation: delivery.generation,
})

const toDelivery = (row: LogoutDeliveryRow): LogoutDelivery => ({
  id: row.id,
  clientId: row.client_id,
  generation: row.generation,
  sid: row.sid,
  ...(row.subject !== null && { subject: row.subject }),
  attempts: row.attempts,
  nextAt: row.next_at,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
})
