import { openDatabase } from '../app.ts'
import type { Config } from '../config/schema.ts'
import type { Telemetry } from '../lib/telemetry.ts'

/** The database of `dsn` cannot be opened. The message is for the operator. */
class DatabaseUnusable extends Error {
  override name = 'DatabaseUnusable'
}

/**
 * Opens the database of a configuration. A missing SQLite file is created, with its folder.
 *
 * @throws DatabaseUnusable
 */
export function openConfiguredDatabase({ dsn }: Config, telemetry: Pick<Telemetry, 'count' | 'log'>): ReturnType<typeof openDatabase> {
  try {
    return openDatabase({ dsn }, telemetry)
  } catch (error) {
    if (dsn.engine !== 'sqlite') throw error
    throw new DatabaseUnusable(`dsn: ${dsn.path} cannot be opened as a SQLite database (${(error as Error).message})`, { cause: error })
  }
}
