import { sql } from 'kysely'
import { type Prepared, prepared } from './prepared.ts'

/**
 * Inserts a row for a client that is there and has the generation that was seen: it may have been removed since, and another client may
 * have its id by now.
 *
 * @param columns the values of the row
 * @param taken what the row carries of the client, as it is at that moment
 */
export function insertForClient<Row extends { client_id: string }>(
  table: 'access_tokens' | 'logout_deliveries' | 'authorization_flows',
  columns: readonly (keyof Row & string)[],
  { taken }: { taken: readonly string[] },
): Prepared<Row & { generation: number }> {
  return prepared<Row & { generation: number }>((_, value) => {
    const names = [...columns, ...taken].map((name) => sql.ref(name))
    const values = [...columns.map((name) => value(name)), ...taken.map((name) => sql.ref(name))]
    return sql`insert into ${sql.table(table)} (${sql.join(names)}) select ${sql.join(values)} from clients
      where client_id = ${value('client_id')} and removed_at is null and generation = ${value('generation')}`
  })
}
