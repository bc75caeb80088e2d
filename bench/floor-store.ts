/** What the floor asks of a database, and the rows and statements that several of its files know. */

export type Value = string | number | null
type Soon<T> = T | Promise<T>

/** A statement that changes rows, with its values; made by `Store.write`. */
export interface Write {
  readonly sql: string
  readonly values: Value[]
}

/** The same statements on both databases, with a question mark for each value. */
export interface Store {
  /** A query that finds one row at most. */
  find<Row>(sql: string): (...values: Value[]) => Soon<Row | undefined>
  list<Row>(sql: string): (...values: Value[]) => Soon<Row[]>
  write(sql: string): (...values: Value[]) => Write
  /**
   * One transaction, settled once it is on disk. The first statement must change a row, and the others go only with it: whether it
   * did. PostgreSQL is sent all of them before that is known, so a lost race, which no case has, would be told but not undone.
   */
  act(first: Write, ...others: Write[]): Promise<boolean>
  close(): Promise<void>
}

/** What is shown of a client. */
export interface ShownRow {
  readonly client_id: string
  /** What the client said of itself, and what the operator said of it, in the words of the wire. */
  readonly metadata: string
  readonly settings: string
  readonly created_at: number
  readonly updated_at: number
}

export interface ClientRow extends ShownRow {
  readonly secret_hash: string
}

export const shownColumns = 'c.client_id, c.metadata, c.settings, c.created_at, c.updated_at'
export const clientColumns = `${shownColumns}, c.secret_hash`

export const findClient = (store: Store) => store.find<ClientRow>(`SELECT ${clientColumns} FROM clients c WHERE c.client_id = ?`)

/** Its values: hash, subject, scope, times of issue and expiry, grant, client. */
export const insertAccessToken = (store: Store) =>
  store.write(
    `INSERT INTO access_tokens (hash, client_id, subject, scope, audience, issued_at, expires_at, grant_id)
     SELECT ?, client_id, ?, ?, '[]', ?, ?, ? FROM clients WHERE client_id = ?`,
  )
