import { sql } from 'kysely'
import type { Client, ClientStore, ListedClient } from '../core/clients/client.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'
import type { ClientRow } from './schema.ts'

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
  'tokens_valid_after',
  'id_token_alg',
  'userinfo_alg',
] as const

/** A client under the id of one that was just removed does not get that one's tokens. */
const insert = prepared<ClientRow, unknown>(columns, (db, row) =>
  db
    .insertInto('clients')
    .values((from) => ({
      ...row,
      tokens_valid_after: from.fn.coalesce(
        from
          .selectFrom('removed_clients')
          .select('tokens_valid_after')
          .where('client_id', '=', row.client_id)
          .where('tokens_valid_after', '>', row.tokens_valid_after),
        from.val(row.tokens_valid_after),
      ),
    }))
    .onConflict((conflict) => conflict.column('client_id').doNothing()),
)

const select = prepared<{ client_id: string }, ClientRow>(
  ['client_id'],
  (db, { client_id }) => db.selectFrom('clients').selectAll().where('client_id', '=', client_id),
  { findsOne: true },
)

/** An update that changes nothing locks the row, on every database, and gives what is in it by then. */
const lock = prepared<{ client_id: string }, ClientRow>(['client_id'], (db, { client_id }) =>
  db
    .updateTable('clients')
    .set((row) => ({ version: row.ref('version') }))
    .where('client_id', '=', client_id)
    .returningAll(),
)

const update = prepared<ClientRow & { seen: number }, unknown>([...columns, 'seen'], (db, row) => {
  // What its tokens must be younger than is changed by `endTokens` alone: a write of the client that began before it must not undo it.
  const { client_id, seen, origin: _origin, created_at: _createdAt, tokens_valid_after: _validAfter, ...changed } = row
  return db.updateTable('clients').set(changed).where('client_id', '=', client_id).where('version', '=', seen)
})

/** Tokens that are being made, or were made ahead of our clock, are behind this time, too. */
const removal = prepared<{ client_id: string; at: number; expires_at: number }, unknown>(
  ['client_id', 'at', 'expires_at'],
  (db, { client_id, at, expires_at }) =>
    db
      .insertInto('removed_clients')
      .columns(['client_id', 'tokens_valid_after', 'expires_at'])
      .expression((from) =>
        from
          .selectFrom('clients')
          .select((value) => ['client_id', laterThan(at).as('tokens_valid_after'), value.val(expires_at).as('expires_at')])
          .where('client_id', '=', client_id),
      )
      .onConflict((conflict) =>
        conflict.column('client_id').doUpdateSet((row) => ({
          tokens_valid_after: row.ref('excluded.tokens_valid_after'),
          expires_at: row.ref('excluded.expires_at'),
        })),
      ),
)

/** `at`, or where the client's time is there already, a millisecond more: later than every token that was made by then. */
const laterThan = (at: number) => sql<number>`case when tokens_valid_after < ${at} then ${at} else tokens_valid_after + 1 end`

const remove = prepared<{ client_id: string }, unknown>(['client_id'], (db, { client_id }) =>
  db.deleteFrom('clients').where('client_id', '=', client_id),
)

/** Milliseconds for which the time of a removed client is kept: once the clock has passed it, it says nothing new. */
const keptFor = 60_000

/** The registry: one row a client. */
export function clientStore(db: Connection): ClientStore {
  return {
    async add(client) {
      return (await insert(db, toRow(client))).numAffectedRows === 1n
    },
    async find(clientId) {
      const [row] = (await select(db, { client_id: clientId })).rows
      return row && toClient(row)
    },
    async findMany(clientIds) {
      if (clientIds.length === 0) return []
      return (await db.selectFrom('clients').selectAll().where('client_id', 'in', clientIds).execute()).map(toClient)
    },
    async hold(clientId) {
      const [row] = (await lock(db, { client_id: clientId })).rows
      return row && toClient(row)
    },
    async replace(client) {
      return (await update(db, { ...toRow(client), seen: client.version - 1 })).numAffectedRows === 1n
    },
    async markRemoval(clientId, at) {
      await removal(db, { client_id: clientId, at, expires_at: at + keptFor })
    },
    async remove(clientId) {
      return (await remove(db, { client_id: clientId })).numAffectedRows === 1n
    },
    async endTokens(clientId, at) {
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set({ tokens_valid_after: laterThan(at) })
        .where('client_id', '=', clientId)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'removed_clients', now, limit),
    async countSignedWith(algs, most) {
      const some = db.selectFrom('clients').select('client_id').limit(most)
      const byIdToken = await some.where('id_token_alg', 'in', algs).execute()
      const byUserinfo = await some
        .where('userinfo_alg', 'in', algs)
        .where((where) => where.or([where('id_token_alg', 'is', null), where('id_token_alg', 'not in', algs)]))
        .execute()
      return Math.min(byIdToken.length + byUserinfo.length, most)
    },
    async list({ after, limit, clientName, owner }) {
      let query = db.selectFrom('clients').select(listed).orderBy('client_id').limit(limit)
      if (after !== undefined) query = query.where('client_id', '>', after)
      if (clientName !== undefined) query = query.where('client_name', '=', clientName)
      if (owner !== undefined) query = query.where('owner', '=', owner)
      return (await query.execute()).map(toListed)
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
    tokens_valid_after: client.tokensValidAfter,
    id_token_alg: client.metadata.idTokenSignedResponseAlg ?? null,
    userinfo_alg: client.metadata.userinfoSignedResponseAlg ?? null,
  }
}

const listed = ['client_id', 'metadata', 'settings', 'created_at', 'updated_at'] as const

const toListed = (row: Pick<ClientRow, (typeof listed)[number]>): ListedClient => ({
  clientId: row.client_id,
  metadata: JSON.parse(row.metadata),
  settings: row.settings === '{}' ? {} : JSON.parse(row.settings),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export function toClient(row: ClientRow): Client {
  return {
    ...toListed(row),
    version: row.version,
    origin: row.origin as Client['origin'],
    ...(row.secret_hash !== null && { secretHash: row.secret_hash }),
    rotatedSecretHashes: row.rotated_secret_hashes === '[]' ? [] : JSON.parse(row.rotated_secret_hashes),
    tokensValidAfter: row.tokens_valid_after,
  }
}
