import type { Kysely } from 'kysely'
import type { Client, ClientStore } from '../core/clients/client.ts'
import { prepared } from './prepared.ts'
import type { ClientRow, Schema } from './schema.ts'

const columns = [
  'client_id',
  'version',
  'origin',
  'client_name',
  'owner',
  'metadata',
  'settings',
  'secret_hash',
  'rotated_secret_hashes',
  'created_at',
  'updated_at',
] as const

const insert = prepared<ClientRow, unknown>(columns, (db, row) =>
  db
    .insertInto('clients')
    .values(row)
    .onConflict((conflict) => conflict.column('client_id').doNothing()),
)

const select = prepared<{ client_id: string }, ClientRow>(['client_id'], (db, { client_id }) =>
  db.selectFrom('clients').selectAll().where('client_id', '=', client_id),
)

const update = prepared<ClientRow & { seen: number }, unknown>([...columns, 'seen'], (db, row) => {
  const { client_id, seen, origin: _origin, created_at: _createdAt, ...changed } = row
  return db.updateTable('clients').set(changed).where('client_id', '=', client_id).where('version', '=', seen)
})

const remove = prepared<{ client_id: string }, unknown>(['client_id'], (db, { client_id }) =>
  db.deleteFrom('clients').where('client_id', '=', client_id),
)

/** The registry: one row a client. */
export function clientStore(db: Kysely<Schema>): ClientStore {
  return {
    async add(client) {
      return (await insert(db, toRow(client))).numAffectedRows === 1n
    },
    async find(clientId) {
      const [row] = (await select(db, { client_id: clientId })).rows
      return row && toClient(row)
    },
    async replace(client) {
      return (await update(db, { ...toRow(client), seen: client.version - 1 })).numAffectedRows === 1n
    },
    async remove(clientId) {
      return (await remove(db, { client_id: clientId })).numAffectedRows === 1n
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

export function toClient(row: ClientRow): Client {
  return {
    clientId: row.client_id,
    version: row.version,
    origin: row.origin as Client['origin'],
    metadata: JSON.parse(row.metadata),
    settings: row.settings === '{}' ? {} : JSON.parse(row.settings),
    ...(row.secret_hash !== null && { secretHash: row.secret_hash }),
    rotatedSecretHashes: row.rotated_secret_hashes === '[]' ? [] : JSON.parse(row.rotated_secret_hashes),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
