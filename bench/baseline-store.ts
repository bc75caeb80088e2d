/** The interface of the baseline's databases, and the rows and statements that several of its files use. */

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
   * One transaction, settled once it is on disk. Resolves with whether the first statement changed a row; if not, the others are not
   * run. On PostgreSQL all of them are sent at once, so a lost race, which no case has, would be reported but not rolled back.
   */
  act(first: Write, ...others: Write[]): Promise<boolean>
  close(): Promise<void>
}

/** The columns of a client in responses. */
export interface ShownRow {
  readonly client_id: string
  /** The members that the client registered, and those that the operator set, as JSON. */
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

export const findClient = (store: Store) =>
  store.find<ClientRow>(`SELECT ${clientColumns} FROM clients c WHERE c.client_id = ? AND c.removed_at IS NULL`)

/** Its values: hash, subject, scope, times of issue and expiry, grant, client. */
export const insertAccessToken = (store: Store) =>
  store.write(
    `INSERT INTO access_tokens (hash, client_id, subject, scope, audience, issued_at, expires_at, grant_id, generation, token_epoch)
     SELECT ?, client_id, ?, ?, '[]', ?, ?, ?, generation, token_epoch FROM clients WHERE client_id = ? AND removed_at IS NULL`,
  )

/** For a row of `grants`: it is not withdrawn, nor are all consents of its person, and its client exists. */
export const grantIsInForce = `grants.withdrawn_at IS NULL AND grants.consents = (SELECT CAST(coalesce(sum(w.consents), 0) AS integer)
    FROM subject_generations w WHERE w.subject = grants.subject AND w.client_id IN ('', grants.client_id))
  AND grants.generation = (SELECT o.generation FROM clients o WHERE o.client_id = grants.client_id AND o.removed_at IS NULL)`
