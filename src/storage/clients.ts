import { sql } from 'kysely'
import type { Client, ClientPage, ClientStore, ClientsFound, ListedClient } from '../core/clients/client.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { endOfPage, pageOf } from './page-bounds.ts'
import { prepared } from './prepared.ts'
import { clientRemovalDelay, queueClient } from './removal-queue.ts'
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

type WrittenRow = Pick<ClientRow, (typeof columns)[number]>

const listed = ['client_id', 'metadata', 'settings', 'created_at', 'updated_at'] as const

type ListedRow = Pick<ClientRow, (typeof listed)[number]>

/** What is read of a client. */
export const clientColumns = [
  ...listed,
  'version',
  'origin',
  'secret_hash',
  'rotated_secret_hashes',
  'tokens_valid_after',
  'generation',
] as const

export type ReadClientRow = Pick<ClientRow, (typeof clientColumns)[number]>

/**
 * A client under the id of one that was removed gets nothing of what that one was issued: neither while the removed row is there, which
 * it takes over, nor afterwards.
 */
const insert = prepared<WrittenRow, unknown>(columns, (db, row) =>
  db
    .insertInto('clients')
    .values((from) => {
      const removed = from.selectFrom('removed_clients').where('client_id', '=', row.client_id)
      const later = removed.where('tokens_valid_after', '>', row.tokens_valid_after)
      return {
        ...row,
        tokens_valid_after: from.fn.coalesce(later.select('tokens_valid_after'), from.val(row.tokens_valid_after)),
        generation: from.fn.coalesce(removed.select('generation'), sql.lit(1)),
        token_epoch: 0,
      }
    })
    .onConflict((conflict) =>
      conflict
        .column('client_id')
        .doUpdateSet(({ ref }) => ({
          ...(Object.fromEntries(columns.map((name) => [name, ref(`excluded.${name}`)])) as Record<string, never>),
          tokens_valid_after: sql<number>`case when clients.tokens_valid_after > excluded.tokens_valid_after
            then clients.tokens_valid_after else excluded.tokens_valid_after end`,
          removed_at: null,
        }))
        .where('clients.removed_at', 'is not', null),
    ),
)

const select = prepared<{ client_id: string }, ReadClientRow>(
  ['client_id'],
  (db, { client_id }) => db.selectFrom('clients').select(clientColumns).where('client_id', '=', client_id).where('removed_at', 'is', null),
  { findsOne: true },
)

/** An update that changes nothing locks the row, on every database, and gives what is in it by then. */
const lock = prepared<{ client_id: string }, ReadClientRow>(['client_id'], (db, { client_id }) =>
  db
    .updateTable('clients')
    .set((row) => ({ version: row.ref('version') }))
    .where('client_id', '=', client_id)
    .where('removed_at', 'is', null)
    .returning(clientColumns),
)

const update = prepared<WrittenRow & { seen: number; generation: number }, unknown>([...columns, 'seen', 'generation'], (db, row) => {
  // What its tokens must be younger than is changed by `endTokens` and `remove` alone: a write of the client that began before one of
  // them must not undo it.
  const { client_id, seen, generation, origin: _origin, created_at: _createdAt, tokens_valid_after: _validAfter, ...changed } = row
  return db
    .updateTable('clients')
    .set(changed)
    .where('client_id', '=', client_id)
    .where('version', '=', seen)
    .where('generation', '=', generation)
    .where('removed_at', 'is', null)
})

/** Tokens that are being made, or were made ahead of our clock, are behind this time, too. */
const remove = prepared<{ client_id: string; at: number; ends_tokens_until: number }, unknown>(
  ['client_id', 'at', 'ends_tokens_until'],
  (db, { client_id, at, ends_tokens_until }) =>
    db
      .updateTable('clients')
      .set((row) => ({
        removed_at: at,
        generation: row('generation', '+', 1),
        tokens_valid_after: laterThan(ends_tokens_until),
        secret_hash: null,
        rotated_secret_hashes: '[]',
        // Its metadata may name people. It is deleted at once, also from the columns that repeat it.
        metadata: '{}',
        settings: '{}',
        client_name: '',
        owner: '',
        id_token_alg: null,
        userinfo_alg: null,
      }))
      .where('client_id', '=', client_id)
      .where('removed_at', 'is', null),
)

const removeRegistrationToken = prepared<{ client_id: string }, unknown>(['client_id'], (db, { client_id }) =>
  db.deleteFrom('registration_access_tokens').where('client_id', '=', client_id),
)

/** `at`, or where the client's time is there already, a millisecond more: later than every token that was made by then. */
const laterThan = (at: number) => sql<number>`case when tokens_valid_after < ${at} then ${at} else tokens_valid_after + 1 end`

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
      const present = db.selectFrom('clients').select(clientColumns).where('removed_at', 'is', null)
      return (await present.where('client_id', 'in', clientIds).execute()).map(toClient)
    },
    async hold(clientId) {
      const [row] = (await lock(db, { client_id: clientId })).rows
      return row && toClient(row)
    },
    async replace(client) {
      const { generation } = client
      return (await update(db, { ...toRow(client), generation, seen: client.version - 1 })).numAffectedRows === 1n
    },
    async remove(clientId, at, endsTokensUntil) {
      const [{ numAffectedRows }] = await Promise.all([
        remove(db, { client_id: clientId, at, ends_tokens_until: endsTokensUntil }),
        removeRegistrationToken(db, { client_id: clientId }),
        queueClient(db, { client_id: clientId, due_at: at + clientRemovalDelay }),
      ])
      return numAffectedRows === 1n
    },
    async endTokens(clientId, at) {
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set((row) => ({ tokens_valid_after: laterThan(at), token_epoch: row('token_epoch', '+', 1) }))
        .where('client_id', '=', clientId)
        .where('removed_at', 'is', null)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'removed_clients', now, limit),
    async countSignedWith(algs, most) {
      const some = db.selectFrom('clients').select('client_id').where('removed_at', 'is', null).limit(most)
      const byIdToken = await some.where('id_token_alg', 'in', algs).execute()
      const byUserinfo = await some
        .where('userinfo_alg', 'in', algs)
        .where((where) => where.or([where('id_token_alg', 'is', null), where('id_token_alg', 'not in', algs)]))
        .execute()
      return Math.min(byIdToken.length + byUserinfo.length, most)
    },
    list: (page) => listClients(db, page),
  }
}

/** As `listGrants`: one range of one index, and a place in it where the page has to end. Removed clients are passed over, until they are gone. */
async function listClients(db: Connection, { after, limit, clientName, owner }: ClientPage): Promise<ClientsFound> {
  let range = db.selectFrom('clients').orderBy('client_id')
  if (after !== undefined) range = range.where('client_id', '>', after)
  // Of both filters the owner's has the index: clients choose their names, and the operator gives them to owners.
  if (owner !== undefined) range = range.where('owner', '=', owner)
  else if (clientName !== undefined) range = range.where('client_name', '=', clientName)
  const end = await range.select('client_id').limit(1).offset(endOfPage(limit)).executeTakeFirst()
  let page = range.select(listed).where('removed_at', 'is', null)
  if (end) page = page.where('client_id', '<=', end.client_id)
  // In an expression, so that its index is not used.
  if (owner !== undefined && clientName !== undefined) page = page.where(sql<boolean>`client_name || '' = ${clientName}`)
  const { rows, last } = pageOf<Pick<ClientRow, 'client_id'>, ListedRow>(await page.limit(limit + 1).execute(), limit, end)
  return { clients: rows.map(toListed), next: last?.client_id }
}

function toRow(client: Client): WrittenRow {
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

const toListed = (row: ListedRow): ListedClient => ({
  clientId: row.client_id,
  metadata: JSON.parse(row.metadata),
  settings: row.settings === '{}' ? {} : JSON.parse(row.settings),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export function toClient(row: ReadClientRow): Client {
  return {
    ...toListed(row),
    version: row.version,
    origin: row.origin as Client['origin'],
    ...(row.secret_hash !== null && { secretHash: row.secret_hash }),
    rotatedSecretHashes: row.rotated_secret_hashes === '[]' ? [] : JSON.parse(row.rotated_secret_hashes),
    tokensValidAfter: row.tokens_valid_after,
    generation: row.generation,
  }
}
