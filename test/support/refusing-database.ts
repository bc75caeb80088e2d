import type { KyselyPlugin } from 'kysely'
import { Unavailable } from '../../src/lib/unavailable.ts'
import type { Connection, Database } from '../../src/storage/database.ts'

/** A database that refuses each act that updates the table, while `refuses` says so: nothing of the act is written. */
export function refusingUpdates(database: Database, table: string, refuses: () => boolean): Database {
  const check: KyselyPlugin = {
    transformQuery({ node }) {
      if (refuses() && node.kind === 'UpdateQueryNode' && JSON.stringify(node.table).includes(`"${table}"`))
        throw new Unavailable('the database cannot be written')
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const checked = (db: Connection): Connection => Object.assign(db.withPlugin(check), { run: db.run }) as Connection
  return { ...database, transact: (body) => database.transact((db, afterCommit) => body(checked(db), afterCommit)) }
}
