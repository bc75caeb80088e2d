import { type RawBuilder, sql } from 'kysely'
import type { Client, ClientPage, ClientStore, ClientsFound, ListedClient } from '../core/clients/client.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { endOfPage, pageOf } from './page-bounds.ts'
import { prepared, rowOf } from './prepared.ts'
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
  'verified_terms',
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
  'verified_terms',
] as const

export type ReadClientRow = Pick<ClientRow, (typeof clientColumns)[number]>

/**
 * A client under the id of a removed one gets nothing that was issued to it: neither while the removed row exists, which it takes over,
 * nor afterwards.
 */
const insert = prepared<WrittenRow>((queries, value) =>
  queries
    .insertInto('clients')
    .values((from) => {
      const removed = from.selectFrom('removed_clients').where('client_id', '=', value('client_id'))
      const later = removed.where('tokens_valid_after', '>', value('tokens_valid_after'))
      return {
        ...rowOf(columns, value),
        tokens_valid_after: from.fn.coalesce(later.select('tokens_valid_after'), value('tokens_valid_after')),
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
  (queries, value) =>
    queries.selectFrom('clients').select(clientColumns).where('client_id', '=', value('client_id')).where('removed_at', 'is', null),
  { findsOne: true },
)

/** An update that changes nothing locks the row, on every database, and gives what is in it by then. */
const lock = prepared<{ client_id: string }, ReadClientRow>((queries, value) =>
  queries
    .updateTable('clients')
    .set((row) => ({ version: row.ref('version') }))
    .where('client_id', '=', value('client_id'))
    .where('removed_at', 'is', null)
    .returning(clientColumns),
)

/**
 * What a client's tokens must be younger than is changed by `endTokens` and `remove` alone: a write of the client that began before one of
 * them must not undo it.
 */
const changeable = [
  'version',
  'client_name',
  'owner',
  'metadata',
  'settings',
  'secret_hash',
  'rotated_secret_hashes',
  'updated_at',
  'id_token_alg',
  'userinfo_alg',
  'verified_terms',
] as const

const update = prepared<WrittenRow & { seen: number; generation: number }>((queries, value) =>
  queries
    .updateTable('clients')
    .set(rowOf(changeable, value))
    .where('client_id', '=', value('client_id'))
    .where('version', '=', value('seen'))
    .where('generation', '=', value('generation'))
    .where('removed_at', 'is', null),
)

/** Tokens that are being made, or were made ahead of our clock, are behind this time, too. */
const remove = prepared<{ client_id: string; at: number; ends_tokens_until: number }>((queries, value) =>
  queries
    .updateTable('clients')
    .set((row) => ({
      removed_at: value('at'),
      generation: row('generation', '+', 1),
      tokens_valid_after: laterThan(value('ends_tokens_until')),
      secret_hash: null,
      rotated_secret_hashes: '[]',
      // Its metadata may name people. It is deleted at once, also from the columns that repeat it.
      metadata: '{}',
      settings: '{}',
      client_name: '',
      owner: '',
      id_token_alg: null,
      userinfo_alg: null,
      verified_terms: null,
    }))
    .where('client_id', '=', value('client_id'))
    .where('removed_at', 'is', null),
)

const removeRegistrationToken = prepared<{ client_id: string }>((queries, value) =>
  queries.deleteFrom('registration_access_tokens').where('client_id', '=', value('client_id')),
)

/** `at`, or where the client's time is there already, a millisecond more: later than every token that was made by then. */
const laterThan = (at: number | RawBuilder<number>) =>
  sql<number>`case when tokens_valid_after < ${at} then ${at} else tokens_valid_after + 1 end`

/** The registry: one row a client. */
export function clientStore(db: Connection): ClientStore {
  return {
    async add(client) {
      return (await insert(db, toRow(client))).changes === 1
    },
    async find(clientId) {
      const [row] = (await select(db, { client_id: clientId })).rows
      return row && toClient(row)
    },
    async findMany(clientIds) {
      if (clientIds.length === 0) return []
      const present = db.queries.selectFrom('clients').select(clientColumns).where('removed_at', 'is', null)
      return (await db.all(present.where('client_id', 'in', clientIds))).map(toClient)
    },
    async hold(clientId) {
      const [row] = (await lock(db, { client_id: clientId })).rows
      return row && toClient(row)
    },
    async replace(client) {
      const { generation } = client
      return (await update(db, { ...toRow(client), generation, seen: client.version - 1 })).changes === 1
    },
    async remove(clientId, at, endsTokensUntil) {
      const [{ changes }] = await Promise.all([
        remove(db, { client_id: clientId, at, ends_tokens_until: endsTokensUntil }),
        removeRegistrationToken(db, { client_id: clientId }),
        queueClient(db, { client_id: clientId, due_at: at + clientRemovalDelay }),
      ])
      return changes === 1
    },
    async endTokens(clientId, at) {
      const client = db.queries.updateTable('clients').where('client_id', '=', clientId).where('removed_at', 'is', null)
      const raised = client.set((row) => ({ tokens_valid_after: laterThan(at), token_epoch: row('token_epoch', '+', 1) }))
      return (await db.change(raised)) === 1
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'removed_clients', now, limit),
    async countSignedWith(algs, most) {
      const some = db.queries.selectFrom('clients').select('client_id').where('removed_at', 'is', null).limit(most)
      const byIdToken = await db.all(some.where('id_token_alg', 'in', algs))
      const byUserinfo = await db.all(
        some
          .where('userinfo_alg', 'in', algs)
          .where((where) => where.or([where('id_token_alg', 'is', null), where('id_token_alg', 'not in', algs)])),
      )
      return Math.min(byIdToken.length + byUserinfo.length, most)
    },
    list: (page) => listClients(db, page),
  }
}

/** As `listGrants`: one range of one index, and a place in it where the page has to end. Removed clients are passed over until their rows are removed. */
async function listClients(db: Connection, { after, limit, clientName, owner }: ClientPage): Promise<ClientsFound> {
  let range = db.queries.selectFrom('clients').orderBy('client_id')
  if (after !== undefined) range = range.where('client_id', '>', after)
  // Of both filters the owner's has the index: clients choose their names, and the operator gives them to owners.
  if (owner !== undefined) range = range.where('owner', '=', owner)
  else if (clientName !== undefined) range = range.where('client_name', '=', clientName)
  const end = await db.first(range.select('client_id').limit(1).offset(endOfPage(limit)))
  let page = range.select(listed).where('removed_at', 'is', null)
  if (end) page = page.where('client_id', '<=', end.client_id)
  // In an expression, so that its index is not used.
  if (owner !== undefined && clientName !== undefined) page = page.where(sql<boolean>`client_name || '' = ${clientName}`)
  const { rows, last } = pageOf<Pick<ClientRow, 'client_id'>, ListedRow>(await db.all(page.limit(limit + 1)), limit, end)
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
    verified_terms: client.verifiedTerms ?? null,
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
    ...(row.verified_terms !== null && { verifiedTerms: row.verified_terms }),
  }
}
