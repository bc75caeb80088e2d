import { sql } from 'kysely'
import type { Connection } from './database.ts'
import { consentsOf, sessionsOf } from './in-force.ts'
import { prepared } from './prepared.ts'

/**
 * Milliseconds for which the row of a removed client stays at least: when it goes, the clock has passed its `tokens_valid_after`, so that
 * a client which is created at that very moment cannot get an earlier one.
 */
export const clientRemovalDelay = 10_000

/** Queues what depends on a client that was removed in this transaction. */
export const queueClient = prepared<{ client_id: string; due_at: number }, unknown>(['client_id', 'due_at'], (db, { client_id, due_at }) =>
  db
    .insertInto('removals')
    .columns(['kind', 'name', 'client_id', 'generation', 'due_at'])
    .expression((from) =>
      from
        .selectFrom('clients')
        .select((row) => [
          sql.lit('client').as('kind'),
          'client_id as name',
          sql.lit('').as('client_id'),
          'generation',
          row.val(due_at).as('due_at'),
        ])
        .where('client_id', '=', client_id)
        .where('removed_at', 'is not', null),
    )
    .onConflict((conflict) => conflict.doNothing()),
)

/** Queues what depends on a grant that was withdrawn in this transaction. */
export const queueGrant = (db: Connection, id: string, at: number): Promise<unknown> =>
  db
    .insertInto('removals')
    .values({ kind: 'grant', name: id, client_id: '', generation: 0, due_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute()

/** Queues a person's grants, for one client, or for all where `clientId` is empty, that were withdrawn in this transaction. */
export const queueConsents = (db: Connection, subject: string, clientId: string, at: number): Promise<unknown> =>
  queueOfPerson(db, 'consents', subject, clientId, consentsOf(sql.val(subject), sql.val(clientId)), at)

/** Queues a person's login sessions that were ended in this transaction. */
export const queueSessions = (db: Connection, subject: string, at: number): Promise<unknown> =>
  queueOfPerson(db, 'sessions', subject, '', sessionsOf(sql.val(subject)), at)

function queueOfPerson(
  db: Connection,
  kind: 'consents' | 'sessions',
  subject: string,
  clientId: string,
  generation: ReturnType<typeof sql<number>>,
  at: number,
): Promise<unknown> {
  return db
    .insertInto('removals')
    .values({ kind, name: subject, client_id: clientId, generation, due_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
