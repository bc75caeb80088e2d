import type { Kysely } from 'kysely'
import type { AuditStore } from '../core/audit/audit.ts'
import { removeExpiredRows } from './expiry.ts'
import type { Schema } from './schema.ts'

/** Who did what to which client, until the operator's retention time is over. Outlives the client it speaks of. */
export function auditStore(db: Kysely<Schema>): AuditStore {
  return {
    async add({ id, at, event, clientId, actor, facts, expiresAt }) {
      await db
        .insertInto('audit_records')
        .values({ id, at, event, client_id: clientId, actor, facts: JSON.stringify(facts), expires_at: expiresAt })
        .execute()
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'audit_records', 'id', now, limit),
  }
}
