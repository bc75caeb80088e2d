import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import pg from 'pg'

/** Counts the work of the reads in `run`. It does not depend on the machine: the same statements on the same rows have the same count. */
export type CountWork = (run: () => Promise<unknown>) => Promise<number>

/** Of SQLite: the steps of its virtual machine, of which each row that is examined takes some. Called before the database is opened. */
export function countingSteps(t: TestContext): CountWork {
  const statements: (StatementSync & { stat?(counter: 'vmStep'): number; resetStats?(): void })[] = []
  const prepare = DatabaseSync.prototype.prepare
  t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, text: string) {
    const statement = prepare.call(this, text)
    statements.push(statement)
    return statement
  })
  return async (run) => {
    for (const statement of statements) statement.resetStats?.()
    await run()
    return statements.reduce((sum, statement) => sum + (statement.stat?.('vmStep') ?? Number.NaN), 0)
  }
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly Plan[]
}

/** Of PostgreSQL: the rows that the plans of the SELECTs examine, with those that a filter removes. */
export function countingPlans(t: TestContext, url: string): CountWork {
  return async (run) => {
    const mock = t.mock.method(pg.Client.prototype, 'query')
    await run()
    const queries = mock.mock.calls.map(({ arguments: [config] }) => config as unknown as { text?: string; values?: unknown[] })
    mock.mock.restore()
    const client = new pg.Client(url)
    await client.connect()
    let rows = 0
    for (const { text = '', values = [] } of queries) {
      if (!/^select/i.test(text)) continue
      const explained = await client.query(`explain (analyze, timing off, format json) ${text}`, values)
      const [{ 'QUERY PLAN': plan }] = (explained as unknown as { rows: [{ 'QUERY PLAN': [{ Plan: Plan }] }] }).rows
      rows += examined(plan[0].Plan)
    }
    await client.end()
    return rows
  }
}

const examined = (plan: Plan): number => {
  const filtered = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0)
  const own = plan['Node Type'].includes('Scan') ? (plan['Actual Rows'] + filtered) * plan['Actual Loops'] : 0
  return (plan.Plans ?? []).reduce((sum, part) => sum + examined(part), own)
}
