import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Connection } from './database.ts'

/** A statement that was compiled once; each run brings its own values. */
export type Prepared<Values, Row> = (db: Connection, values: Values) => Promise<QueryResult<Row>>

/** What a database needs to know of a statement to run it. */
export interface CompiledStatement {
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

interface Compiled {
  readonly statement: CompiledStatement
  /** For each parameter the name of the value that goes there, or the constant that always does. */
  readonly slots: readonly { readonly name: string | undefined; readonly constant: unknown }[]
}

/**
 * Builds and compiles a statement once for each kind of database, instead of at every call: that is most of what Kysely costs. Used for
 * the statements that every request runs.
 *
 * @param names of the values that change from call to call
 * @param build the query, with a stand-in for each value
 * @param findsOne that it finds one row at most: it looks for a key
 */
export function prepared<Values extends object, Row>(
  names: readonly (keyof Values & string)[],
  build: (db: Connection, values: Values) => Compilable<Row>,
  { findsOne = false } = {},
): Prepared<Values, Row> {
  const byAdapter = new WeakMap<object, Compiled>()
  return (db, values) => {
    const { adapter } = db.getExecutor()
    let compiled = byAdapter.get(adapter)
    if (!compiled) {
      compiled = compile(db, names, build, findsOne)
      byAdapter.set(adapter, compiled)
    }
    const { statement, slots } = compiled
    const parameters = slots.map(({ name, constant }) => (name === undefined ? constant : values[name as keyof Values]))
    return db.run<Row>(statement, parameters)
  }
}

const mark = (name: string): string => `\u0000${name}`

function compile<Values extends object, Row>(
  db: Connection,
  names: readonly (keyof Values & string)[],
  build: (db: Connection, values: Values) => Compilable<Row>,
  findsOne: boolean,
): Compiled {
  const standIns = Object.fromEntries(names.map((name) => [name, mark(name)])) as Values
  const query = build(db, standIns).compile()
  if (/\*/.test(query.sql)) throw new Error(`a prepared statement names its columns: ${query.sql}`)
  const slots = query.parameters.map((parameter) => ({ name: names.find((name) => parameter === mark(name)), constant: parameter }))
  return { statement: { ...statementOf(query, findsOne), name: nextStatementName() }, slots }
}

let names = 0

/** A name that no other statement of this process has. */
export const nextStatementName = (): string => `clientele-${++names}`

/** The statement of a query that Kysely has built. */
export function statementOf({ sql, query: { kind } }: CompiledQuery, findsOne = false): CompiledStatement {
  return { sql, looksUp: kind === 'SelectQueryNode' || kind === 'DeleteQueryNode', findsOne }
}
