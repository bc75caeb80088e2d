import type { Kysely } from 'kysely'
import type { AccessTokenStore } from '../core/tokens/access-token.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'
import type { AccessTokenRow, Schema } from './schema.ts'

const columns = ['hash', 'client_id', 'subject', 'scope', 'audience', 'issued_at', 'expires_at'] as const

const insert = prepared<AccessTokenRow, unknown>(columns, (db, row) => db.insertInto('access_tokens').values(row))

const select = prepared<{ hash: string }, AccessTokenRow>(['hash'], (db, { hash }) =>
  db.selectFrom('access_tokens').selectAll().where('hash', '=', hash),
)

/** Opaque access tokens, as their hashes, until they expire or their client goes. */
export function accessTokenStore(db: Kysely<Schema>): AccessTokenStore {
  return {
    async add({ hash, clientId, subject, scope, audience, issuedAt, expiresAt }) {
      await insert(db, {
        hash,
        client_id: clientId,
        subject,
        scope: scope.join(' '),
        audience: JSON.stringify(audience),
        issued_at: issuedAt,
        expires_at: expiresAt,
      })
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
      }
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'access_tokens', 'hash', now, limit),
  }
}
