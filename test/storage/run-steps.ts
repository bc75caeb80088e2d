import type { Kysely } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import type { Step } from '../../src/storage/migrations/step.ts'
import { history } from '../../src/storage/migrations.ts'

/** The steps of one migration, in their order. */
export async function runSteps({ write }: Database, steps: readonly Step[]): Promise<void> {
  const db = write as unknown as Kysely<unknown>
  for (const { inBatches, up } of steps) {
    await inBatches?.(db)
    await up?.(db)
  }
}

/** The history up to and with the migration of this number. */
export const historyUntil = (last: number): typeof history =>
  Object.fromEntries(Object.entries(history).filter(([name]) => Number.parseInt(name, 10) <= last))
