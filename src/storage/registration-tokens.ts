import type { RegistrationTokenStore } from '../core/registration/registration-token.ts'
import { clientColumns, type ReadClientRow, toClient } from './clients.ts'
import type { Connection } from './connection.ts'
import { prepared, rowOf } from './prepared.ts'
import type { RegistrationAccessTokenRow } from './schema.ts'

type Changed = { client_id: string }

const insert = prepared<RegistrationAccessTokenRow>((queries, value) =>
  queries.insertInto('registration_access_tokens').values(rowOf(['client_id', 'hash', 'created_at'], value)),
)

const selectClient = prepared<Changed, ReadClientRow & { hash: string }>(
  (queries, value) =>
    queries
      .selectFrom('clients')
      .innerJoin('registration_access_tokens', 'registration_access_tokens.client_id', 'clients.client_id')
      .select(clientColumns.map((name) => `clients.${name}` as const))
      .select('registration_access_tokens.hash')
      .where('clients.client_id', '=', value('client_id'))
      .where('clients.removed_at', 'is', null),
  { findsOne: true },
)

/** Of two callers with the same token, only the first finds `current`. */
const swap = prepared<{ client_id: string; current: string; next: string; at: number }, Changed>((queries, value) =>
  queries
    .updateTable('registration_access_tokens')
    .set({ hash: value('next'), created_at: value('at') })
    .where('client_id', '=', value('client_id'))
    .where('hash', '=', value('current'))
    .returning('client_id'),
)

const remove = prepared<{ client_id: string; current: string }, Changed>((queries, value) =>
  queries
    .deleteFrom('registration_access_tokens')
    .where('client_id', '=', value('client_id'))
    .where('hash', '=', value('current'))
    .returning('client_id'),
)

/** One registration access token a client, as its hash. It is removed with the client. */
export function registrationTokenStore(db: Connection): RegistrationTokenStore {
  return {
    async add(clientId, hash, at) {
      await insert(db, { client_id: clientId, hash, created_at: at })
    },
    async findClient(clientId) {
      const [row] = (await selectClient(db, { client_id: clientId })).rows
      return row && { client: toClient(row), hash: row.hash }
    },
    async replace(clientId, current, next, at) {
      return (await swap(db, { client_id: clientId, current, next, at })).rows.length === 1
    },
    async put(clientId, hash, at) {
      await db.change(
        db.queries
          .insertInto('registration_access_tokens')
          .values({ client_id: clientId, hash, created_at: at })
          .onConflict((conflict) => conflict.column('client_id').doUpdateSet({ hash, created_at: at })),
      )
    },
    async remove(clientId, current) {
      return (await remove(db, { client_id: clientId, current })).rows.length === 1
    },
  }
}
