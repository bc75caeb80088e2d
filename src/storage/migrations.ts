import { type Migration, type MigrationInfo, Migrator } from 'kysely'
import type { Database } from './database.ts'
import * as registry from './migrations/0001-registry.ts'
import * as assertions from './migrations/0002-assertions.ts'

/** The one history, in order. A released migration is never edited; the next change is the next file. */
const history: Record<string, Migration> = {
  '0001-registry': registry,
  '0002-assertions': assertions,
}

/** A database whose schema this version cannot work with; the message says what to do. */
export class SchemaMismatch extends Error {
  override name = 'SchemaMismatch'
}

const migrator = (database: Database) => new Migrator({ db: database.write, provider: { getMigrations: async () => history } })

/**
 * Brings the schema up to date, each migration in a transaction of its own, and says which were applied.
 *
 * @throws SchemaMismatch when the database was written by a newer version, or a migration fails
 */
export async function migrateUp(database: Database): Promise<string[]> {
  const { error, results } = await migrator(database).migrateToLatest()
  if (error) throw new SchemaMismatch(`the schema could not be brought up to date: ${(error as Error).message}`, { cause: error })
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

/** Every migration of the history and when it was applied here, if it was. */
export async function migrationStatus(database: Database): Promise<{ name: string; executedAt: Date | undefined }[]> {
  const known: readonly MigrationInfo[] = await migrator(database).getMigrations()
  return known.map(({ name, executedAt }) => ({ name, executedAt }))
}
