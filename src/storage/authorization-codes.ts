import type { AuthorizationCodeStore } from '../core/authorization/authorization-code.ts'
import type { Connection } from './connection.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'
import type { AuthorizationCodeRow } from './schema.ts'

const columns = ['hash', 'grant_id', 'redirect_uri', 'code_challenge', 'expires_at'] as const

const insert = prepared<Omit<AuthorizationCodeRow, 'spent_at'>>((queries, value) =>
  queries
    .insertInto('authorization_codes')
    .columns([...columns])
    .expression((from) =>
      from
        .selectFrom('grants')
        .select(columns.map((name) => value(name).as(name)))
        .where('id', '=', value('grant_id')),
    ),
)

const select = prepared<{ hash: string }, AuthorizationCodeRow>(
  (queries, value) =>
    queries
      .selectFrom('authorization_codes')
      .select([...columns, 'spent_at'])
      .where('hash', '=', value('hash')),
  { findsOne: true },
)

const spend = prepared<{ hash: string; at: number }>((queries, value) =>
  queries
    .updateTable('authorization_codes')
    .set({ spent_at: value('at') })
    .where('hash', '=', value('hash'))
    .where('spent_at', 'is', null),
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
      return (await spend(db, { hash, at })).changes === 1
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'authorization_codes', now, limit),
  }
}
