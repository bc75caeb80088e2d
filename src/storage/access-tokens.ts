import { sql } from 'kysely'
import type { AccessToken, AccessTokenStore, KeepAccessToken } from '../core/tokens/access-token.ts'
import type { Connection } from './connection.ts'
import type { Database, WrittenTokenRow } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { grantIsInForce, tokenIsInForce } from './in-force.ts'
import { insertForClient } from './insert-for-client.ts'
import { prepared } from './prepared.ts'
import { evictOldestTokens } from './token-ceilings.ts'

export const accessTokenColumns = [
  'hash',
  'client_id',
  'subject',
  'scope',
  'audience',
  'issued_at',
  'expires_at',
  'grant_id',
  'ext',
  'obfuscated_subject',
] as const

const insert = insertForClient<WrittenTokenRow>('access_tokens', accessTokenColumns, { taken: ['generation', 'token_epoch'] })

const tokenEpochOfClient = sql<number>`(select owner.token_epoch from clients as owner where owner.client_id = grants.client_id)`

/** The same for a token of a grant, which is under the same generation and has its tokens still. */
const insertOfGrant = prepared<WrittenTokenRow>((queries, value) =>
  queries
    .insertInto('access_tokens')
    .columns([...accessTokenColumns, 'generation', 'token_epoch', 'grant_epoch'])
    .expression((from) =>
      from
        .selectFrom('grants')
        .select([
          ...accessTokenColumns.map((name) => value(name).as(name)),
          'generation',
          tokenEpochOfClient.as('token_epoch'),
          'access_epoch as grant_epoch',
        ])
        .where('id', '=', value('grant_id'))
        .where('client_id', '=', value('client_id'))
        .where('generation', '=', value('generation'))
        .where('tokens_ended_at', 'is', null)
        .where(grantIsInForce),
    ),
)

const select = prepared<{ hash: string }, WrittenTokenRow>(
  (queries, value) =>
    queries
      .selectFrom('access_tokens')
      .select([...accessTokenColumns, 'generation'])
      .where('hash', '=', value('hash'))
      .where(tokenIsInForce),
  { findsOne: true },
)

/** Opaque access tokens, as their hashes, until they expire. */
export function accessTokenStore(db: Connection): AccessTokenStore {
  return {
    async add(token, most) {
      const row = toRow(token)
      const [{ changes }] = await Promise.all([
        row.grant_id === null ? insert(db, row) : insertOfGrant(db, row),
        most !== undefined && evictOldestTokens(db, row, most),
      ])
      return changes === 1
    },
    async find(hash) {
      const [row] = (await select(db, { hash })).rows
      if (!row) return undefined
      return {
        hash,
        clientId: row.client_id,
        subject: row.subject,
        scope: row.scope === '' ? [] : row.scope.split(' '),
        audience: row.audience === '[]' ? [] : JSON.parse(row.audience),
        issuedAt: row.issued_at,
        expiresAt: row.expires_at,
        ...(row.grant_id !== null && { grantId: row.grant_id }),
        ...(row.ext !== null && { ext: JSON.parse(row.ext) }),
        ...(row.obfuscated_subject !== null && { obfuscatedSubject: row.obfuscated_subject }),
        generation: row.generation,
      }
    },
    async remove(hash, clientId) {
      const own = db.queries.deleteFrom('access_tokens').where('hash', '=', hash).where('client_id', '=', clientId)
      return (await db.change(own)) === 1
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'access_tokens', now, limit),
  }
}

/** Adds each token in an act of its own. */
export function accessTokenKeeper({ keepAccessToken, transact }: Database): KeepAccessToken {
  return (token, most) => (keepAccessToken ? keepAccessToken(toRow(token), most) : transact((db) => accessTokenStore(db).add(token, most)))
}

const toRow = (token: AccessToken): WrittenTokenRow => ({
  hash: token.hash,
  client_id: token.clientId,
  subject: token.subject,
  scope: token.scope.join(' '),
  audience: JSON.stringify(token.audience),
  issued_at: token.issuedAt,
  expires_at: token.expiresAt,
  grant_id: token.grantId ?? null,
  ext: token.ext ? JSON.stringify(token.ext) : null,
  obfuscated_subject: token.obfuscatedSubject ?? null,
  generation: token.generation,
})
