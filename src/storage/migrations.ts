import { setTimeout as delay } from 'node:timers/promises'
import { DEFAULT_MIGRATION_TABLE, type Migration, type MigrationInfo, type MigrationResultSet, Migrator } from 'kysely'
import { Conflict, type Database } from './database.ts'
import * as registry from './migrations/0001-registry.ts'
import * as assertions from './migrations/0002-assertions.ts'
import * as tokensAndKeys from './migrations/0003-tokens-and-keys.ts'
import * as logins from './migrations/0004-logins.ts'
import * as logoutDeliveries from './migrations/0005-logout-deliveries.ts'
import * as generations from './migrations/0006-generations.ts'
import * as signingAlgorithms from './migrations/0007-signing-algorithms.ts'
import * as sessionClients from './migrations/0008-session-clients.ts'
import * as verifiedTerms from './migrations/0009-verified-terms.ts'
import type { Step } from './migrations/step.ts'

/** The one history, in order. A released migration is never edited; the next change is the next file. */
const released: Readonly<Record<string, Step | { readonly steps: readonly Step[] }>> = {
  '0001-registry': registry,
  '0002-assertions': assertions,
  '0003-tokens-and-keys': tokensAndKeys,
  '0004-logins': logins,
  '0005-logout-deliveries': logoutDeliveries,
  '0006-generations': generations,
  '0007-signing-algorithms': signingAlgorithms,
  '0008-session-clients': sessionClients,
  '0009-verified-terms': verifiedTerms,
}

type History = Readonly<Record<string, Step>>

/** The same by steps, as the database notes them: `0006-generations.01`. */
export const history: History = Object.fromEntries(
  Object.entries(released).flatMap(([name, migration]) =>
    'steps' in migration ? migration.steps.map((step, at) => [`${name}.${String(at + 1).padStart(2, '0')}`, step]) : [[name, migration]],
  ),
)

/** What an operator reads of: a migration, whatever its steps. */
const migrationOf = (step: string): string => step.replace(/\.\d+$/, '')

/** A database whose schema this version cannot work with; the message gives the remedy. */
export class SchemaMismatch extends Error {
  override name = 'SchemaMismatch'
}

/** Milliseconds between two tries of a step that met a lock: sessions that waited behind it can go on. */
const pause = 2_000

/** Milliseconds after which a step that met locks is not tried again. */
const defaultLockTimeout = 60_000

const migrator = (database: Database, migrations: History) =>
  new Migrator({
    db: database.write,
    provider: { getMigrations: async () => mapValues(migrations, ({ up }): Migration => ({ up: up ?? (async () => {}) })) },
    // By their times: those of two nodes that take turns need not be in order.
    allowUnorderedMigrations: true,
  })

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))

/**
 * Brings the schema up to date, and returns the migrations that were completed here. A new database is made in one transaction. Others are in
 * use, so each step is committed by itself and holds its locks no longer; after an interruption the next call goes on from there. Two
 * processes at once take turns.
 *
 * @param lockTimeout milliseconds after which a step that meets locks of other sessions is not tried again
 * @throws SchemaMismatch when the database was written by a newer version, or a step fails
 */
export async function migrateUp(database: Database, migrations = history, lockTimeout = defaultLockTimeout): Promise<string[]> {
  await refuseNewerSchema(database, migrations)
  const isNew = (await executedMigrations(database)).length === 0
  return completed(await (isNew ? makeNew(database, migrations) : upgrade(database, migrations, lockTimeout)), migrations)
}

async function makeNew(database: Database, migrations: History): Promise<string[]> {
  try {
    return successes(await migrator(database, migrations).migrateToLatest())
  } catch (error) {
    throw failed(error as Error)
  }
}

async function upgrade(database: Database, migrations: History, lockTimeout: number): Promise<string[]> {
  const applied: string[] = []
  for (;;) {
    const [next] = await pendingSteps(database, migrations)
    if (next === undefined) return applied
    applied.push(...(await applyInTurn(database, migrations, next, lockTimeout)))
  }
}

/** The migrations whose last step is among these. */
function completed(steps: readonly string[], migrations: History): string[] {
  const last = new Map(Object.keys(migrations).map((step) => [migrationOf(step), step]))
  return steps.filter((step) => last.get(migrationOf(step)) === step).map(migrationOf)
}

/** Where another process has applied the step by now nothing happens, as no step has a way down. */
async function applyInTurn(database: Database, migrations: History, name: string, lockTimeout: number): Promise<string[]> {
  const lastStart = performance.now() + lockTimeout
  for (;;) {
    try {
      await migrations[name]?.inBatches?.(database.write)
      return successes(await migrator(database, migrations).migrateTo(name))
    } catch (error) {
      if (!(error instanceof Conflict) || performance.now() + pause > lastStart) throw failed(error as Error, name)
      await delay(pause)
    }
  }
}

function successes({ error, results = [] }: MigrationResultSet): string[] {
  if (error) throw error
  return results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName)
}

function failed(cause: Error, name?: string): SchemaMismatch {
  const what = name === undefined ? 'the schema could not be brought up to date' : `the schema could not be brought up to date at ${name}`
  const next = cause instanceof Conflict ? '; end that session or wait for it, then migrate again: what was applied stays' : ''
  return new SchemaMismatch(`${what}: ${cause.message}${next}`, { cause })
}

/**
 * Every migration of the history and when it was applied here, if all of it was.
 *
 * @throws SchemaMismatch when the database was written by a newer version
 */
export async function migrationStatus(database: Database, migrations = history): Promise<{ name: string; executedAt: Date | undefined }[]> {
  await refuseNewerSchema(database, migrations)
  const steps: readonly MigrationInfo[] = await migrator(database, migrations).getMigrations()
  return Object.entries(Object.groupBy(steps, ({ name }) => migrationOf(name))).map(([name, own = []]) => ({
    name,
    executedAt: own.some(({ executedAt }) => executedAt === undefined) ? undefined : own.at(-1)?.executedAt,
  }))
}

async function pendingSteps(database: Database, migrations: History): Promise<string[]> {
  const steps: readonly MigrationInfo[] = await migrator(database, migrations).getMigrations()
  return steps.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
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
  const bookkeeping = database.write.withTables<Record<string, { name: string }>>()
  return (await bookkeeping.selectFrom(DEFAULT_MIGRATION_TABLE).select('name').execute()).map(({ name }) => name)
}
