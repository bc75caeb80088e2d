import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** An open database. The dialects make one; the stores are handed a `Kysely` of it and never learn which database it is. */
export interface Database {
  /** Writes outside an act: migrations only, before the first act. */
  readonly write: Kysely<Schema>
  /** Reads what is committed, and nothing else. */
  readonly read: Kysely<Schema>
  /** One act: see `lib/transaction.ts` for what is promised. */
  transact<T>(body: (db: Kysely<Schema>, afterCommit: (effect: () => void) => void) => Promise<T>): Promise<T>
  /** Whether the database answers. */
  ping(): Promise<boolean>
  /** Finishes the acts that wait, then closes. */
  close(): Promise<void>
}
