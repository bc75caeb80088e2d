/** The baseline's SQLite: prepared statements, one writer with group commit, one read-only connection; with the durability of the server. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { openDatabase } from '../src/app.ts'
import type { Store, Write } from './baseline-store.ts'
import { inGroups, openWriter } from './group-commit.ts'

export async function openSqlite(file: string): Promise<Store> {
  await makeTables(file)
  const writer = openWriter(file)
  const act = inGroups(writer)
  const reader = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  const writes = new Map<string, StatementSync>()
  const run = ({ sql, values }: Write) => writes.get(sql)?.run(...values).changes
  return {
    find: <Row>(sql: string) => {
      const statement = reader.prepare(sql)
      return (...values) => statement.get(...values) as Row | undefined
    },
    list: <Row>(sql: string) => {
      const statement = reader.prepare(sql)
      return (...values) => statement.all(...values) as Row[]
    },
    write(sql) {
      if (!writes.has(sql)) writes.set(sql, writer.prepare(sql))
      return (...values) => ({ sql, values })
    },
    async act(first, ...others) {
      let isDone = false
      await act(() => {
        isDone = run(first) === 1
        if (isDone) others.forEach(run)
      })
      return isDone
    },
    async close() {
      reader.close()
      writer.close()
    },
  }
}

/** The tables and indexes of the server. */
async function makeTables(path: string): Promise<void> {
  const { migrateUp, close } = openDatabase({ dsn: { engine: 'sqlite', path } })
  await migrateUp()
  await close()
}
