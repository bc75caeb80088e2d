import type { Compilable, CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Schema } from './schema.ts'

/** A query that was compiled once; each run brings its own values. */
export type Prepared<Values, Row> = (db: Kysely<Schema>, values: Values) => Promise<QueryResult<Row>>

/** What a database is handed: a query may say of itself that it finds one row at most, which some fetch more cheaply than a list. */
export interface RunQuery<Row = unknown> extends CompiledQuery<Row> {
  readonly findsOne?: boolean
}

interface Compiled<Row> {
  readonly query: RunQuery<Row>
  /** For each parameter the name of the value that goes there, or the constant that always does. */
  readonly slots: readonly { readonly name: string | undefined; readonly constant: unknown }[]
}

/**
 * Builds and compiles a query once for each kind of database, instead of at every call: that is most of what Kysely costs. Used for
 * the statements that every request runs.
 *
 * @param names of the values that change from call to call
 * @param build the query, with a stand-in for each value
 * @param findsOne that it finds one row at most: it looks for a key
 */
export function prepared<Values extends object, Row>(
  names: readonly (keyof Values & string)[],
  build: (db: Kysely<Schema>, values: Values) => Compilable<Row>,
  { findsOne = false } = {},
): Prepared<Values, Row> {
  const byAdapter = new WeakMap<object, Compiled<Row>>()
  return (db, values) => {
    const { adapter } = db.getExecutor()
    let compiled = byAdapter.get(adapter)
    if (!compiled) {
      compiled = compile(db, names, build, findsOne)
      byAdapter.set(adapter, compiled)
    }
    const parameters = compiled.slots.map(({ name, constant }) => (name === undefined ? constant : values[name as keyof Values]))
    return db.executeQuery({ ...compiled.query, parameters })
  }
}

const mark = (name: string): string => `\u0000${name}`

function compile<Values extends object, Row>(
  db: Kysely<Schema>,
  names: readonly (keyof Values & string)[],
  build: (db: Kysely<Schema>, values: Values) => Compilable<Row>,
  findsOne: boolean,
): Compiled<Row> {
  const standIns = Object.fromEntries(names.map((name) => [name, mark(name)])) as Values
  const query = build(db, standIns).compile()
  const slots = query.parameters.map((parameter) => ({ name: names.find((name) => parameter === mark(name)), constant: parameter }))
  return { query: { ...query, findsOne }, slots }
}
