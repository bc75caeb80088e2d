import type { Kysely } from 'kysely'
import { type Prepared, prepared } from './prepared.ts'

/** Inserts a row for a client that is there: it may have been deleted since it proved who it is, or since the session began. */
export function insertForClient<Row extends { client_id: string }>(
  table: 'access_tokens' | 'logout_deliveries',
  columns: readonly (keyof Row & string)[],
): Prepared<Row, unknown> {
  return prepared<Row, unknown>(columns, (db, row) =>
    (db as unknown as Kysely<Record<string, Record<string, unknown>>>)
      .insertInto(table)
      .columns([...columns])
      .expression((from) =>
        from
          .selectFrom('clients')
          .select((value) => columns.map((name) => (name === 'client_id' ? value.ref(name).as(name) : value.val(row[name]).as(name))))
          .where('client_id', '=', row.client_id),
      ),
  )
}
