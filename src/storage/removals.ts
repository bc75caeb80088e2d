import { sql } from 'kysely'
import type { Connection } from './connection.ts'
import { consentsOf, isOfClient } from './in-force.ts'
import { removeClients } from './removed-clients.ts'
import { removeGrants } from './removed-grants.ts'
import type { RemovalRow } from './schema.ts'

/** How many entries of the queue, and how many grants, are looked at in one transaction. */
const atOnce = 100

/** Milliseconds after which an entry that could not be finished is looked at again. */
const putOff = 60_000

/**
 * Removes what marks have ended. Each call is a part of the work: at most `limit` rows and a few more, found by the index of the queue and
 * those of the tables. Two nodes may do the same work at once; what a crashed node has not committed is found again.
 */
export function removalStore(db: Connection) {
  return {
    /** What depends on removed clients, then their rows. */
    clients: (now: number, limit: number): Promise<number> => step(db, 'client', now, (due) => removeClients(db, due, now, limit)),
    /** Withdrawn grants, with their tokens. */
    grants: (now: number, limit: number): Promise<number> =>
      step(db, 'grant', now, (due) =>
        removeGrants(
          db,
          due.map(({ name }) => name),
          limit,
        ),
      ),
    /** The grants of persons who withdrew all of them, or all for one client. */
    consents: (now: number, limit: number): Promise<number> =>
      step(db, 'consents', now, async ([first]) => removeGrants(db, first ? await withdrawnOf(db, first) : [], limit), 1),
  }
}

/** Removes at most `limit` sessions of persons whose sessions were all ended, and returns their ids. */
export async function removeEndedSessions(db: Connection, now: number, limit: number): Promise<string[]> {
  const ids: string[] = []
  await step(
    db,
    'sessions',
    now,
    async ([first]) => {
      if (!first) return 0
      const { name, generation } = first
      const ended = db.queries.selectFrom('login_sessions').select('id').where('subject', '=', name).where('sessions', '<', generation)
      const removed = await db.all(db.queries.deleteFrom('login_sessions').where('id', 'in', ended.limit(limit)).returning('id'))
      ids.push(...removed.map(({ id }) => id))
      return removed.length
    },
    1,
  )
  return ids
}

/**
 * Works on the entries that are due. Where nothing was left to remove they are finished.
 *
 * @returns how many rows of other tables and entries of the queue were removed: 0 if nothing is due
 */
async function step(
  db: Connection,
  kind: RemovalRow['kind'],
  now: number,
  remove: (due: readonly RemovalRow[]) => Promise<number>,
  most = atOnce,
): Promise<number> {
  const queued = db.queries.selectFrom('removals').selectAll().where('kind', '=', kind).where('due_at', '<=', now)
  const due = await db.all(queued.orderBy('due_at').limit(most))
  if (due.length === 0) return 0
  const removed = await remove(due)
  return removed > 0 ? removed : finish(db, kind, due, now)
}

/** An entry is removed when none of its rows is left, and postponed if another transaction still locks one of them. */
async function finish(db: Connection, kind: RemovalRow['kind'], due: readonly RemovalRow[], now: number): Promise<number> {
  const entries = sql<boolean>`kind = ${kind} and due_at <= ${now} and ${due.length === 1 ? isEntry(due) : hasName(due)}`
  const finished = await db.change(db.queries.deleteFrom('removals').where(entries).where(isFinished[kind]))
  await db.change(
    db.queries
      .updateTable('removals')
      .set({ due_at: now + putOff })
      .where(entries),
  )
  return finished
}

const isEntry = ([entry]: readonly RemovalRow[]) =>
  sql`name = ${entry?.name} and client_id = ${entry?.client_id} and generation = ${entry?.generation}`

const hasName = (due: readonly RemovalRow[]) => sql`name in (${sql.join(due.map(({ name }) => name))})`

const isFinished: Readonly<Record<RemovalRow['kind'], ReturnType<typeof sql<boolean>>>> = {
  client: sql`not exists (select 1 from clients where clients.client_id = removals.name
    and clients.generation = removals.generation and clients.removed_at is not null)`,
  grant: sql`not exists (select 1 from grants where grants.id = removals.name)`,
  consents: sql`1 = 1`,
  sessions: sql`1 = 1`,
}

/** Some grants of the person that carry an older count; those of later are beyond the time of the withdrawal, and not looked at. */
async function withdrawnOf(db: Connection, { name, client_id, due_at }: RemovalRow): Promise<string[]> {
  const withdrawn = db.queries
    .selectFrom('grants')
    .select('id')
    .where('subject', '=', name)
    .$if(client_id !== '', (some) => some.where(isOfClient(client_id)))
    .where('granted_at', '<=', due_at)
    .where(sql<boolean>`consents < ${consentsOf(sql.ref('grants.subject'), sql.ref('grants.client_id'))}`)
    .limit(atOnce)
  return (await db.all(withdrawn)).map(({ id }) => id)
}
