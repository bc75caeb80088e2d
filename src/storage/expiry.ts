import { sql } from 'kysely'
import type { Connection } from './connection.ts'

/** The tables whose rows have an expiry of their own, each with the column that tells its rows apart. */
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
 * Removes at most `limit` rows whose own expiry has passed, oldest first, found by the index on `expires_at`. A row that another act
 * lets live longer in the meantime stays: PostgreSQL asks a row that it had to wait for once more, but only what the outer condition
 * says. The plus keeps that one from being looked up by the index, too.
 */
export async function removeExpiredRows(db: Connection, table: keyof typeof keys, now: number, limit: number): Promise<number> {
  const key = sql.ref(keys[table])
  const expired = sql`select ${key} from ${sql.table(table)} where expires_at <= ${now} order by expires_at limit ${limit}`
  return await db.change(sql`delete from ${sql.table(table)} where ${key} in (${expired}) and +expires_at <= ${now}`)
}
