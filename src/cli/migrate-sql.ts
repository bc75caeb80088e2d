import type { openDatabase } from '../app.ts'
import { loadConfig } from '../config/load.ts'
import type { Log } from '../lib/telemetry.ts'
import { openConfiguredDatabase } from './open-database.ts'

interface Options {
  readonly config?: string
}

/** `clientele migrate sql up`: brings the schema of the configured database up to date. */
export async function migrateSqlUp(options: Options): Promise<number> {
  return withDatabase(options, async ({ migrateUp }) => {
    const applied = await migrateUp()
    console.log(applied.length === 0 ? 'The schema is up to date.' : applied.map((name) => `applied ${name}`).join('\n'))
  })
}

/** `clientele migrate sql status`: every migration and whether it was applied. Exit code 1 if one is pending. */
export async function migrateSqlStatus(options: Options): Promise<number> {
  let pending = false
  await withDatabase(options, async ({ migrationStatus }) => {
    for (const { name, executedAt } of await migrationStatus()) {
      pending ||= executedAt === undefined
      console.log(`${name}  ${executedAt ? `applied ${executedAt.toISOString()}` : 'pending'}`)
    }
  })
  return pending ? 1 : 0
}

async function withDatabase({ config: file }: Options, act: (opened: ReturnType<typeof openDatabase>) => Promise<void>): Promise<number> {
  const { config } = loadConfig({ file })
  const log: Log = (_level, message, facts) => console.error(message, JSON.stringify(facts))
  const opened = openConfiguredDatabase(config, { count() {}, log })
  try {
    await act(opened)
    return 0
  } finally {
    await opened.close()
  }
}
