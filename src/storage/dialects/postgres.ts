import { type Database, type DatabaseWatch, timedAct, unwatched } from '../database.ts'
import { type ActOptions, ActRunner } from './postgres-acts.ts'
import { pooledConnection } from './postgres-connection.ts'
import { postgresMigrations } from './postgres-dialect.ts'
import { BoundedPool, type PoolOptions, waitingLimit } from './postgres-pool.ts'
import { TokenInserts } from './postgres-tokens.ts'

export interface PostgresOptions extends PoolOptions, ActOptions {
  /** Milliseconds until the answer to a read outside acts. */
  readonly readTimeout?: number
}

const defaultReadTimeout = 5_000

/**
 * Opens a PostgreSQL database (or an engine that speaks its protocol: nothing is used that a distributed one lacks). A transaction-pooling
 * proxy may stand in between: names of statements and settings of sessions are used only on connections that lead to one session of the server.
 */
export function openPostgres(url: string, options: PostgresOptions = {}): Database {
  const pool = new BoundedPool(url, options)
  const runs = new ActRunner(pool, options)
  const tokens = new TokenInserts((body) => runs.run(body), options.waiting ?? waitingLimit)
  let watch: DatabaseWatch = unwatched
  return {
    write: postgresMigrations(pool),
    read: pooledConnection(pool, { timeout: options.readTimeout ?? defaultReadTimeout, took: (seconds) => watch.read(seconds) }),
    transact: (body) => timedAct(watch, () => runs.run(body)),
    keepAccessToken: (row, most) => timedAct(watch, () => tokens.add(row, most)),
    watch(next) {
      watch = next
    },
    pool: () => pool.state(),
    ping: () => pool.ping(),
    async close() {
      await tokens.idle()
      await pool.close()
    },
  }
}
