import type { Kysely, Selectable } from 'kysely'
import type { Client, ClientStore } from '../core/clients/client.ts'
import type { ClientRow, Schema } from './schema.ts'

/** The registry: one row a client. */
export function clientStore(db: Kysely<Schema>): ClientStore {
  return {
    async add(client) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('clients')
        .values(toRow(client))
        .onConflict((conflict) => conflict.column('client_id').doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },
    async find(clientId) {
      const row = await db.selectFrom('clients').selectAll().where('client_id', '=', clientId).executeTakeFirst()
      return row && toClient(row)
    },
    async replace(client) {
      const { client_id, origin: _origin, created_at: _createdAt, ...changed } = toRow(client)
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set(changed)
        .where('client_id', '=', client_id)
        .where('version', '=', client.version - 1)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
    async remove(clientId) {
      const { numDeletedRows } = await db.deleteFrom('clients').where('client_id', '=', clientId).executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },
    async list({ after, limit, clientName, owner }) {
      let query = db.selectFrom('clients').selectAll().orderBy('client_id').limit(limit)
      if (after !== undefined) query = query.where('client_id', '>', after)
      if (clientName !== undefined) query = query.where('client_name', '=', clientName)
      if (owner !== undefined) query = query.where('owner', '=', owner)
      return (await query.execute()).map(toClient)
    },
  }
}

function toRow(client: Client): ClientRow {
  return {
    client_id: client.clientId,
    version: client.version,
    origin: client.origin,
    client_name: client.metadata.clientName ?? '',
    owner: client.settings.owner ?? '',
    metadata: JSON.stringify(client.metadata),
    settings: JSON.stringify(client.settings),
    secret_hash: client.secretHash ?? null,
    rotated_secret_hashes: JSON.stringify(client.rotatedSecretHashes),
    created_at: client.createdAt,
    updated_at: client.updatedAt,
  }
}

export function toClient(row: Selectable<ClientRow>): Client {
  return {
    clientId: row.client_id,
    version: row.version,
    origin: row.origin as Client['origin'],
    metadata: JSON.parse(row.metadata),
    settings: JSON.parse(row.settings),
    ...(row.secret_hash !== null && { secretHash: row.secret_hash }),
    rotatedSecretHashes: JSON.parse(row.rotated_secret_hashes),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
