import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Removes at most `limit` rows whose own expiry has passed, oldest first, found by the index on `expires_at`. */
export async function removeExpiredRows(
  db: Kysely<Schema>,
  table: 'access_tokens' | 'client_assertions',
  key: 'hash',
  now: number,
  limit: number,
): Promise<number>
export async function removeExpiredRows(db: Kysely<Schema>, table: 'audit_records', key: 'id', now: number, limit: number): Promise<number>
export async function removeExpiredRows(db: Kysely<Schema>, table: string, key: string, now: number, limit: number): Promise<number> {
  const rows = db as Kysely<Record<string, { [key: string]: unknown; expires_at: number }>>
  const { numDeletedRows } = await rows
    .deleteFrom(table)
    .where(key, 'in', rows.selectFrom(table).select(key).where('expires_at', '<=', now).orderBy('expires_at').limit(limit))
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
