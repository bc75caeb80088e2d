/** The baseline's PostgreSQL: bare `pg`, as many connections as the server has, one transaction for each act. The tables exist. */
import pg from 'pg'
import type { Store, Value, Write } from './baseline-store.ts'

/**
 * @param sending `together`: the statements of an act are sent together, in one round trip. `one-by-one`: each waits for the response
 * of the one before, as in most programs.
 */
export function openPostgres(connectionString: string, sending: 'together' | 'one-by-one'): Store {
  const send = sending === 'together' ? sendTogether : sendOneByOne
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const pool = new pg.Pool({ connectionString, max: 20, pipeline: true } as pg.PoolConfig)
  return {
    find: <Row>(sql: string) => {
      const text = numbered(sql)
      return async (...values: Value[]) => (await pool.query(text, values)).rows[0] as Row | undefined
    },
    list: <Row>(sql: string) => {
      const text = numbered(sql)
      return async (...values: Value[]) => (await pool.query(text, values)).rows as Row[]
    },
    write(sql) {
      const text = numbered(sql)
      return (...values) => ({ sql: text, values })
    },
    async act(...writes) {
      const client = await pool.connect()
      try {
        const [, first] = await send(client, [{ sql: 'BEGIN', values: [] }, ...writes, { sql: 'COMMIT', values: [] }])
        client.release()
        return first?.rowCount === 1
      } catch (error) {
        client.release(true)
        throw error
      }
    },
    close: () => pool.end(),
  }
}

type Send = (client: pg.PoolClient, statements: Write[]) => Promise<pg.QueryResult[]>

const sendTogether: Send = (client, statements) => Promise.all(statements.map(({ sql, values }) => client.query(sql, values)))

const sendOneByOne: Send = async (client, statements) => {
  const results: pg.QueryResult[] = []
  for (const { sql, values } of statements) results.push(await client.query(sql, values))
  return results
}

/** PostgreSQL numbers its values: `$1`, `$2`. */
function numbered(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}
