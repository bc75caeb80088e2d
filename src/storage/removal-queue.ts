import { type RawBuilder, sql } from 'kysely'
import type { Connection } from './connection.ts'
import { consentsOf, sessionsOf } from './in-force.ts'
import { prepared } from './prepared.ts'
import type { RemovalRow } from './schema.ts'

/**
 * Milliseconds for which the row of a removed client stays at least: when it is removed, the clock has passed its `tokens_valid_after`, so that
 * a client which is created at that very moment cannot get an earlier one.
 */
export const clientRemovalDelay = 10_000

/** Queues what depends on a client that was removed in this transaction. */
export const queueClient = prepared<{ client_id: string; due_at: number }>((queries, value) =>
  queries
    .insertInto('removals')
    .columns(['kind', 'name', 'client_id', 'generation', 'due_at'])
    .expression((from) =>
      from
        .selectFrom('clients')
        .select([
          sql.lit('client').as('kind'),
          'client_id as name',
          sql.lit('').as('client_id'),
          'generation',
          value('due_at').as('due_at'),
        ])
        .where('client_id', '=', value('client_id'))
        .where('removed_at', 'is not', null),
    )
    .onConflict((conflict) => conflict.doNothing()),
)

/** Queues what depends on a grant that was withdrawn in this transaction. */
export const queueGrant = (db: Connection, id: string, at: number): Promise<unknown> =>
  queue(db, { kind: 'grant', name: id, client_id: '', generation: 0, due_at: at })

/** Queues a person's grants, for one client, or for all where `clientId` is empty, that were withdrawn in this transaction. */
export const queueConsents = (db: Connection, subject: string, clientId: string, at: number): Promise<unknown> =>
  queue(db, {
    kind: 'consents',
    name: subject,
    client_id: clientId,
    generation: consentsOf(sql.val(subject), sql.val(clientId)),
    due_at: at,
  })

/** Queues a person's login sessions that were ended in this transaction. */
export const queueSessions = (db: Connection, subject: string, at: number): Promise<unknown> =>
  queue(db, { kind: 'sessions', name: subject, client_id: '', generation: sessionsOf(sql.val(subject)), due_at: at })

const queue = (db: Connection, entry: Omit<RemovalRow, 'generation'> & { generation: number | RawBuilder<number> }): Promise<unknown> =>
  db.change(
    db.queries
      .insertInto('removals')
      .values(entry)
      .onConflict((conflict) => conflict.doNothing()),
  )
