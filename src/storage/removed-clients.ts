import { type RawBuilder, sql } from 'kysely'
import type { Connection } from './connection.ts'
import { removeGrants } from './removed-grants.ts'
import type { RemovalRow } from './schema.ts'

/** Milliseconds for which generation and `tokens_valid_after` are kept for a new client under the id, after the row was removed. */
const keptFor = 86_400_000

/** How many grants are looked at in one transaction. */
const grantsAtOnce = 100

/**
 * Removes what depends on clients that were removed, at most `limit` rows and a few more; then, where nothing is left, their rows, unless
 * another client has the id by now. What this one was issued has a later generation, and stays.
 */
export async function removeClients(db: Connection, due: readonly RemovalRow[], now: number, limit: number): Promise<number> {
  let removed = await removeGrants(db, await grantsOf(db, due), limit)
  for (const [table, key, isOwn] of removable) {
    if (removed >= limit) return removed
    const columns = sql.raw(key)
    removed += await db.change(sql`delete from ${sql.table(table)} where (${columns}) in (
      select ${columns} from ${sql.table(table)} where ${ofAny(due, isOwn)} limit ${limit - removed})`)
  }
  return removed > 0 ? removed : removeRows(db, due, now)
}

/**
 * What the removed clients had, each a range of the index of the table's clients. The values are written into the statement, and not
 * joined to the queue: a planner that does not know them may read all that a later client of the same id has.
 */
const ofAny = (due: readonly RemovalRow[], isOwn: (entry: RemovalRow) => RawBuilder<unknown>) =>
  sql<boolean>`(${sql.join(
    due.map((entry) => sql`client_id = ${entry.name} and generation < ${entry.generation} and ${isOwn(entry)}`),
    sql` or `,
  )})`

const all = () => sql`1 = 1`

/** Tokens of grants are removed with the grants. Rows that are later than the removal belong to the new client, and are not read. */
const removable = [
  ['access_tokens', 'hash', ({ due_at }: RemovalRow) => sql`grant_id is null and issued_at <= ${due_at}`],
  ['authorization_flows', 'id', all],
  ['logout_deliveries', 'id', all],
  // By the generation, too: a row that a new client takes over meanwhile stays.
  ['session_clients', 'session_id, client_id, generation', all],
] as const

/** Rows that must be removed before the row of a removed client: as in `removeGrants`, one statement must not remove all of them. */
const dependents = ['grants', ...removable.map(([table]) => table)]

async function grantsOf(db: Connection, due: readonly RemovalRow[]): Promise<string[]> {
  const rows = await db.all(db.queries.selectFrom('grants').select('id').where(ofAny(due, all)).limit(grantsAtOnce))
  return rows.map(({ id }) => id)
}

/**
 * The entries of the queue are removed with the rows: they must not apply to a later client whose generation starts again at 1, after `removed_clients` has expired.
 *
 * @returns how many clients and entries were removed
 */
async function removeRows(db: Connection, due: readonly RemovalRow[], now: number): Promise<number> {
  const names = sql.join(due.map(({ name }) => name))
  const bare = sql.join(
    dependents.map(
      (table) => sql`not exists (select 1 from ${sql.table(table)} as left_over where left_over.client_id = clients.client_id)`,
    ),
    sql` and `,
  )
  const going = sql`clients.client_id in (${names}) and clients.removed_at is not null and ${bare} and exists (select 1 from removals
    where removals.kind = 'client' and removals.name = clients.client_id and removals.generation = clients.generation
      and removals.due_at <= ${now})`
  await db.change(sql`insert into removed_clients (client_id, tokens_valid_after, generation, expires_at)
    select client_id, tokens_valid_after, generation, cast(${now + keptFor} as bigint) from clients where ${going}
    on conflict (client_id) do update set tokens_valid_after = excluded.tokens_valid_after,
      generation = excluded.generation, expires_at = excluded.expires_at`)
  const rows = await db.change(sql`delete from clients where ${going}`)
  const entries = await db.change(sql`delete from removals where kind = 'client' and name in (${names})
    and not exists (select 1 from clients where client_id = removals.name)`)
  return rows + entries
}
