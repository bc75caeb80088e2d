import type { Kysely } from 'kysely'
import { RolledBack, Unavailable } from '../lib/unavailable.ts'
import type { Connection } from './connection.ts'
import type { AccessTokenRow } from './schema.ts'

/** Another session locks or has changed what a statement outside an act needs: it can be retried. */
export class Conflict extends Unavailable {
  constructor(cause: unknown) {
    super('another session holds or changes what is needed', 1, { cause })
  }
}

/** An access token as it is added: what it carries of the client is taken from the client's row. */
export type WrittenTokenRow = Omit<AccessTokenRow, 'token_epoch' | 'grant_epoch'>

/** An open database. The dialects make one; the stores are handed a connection to it and never learn which database it is. */
export interface Database {
  /** Writes outside an act: migrations only, before the first act. */
  readonly write: Kysely<unknown>
  /** Reads what is committed, and nothing else. */
  readonly read: Connection
  /** One act: see `lib/transaction.ts` for what is promised. */
  transact<T>(body: (db: Connection, afterCommit: (effect: () => void) => void) => Promise<T>): Promise<T>
  /**
   * An act of one access token without a grant, which is stored if its client is there; with `most`, the oldest tokens of the
   * client beyond that number are removed. Those of several callers share a statement and a commit. Absent where all acts share commits.
   */
  readonly keepAccessToken?: (row: WrittenTokenRow, most?: number) => Promise<boolean>
  /** From now on calls `watch` with measurements. */
  watch(watch: DatabaseWatch): void
  /** The connections of a pool; absent where there is none. */
  readonly pool?: () => { readonly inUse: number; readonly idle: number; readonly waiting: number }
  /** Whether the database answers. */
  ping(): Promise<boolean>
  /** Finishes the acts that wait, then closes. */
  close(): Promise<void>
}

/** Called with what the database does. Times are seconds. */
export interface DatabaseWatch {
  /** From the call of an act to its end. */
  act(outcome: 'committed' | 'rolled_back', seconds: number): void
  /** One read outside an act. */
  read(seconds: number): void
  /** How many acts one commit carried. */
  batch(acts: number): void
  /** A write failed for a temporary reason; undefined once one succeeds again. Called at each change. */
  writable(problem: string | undefined): void
}

export const unwatched: DatabaseWatch = { act() {}, read() {}, batch() {}, writable() {} }

/** Runs an act and measures it. @throws RolledBack in place of `Unavailable` */
export async function timedAct<T>(watch: DatabaseWatch, act: () => Promise<T>): Promise<T> {
  const began = performance.now()
  try {
    const value = await act()
    watch.act('committed', (performance.now() - began) / 1000)
    return value
  } catch (error) {
    watch.act('rolled_back', (performance.now() - began) / 1000)
    throw error instanceof Unavailable ? new RolledBack(error) : error
  }
}
