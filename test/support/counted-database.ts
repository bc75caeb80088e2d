import type { Kysely, KyselyPlugin } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import type { Schema } from '../../src/storage/schema.ts'

export interface Count {
  /** Statements outside acts. */
  reads: number
  acts: number
  /** Statements in acts. */
  statements: number
}

/** A database that counts what it is asked; `take` gives the count since it was last called. */
export function counted(database: Database): { readonly database: Database; take(): Count } {
  let count: Count = { reads: 0, acts: 0, statements: 0 }
  const counting = (db: Kysely<Schema>, what: 'reads' | 'statements') => db.withPlugin(onResult(() => (count[what] += 1)))
  return {
    database: {
      ...database,
      read: counting(database.read, 'reads'),
      transact(body) {
        count.acts += 1
        return database.transact((db, afterCommit) => body(counting(db, 'statements'), afterCommit))
      },
    },
    take() {
      const taken = count
      count = { reads: 0, acts: 0, statements: 0 }
      return taken
    },
  }
}

const onResult = (told: () => void): KyselyPlugin => ({
  transformQuery: ({ node }) => node,
  async transformResult({ result }) {
    told()
    return result
  },
})
