import { type RawBuilder, sql } from 'kysely'
import { type Connection, type Queries, type Query, type Result, type Statement, statementOf } from './connection.ts'

/** A statement that was compiled once; each run brings its own values. */
export type Prepared<Values, Row = never> = (db: Connection, values: Values) => Promise<Result<Row>>

/** Stands for the value of this name in a statement that is being built. */
export type Value<Values> = <Name extends keyof Values & string>(name: Name) => RawBuilder<Values[Name]>

interface Compiled {
  readonly statement: Statement
  /** The parameters in their order: the name of a value, or a constant. */
  readonly parameters: readonly unknown[]
}

class ValueName {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/**
 * Builds and compiles a statement once for each kind of database, instead of at every call: that is most of what Kysely costs. Used for
 * the statements that every request runs.
 *
 * @param build the statement, with `value('name')` where a value of that name goes
 * @param findsOne that it finds one row at most: it looks for a key
 */
export function prepared<Values extends object, Row = never>(
  build: (queries: Queries, value: Value<Values>) => Query<Row>,
  { findsOne = false } = {},
): Prepared<Values, Row> {
  const byDatabase = new WeakMap<Queries, Compiled>()
  return (db, values) => {
    let compiled = byDatabase.get(db.queries)
    if (!compiled) {
      compiled = compile(db.queries, build, findsOne)
      byDatabase.set(db.queries, compiled)
    }
    const given = values as Readonly<Record<string, unknown>>
    return db.run<Row>(
      compiled.statement,
      compiled.parameters.map((parameter) => (parameter instanceof ValueName ? given[parameter.name] : parameter)),
    )
  }
}

function compile<Values extends object, Row>(
  queries: Queries,
  build: (queries: Queries, value: Value<Values>) => Query<Row>,
  findsOne: boolean,
): Compiled {
  const query = build(queries, (name) => sql`${new ValueName(name)}`).compile(queries)
  if (/\*/.test(query.sql)) throw new Error(`a prepared statement names its columns: ${query.sql}`)
  return { statement: { ...statementOf(query, findsOne), name: nextStatementName() }, parameters: query.parameters }
}

/** The values of these columns, each under the column's name: a row to insert. */
export const rowOf = <Values, Name extends keyof Values & string>(columns: readonly Name[], value: Value<Values>) =>
  Object.fromEntries(columns.map((name) => [name, value(name)])) as { [Column in Name]: RawBuilder<Values[Column]> }

let names = 0

/** A name that no other statement of this process has. */
export const nextStatementName = (): string => `clientele-${++names}`
