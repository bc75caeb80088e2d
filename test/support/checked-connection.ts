import { Connection, type Statement } from '../../src/storage/connection.ts'

/** The same connection, but each statement is shown to `check` before it is sent; where that throws, it is not sent. */
export const checkedConnection = (db: Connection, check: (statement: Statement) => void): Connection =>
  new Connection(db.queries, async (statement, values) => {
    check(statement)
    return await db.run(statement, values)
  })
