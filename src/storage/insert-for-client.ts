import { type Kysely, sql } from 'kysely'
import { type Prepared, prepared } from './prepared.ts'

/**
 * Inserts a row for a client that is there: it may have been removed since it proved who it is, or since the session began.
 *
 * @param columns the values of the row
 * @param taken what the row carries of the client, as it is at that moment
 * @param isSeen whether the row has a generation as well, which must still be the client's: another client may have its id by now
 */
export function insertForClient<Row extends { client_id: string }>(
  table: 'access_tokens' | 'logout_deliveries' | 'authorization_flows' | 'grants',
  columns: readonly (keyof Row & string)[],
  { taken, isSeen = true }: { taken: readonly string[]; isSeen?: boolean },
): Prepared<Row & { generation: number }, unknown> {
  const values = [...columns, ...(isSeen ? (['generation'] as const) : [])] as (keyof Row & string)[]
  return prepared<Row & { generation: number }, unknown>(values, (db, row) =>
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
          .$if(isSeen, (seen) => seen.where(sql.ref('generation'), '=', row.generation)),
      ),
  )
}
