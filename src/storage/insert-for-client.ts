import { type Kysely, sql } from 'kysely'
import { type Prepared, prepared } from './prepared.ts'

/**
 * Inserts a row for a client that is there and has the generation that was seen: it may have been removed since, and another client may
 * have its id by now.
 *
 * @param columns the values of the row
 * @param taken what the row carries of the client, as it is at that moment
 */
export function insertForClient<Row extends { client_id: string }>(
  table: 'access_tokens' | 'logout_deliveries' | 'authorization_flows' | 'grants',
  columns: readonly (keyof Row & string)[],
  { taken }: { taken: readonly string[] },
): Prepared<Row & { generation: number }, unknown> {
  return prepared<Row & { generation: number }, unknown>([...columns, 'generation'], (db, row) =>
    (db as unknown as Kysely<Record<string, Record<string, unknown>>>)
      .insertInto(table)
      .columns([...columns, ...taken])
      .expression((from) =>
        from
          .selectFrom('clients')
          .select((value) => [
            ...columns.map((name) => (name === 'client_id' ? value.ref(name).as(name) : value.val(row[name]).as(name))),
            ...taken.map((name) => value.ref(name).as(name)),
          ])
          .where('client_id', '=', row.client_id)
          .where('removed_at', 'is', null)
          .where(sql.ref('generation'), '=', row.generation),
      ),
  )
}
