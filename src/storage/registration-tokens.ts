import type { Kysely } from 'kysely'
import type { RegistrationTokenStore } from '../core/registration/registration-token.ts'
import { toClient } from './clients.ts'
import type { Schema } from './schema.ts'

/** One registration access token a client, as its hash. It goes with the client. */
export function registrationTokenStore(db: Kysely<Schema>): RegistrationTokenStore {
  return {
    async add(clientId, hash, at) {
      await db.insertInto('registration_access_tokens').values({ client_id: clientId, hash, created_at: at }).execute()
    },
    async findClient(clientId) {
      const row = await db
        .selectFrom('clients')
        .innerJoin('registration_access_tokens', 'registration_access_tokens.client_id', 'clients.client_id')
        .selectAll('clients')
        .select('registration_access_tokens.hash')
        .where('clients.client_id', '=', clientId)
        .executeTakeFirst()
      return row && { client: toClient(row), hash: row.hash }
    },
    async replace(clientId, current, next, at) {
      const row = await db
        .updateTable('registration_access_tokens')
        .set({ hash: next, created_at: at })
        .where('client_id', '=', clientId)
        .where('hash', '=', current)
        .returning('client_id')
        .executeTakeFirst()
      return row !== undefined
    },
    async put(clientId, hash, at) {
      await db
        .insertInto('registration_access_tokens')
        .values({ client_id: clientId, hash, created_at: at })
        .onConflict((conflict) => conflict.column('client_id').doUpdateSet({ hash, created_at: at }))
        .execute()
    },
    async remove(clientId, current) {
      const row = await db
        .deleteFrom('registration_access_tokens')
        .where('client_id', '=', clientId)
        .where('hash', '=', current)
        .returning('client_id')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
