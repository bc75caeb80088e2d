import { sql } from 'kysely'
import type { Connection } from '../../src/storage/connection.ts'
import type { Database } from '../../src/storage/database.ts'
import { checkedConnection } from './checked-connection.ts'

/**
 * A database that counts the rows that its acts write, by its own count, which includes the rows that a foreign key removes. The jobs
 * that remove ended rows and deliver logouts are left out, as they work on queues. `take` returns the count since its last call.
 */
export function countingRows(database: Database, kind: 'sqlite' | 'postgres'): { readonly database: Database; take(): number } {
  const query =
    kind === 'sqlite'
      ? sql<{ rows: number }>`select total_changes() as rows`
      : sql<{ rows: number }>`select cast(coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) as integer) as rows
          from pg_stat_xact_user_tables`
  const written = async (db: Connection) => (await db.first(query))?.rows ?? 0
  let count = 0
  const transact: Database['transact'] = (body) =>
    database.transact(async (db, afterCommit) => {
      const job = { isSeen: false }
      const before = await written(db)
      const value = await body(noticing(db, job), afterCommit)
      const touched = (await written(db)) - before
      afterCommit(() => {
        if (!job.isSeen) count += touched
      })
      return value
    })
  return {
    database: { ...database, transact },
    take() {
      const taken = count
      count = 0
      return taken
    },
  }
}

/** Recognises the jobs by their statements. */
const noticing = (db: Connection, job: { isSeen: boolean }): Connection =>
  checkedConnection(db, ({ sql }) => {
    const reads = /^select .* from "removals"/.test(sql)
    const delivers = /^(update|delete from) "logout_deliveries"/.test(sql)
    job.isSeen ||= reads || delivers
  })
