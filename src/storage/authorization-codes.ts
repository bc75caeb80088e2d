import type { AuthorizationCodeStore } from '../core/authorization/authorization-code.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'
import type { AuthorizationCodeRow } from './schema.ts'

const columns = ['hash', 'grant_id', 'redirect_uri', 'code_challenge', 'expires_at'] as const

const insert = prepared<Omit<AuthorizationCodeRow, 'spent_at'>, unknown>(columns, (db, row) =>
  db
    .insertInto('authorization_codes')
    .columns([...columns])
    .expression((from) =>
      from
        .selectFrom('grants')
        .select((value) => columns.map((name) => value.val(row[name]).as(name)))
        .where('id', '=', row.grant_id),
    ),
)

const select = prepared<{ hash: string }, AuthorizationCodeRow>(
  ['hash'],
  (db, { hash }) =>
    db
      .selectFrom('authorization_codes')
      .select([...columns, 'spent_at'])
      .where('hash', '=', hash),
  { findsOne: true },
)

const spend = prepared<{ hash: string; at: number }, unknown>(['hash', 'at'], (db, { hash, at }) =>
  db.updateTable('authorization_codes').set({ spent_at: at }).where('hash', '=', hash).where('spent_at', 'is', null),
)

/** Authorization codes, as their hashes, until they expire. */
export function authorizationCodeStore(db: Connection): AuthorizationCodeStore {
  return {
    async add({ hash, grantId, redirectUri, codeChallenge, expiresAt }) {
      const row = { hash, grant_id: grantId, redirect_uri: redirectUri ?? null, code_challenge: codeChallenge ?? null }
      await insert(db, { ...row, expires_at: expiresAt })
    },
    async find(hash) {
      const [row] = (await select(db, { hash })).rows
      return (
        row && {
          hash,
          grantId: row.grant_id,
          ...(row.redirect_uri !== null && { redirectUri: row.redirect_uri }),
          ...(row.code_challenge !== null && { codeChallenge: row.code_challenge }),
          expiresAt: row.expires_at,
          ...(row.spent_at !== null && { spentAt: row.spent_at }),
        }
      )
    },
    async spend(hash, at) {
      return (await spend(db, { hash, at })).numAffectedRows === 1n
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'authorization_codes', now, limit),
  }
}
