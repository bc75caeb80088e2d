import { Connection } from '../../src/storage/connection.ts'
import type { Database } from '../../src/storage/database.ts'

export interface Count {
  /** Statements outside transactions. */
  reads: number
  acts: number
  /** Statements in transactions. */
  statements: number
}

/** A database that counts its statements. `take` returns the count since its last call. */
export function counted(database: Database): { readonly database: Database; take(): Count } {
  let count: Count = { reads: 0, acts: 0, statements: 0 }
  const counting = (db: Connection, what: 'reads' | 'statements') =>
    new Connection(db.queries, async (statement, values) => {
      const result = await db.run(statement, values)
      count[what] += 1
      return result as never
    })
  return {
    database: {
      ...database,
      read: counting(database.read, 'reads'),
      transact(body) {
        count.acts += 1
        return database.transact((db, afterCommit) => body(counting(db, 'statements'), afterCommit))
      },
      ...(database.keepAccessToken && {
        keepAccessToken(row, most) {
          count.acts += 1
          count.statements += 1
          return database.keepAccessToken?.(row, most) ?? Promise.resolve(false)
        },
      }),
    },
    take() {
      const taken = count
      count = { reads: 0, acts: 0, statements: 0 }
      return taken
    },
  }
}
