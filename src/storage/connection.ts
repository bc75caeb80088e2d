import type { CompiledQuery, Kysely, QueryExecutorProvider } from 'kysely'
import type { Schema } from './schema.ts'

/** Builds and compiles statements for one kind of database; runs none. There is one for each kind, in `dialects/`. */
export type Queries = Kysely<Schema>

/** What Kysely has built: a query, or a statement written by its `sql`. */
export interface Query<Row> {
  compile(queries: QueryExecutorProvider): CompiledQuery<Row>
}

/** What a database needs to know of a statement to run it. */
export interface Statement {
  readonly sql: string
  /** It reads or removes what its values name, and writes none of them. */
  readonly looksUp: boolean
  /** It finds one row at most, which some databases fetch more cheaply than a list. */
  readonly findsOne: boolean
  /**
   * Where a database plans a statement at each run, it can keep the plan of one with a name for as long as a connection lasts. The columns
   * of its result are written out, as a migration of a newer node may add others meanwhile; undefined for a statement that is run rarely.
   */
  readonly name?: string
}

export interface Result<Row> {
  readonly rows: Row[]
  /** How many rows were inserted, updated or deleted; of no meaning for a select. */
  readonly changes: number
}

/** Sends a statement at the moment of the call, so that statements run in the order in which they are made. */
export type Run = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Result<Row>>

/** What the stores are handed: statements are built by `queries` and sent by the others. */
export class Connection {
  readonly queries: Queries
  readonly run: Run

  constructor(queries: Queries, run: Run) {
    this.queries = queries
    this.run = run
  }

  async all<Row>(query: Query<Row>): Promise<Row[]> {
    return (await this.#send(query)).rows
  }

  /** The first row of those found. */
  async first<Row>(query: Query<Row>): Promise<Row | undefined> {
    return (await this.#send(query)).rows[0]
  }

  /** How many rows the statement inserted, updated or deleted. */
  async change(query: Query<unknown>): Promise<number> {
    return (await this.#send(query)).changes
  }

  #send<Row>(query: Query<Row>): Promise<Result<Row>> {
    const compiled = query.compile(this.queries)
    return this.run<Row>(statementOf(compiled), compiled.parameters)
  }
}

export function statementOf({ sql, query: { kind } }: CompiledQuery, findsOne = false): Statement {
  return { sql, looksUp: kind === 'SelectQueryNode' || kind === 'DeleteQueryNode', findsOne }
}
