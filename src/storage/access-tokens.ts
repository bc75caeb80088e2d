import type { AccessToken, AccessTokenStore, KeepAccessToken } from '../core/tokens/access-token.ts'
import type { Connection, Database } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { insertForClient } from './insert-for-client.ts'
import { prepared } from './prepared.ts'
import type { AccessTokenRow } from './schema.ts'

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

const insert = insertForClient<AccessTokenRow>('access_tokens', accessTokenColumns)

const select = prepared<{ hash: string }, AccessTokenRow>(
  ['hash'],
  (db, { hash }) => db.selectFrom('access_tokens').selectAll().where('hash', '=', hash),
  { findsOne: true },
)

const removeOfGrant = prepared<{ grant_id: string }, unknown>(['grant_id'], (db, { grant_id }) =>
  db.deleteFrom('access_tokens').where('grant_id', '=', grant_id),
)

/** Opaque access tokens, as their hashes, until they expire or their client goes. */
export function accessTokenStore(db: Connection): AccessTokenStore {
  return {
    async add(token) {
      return (await insert(db, toRow(token))).numAffectedRows === 1n
    },
    async find(hash) {
      const [row] = (await select(db, { hash })).rows
      if (!row) return undefined
      // The row goes with its client, so a token that is found has one.
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
      }
    },
    async remove(hash, clientId) {
      const { numDeletedRows } = await db
        .deleteFrom('access_tokens')
        .where('hash', '=', hash)
        .where('client_id', '=', clientId)
        .executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },
    async removeOfGrant(grantId) {
      await removeOfGrant(db, { grant_id: grantId })
    },
    async removeAll(clientId) {
      await db.deleteFrom('access_tokens').where('client_id', '=', clientId).execute()
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'access_tokens', now, limit),
  }
}

/** Adds each token in an act of its own. */
export function accessTokenKeeper({ keepAccessToken, transact }: Database): KeepAccessToken {
  return (token) => (keepAccessToken ? keepAccessToken(toRow(token)) : transact((db) => accessTokenStore(db).add(token)))
}

const toRow = (token: AccessToken): AccessTokenRow => ({
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
})
