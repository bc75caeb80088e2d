import { sql } from 'kysely'
import type { Connection } from './connection.ts'

/** The tables whose rows have an expiry of their own, each with its key. */
const keys = {
  access_tokens: 'hash',
  client_assertions: 'hash',
  removed_clients: 'client_id',
  revoked_tokens: 'jti',
  logout_deliveries: 'id',
  audit_records: 'id',
  authorization_flows: 'id',
  login_sessions: 'id',
  grants: 'id',
  authorization_codes: 'hash',
  refresh_tokens: 'hash',
  logout_requests: 'id',
} as const

/**
 * Removes at most `limit` rows whose own expiry has passed, oldest first, found by the index on `expires_at`. A row whose
 * expiry another act extends meanwhile stays: PostgreSQL evaluates the outer condition again for a row that it had to wait for, and
 * only that one. The plus keeps the outer condition from using the index, too.
 */
export async function removeExpiredRows(db: Connection, table: keyof typeof keys, now: number, limit: number): Promise<number> {
  const key = sql.ref(keys[table])
  const expired = sql`select ${key} from ${sql.table(table)} where expires_at <= ${now} order by expires_at limit ${limit}`
  return await db.change(sql`delete from ${sql.table(table)} where ${key} in (${expired}) and +expires_at <= ${now}`)
}
