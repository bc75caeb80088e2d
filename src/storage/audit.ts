import type { AuditStore } from '../core/audit/audit.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared, rowOf } from './prepared.ts'
import type { AuditRow } from './schema.ts'

const columns = ['id', 'at', 'event', 'client_id', 'actor', 'facts', 'expires_at'] as const

const insert = prepared<AuditRow>((queries, value) => queries.insertInto('audit_records').values(rowOf(columns, value)))

/** Who did what to which client, until the operator's retention time is over. A record outlives its client. */
export function auditStore(db: Connection): AuditStore {
  return {
    async add({ id, at, event, clientId, actor, facts, expiresAt }) {
      await insert(db, { id, at, event, client_id: clientId, actor, facts: JSON.stringify(facts), expires_at: expiresAt })
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'audit_records', now, limit),
  }
}
