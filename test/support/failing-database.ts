import { Unavailable } from '../../src/lib/unavailable.ts'
import type { Database } from '../../src/storage/database.ts'
import { checkedConnection } from './checked-connection.ts'

export interface FailingDatabase {
  readonly database: Database
  /** After so many further commits, every read and every act fails as with a full disk, until this is cleared. */
  failAfterCommits: number | undefined
}

/** A database that fails from a chosen commit on: acts fail in their body, as in the real one, and reads when they are run. */
export function failingDatabase(real: Database): FailingDatabase {
  const state = { failAfterCommits: undefined as number | undefined }
  const check = () => {
    if (state.failAfterCommits === 0) throw new Unavailable('the disk is full', 5)
  }
  const database: Database = {
    ...real,
    read: checkedConnection(real.read, check),
    async transact(body) {
      const value = await real.transact((db, afterCommit) => body(checkedConnection(db, check), afterCommit))
      if (state.failAfterCommits) state.failAfterCommits--
      return value
    },
  }
  return Object.assign(state, { database })
}
