import { DEFAULT_MIGRATION_TABLE, type Kysely, type Migration, type MigrationInfo, Migrator } from 'kysely'
import type { Database } from './database.ts'
import * as registry from './migrations/0001-registry.ts'
import * as assertions from './migrations/0002-assertions.ts'
import * as tokensAndKeys from './migrations/0003-tokens-and-keys.ts'
import * as logins from './migrations/0004-logins.ts'
import * as logoutDeliveries from './migrations/0005-logout-deliveries.ts'
import * as generations from './migrations/0006-generations.ts'
import * as sessionClients from './migrations/0007-session-clients.ts'
import * as signingAlgorithms from './migrations/0008-signing-algorithms.ts'

type History = Readonly<Record<string, Migration>>

/** The one history, in order. A released migration is never edited; the next change is the next file. */
const history: History = {
  '0001-registry': registry,
  '0002-assertions': assertions,
  '0003-tokens-and-keys': tokensAndKeys,
  '0004-logins': logins,
  '0005-logout-deliveries': logoutDeliveries,
  '0006-generations': generations,
  '0007-session-clients': sessionClients,
  '0008-signing-algorithms': signingAlgorithms,
}

/** A database whose schema this version cannot work with; the message says what to do. */
export class SchemaMismatch extends Error {
  override name = 'SchemaMismatch'
}

const migrator = (database: Database, migrations: History) =>
  new Migrator({ db: database.write, provider: { getMigrations: async () => migrations } })

/**
 * Brings the schema up to date, all of it or nothing, and says which migrations were applied.
 *
 * @throws SchemaMismatch when the database was written by a newer version, or a migration fails
 */
export async function migrateUp(database: Database, migrations = history): Promise<string[]> {
  await refuseNewerSchema(database, migrations)
  const { error, results } = await migrator(database, migrations).migrateToLatest()
  if (error) throw new SchemaMismatch(`the schema could not be brought up to date: ${(error as Error).message}`, { cause: error })
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

/**
 * Every migration of the history and when it was applied here, if it was.
 *
 * @throws SchemaMismatch when the database was written by a newer version
 */
export async function migrationStatus(database: Database, migrations = history): Promise<{ name: string; executedAt: Date | undefined }[]> {
  await refuseNewerSchema(database, migrations)
  const known: readonly MigrationInfo[] = await migrator(database, migrations).getMigrations()
  return known.map(({ name, executedAt }) => ({ name, executedAt }))
}

/**
 * Nothing to do where the schema is up to date.
 *
 * @throws SchemaMismatch with the command that brings it up to date, or when the database was written by a newer version
 */
export async function requireSchema(database: Database): Promise<void> {
  const pending = (await migrationStatus(database)).filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
  if (pending.length === 0) return
  throw new SchemaMismatch(
    `the schema of the database is behind (${pending.join(', ')}); back it up, then run 'clientele migrate sql up' with this configuration`,
  )
}

/** What a newer version did to the schema is not known here, so nothing that we did to it would be safe. */
async function refuseNewerSchema(database: Database, migrations: History): Promise<void> {
  const unknown = (await executedMigrations(database)).filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length === 0) return
  const names = unknown.sort().join(', ')
  throw new SchemaMismatch(
    `the database was written by a newer version of this server (this one does not know the migration ${names}); run that version, or restore a backup from before the upgrade`,
  )
}

async function executedMigrations(database: Database): Promise<string[]> {
  const tables = await database.write.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return []
  const bookkeeping = database.write as unknown as Kysely<Record<string, { name: string }>>
  return (await bookkeeping.selectFrom(DEFAULT_MIGRATION_TABLE).select('name').execute()).map(({ name }) => name)
}
