import { Unavailable } from '../../src/lib/unavailable.ts'
import type { Database } from '../../src/storage/database.ts'
import { checkedConnection } from './checked-connection.ts'

/** A database that refuses each act that updates the table, while `refuses` says so: nothing of the act is written. */
export function refusingUpdates(database: Database, table: string, refuses: () => boolean): Database {
  const check = ({ sql }: { readonly sql: string }) => {
    if (refuses() && sql.startsWith(`update "${table}"`)) throw new Unavailable('the database cannot be written')
  }
  return { ...database, transact: (body) => database.transact((db, afterCommit) => body(checkedConnection(db, check), afterCommit)) }
}
