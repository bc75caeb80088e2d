import { sql } from 'kysely'
import type { Grant, GrantStore } from '../core/tokens/grant.ts'
import type { Connection } from './database.ts'
import { removeExpiredRows } from './expiry.ts'
import { prepared } from './prepared.ts'
import type { GrantRow } from './schema.ts'

const columns = [
  'id',
  'client_id',
  'subject',
  'session_id',
  'scope',
  'audience',
  'claims',
  'authentication',
  'consent',
  'consent_skipped',
  'terms',
  'remembered_until',
  'granted_at',
  'expires_at',
] as const

type NewRow = Pick<GrantRow, (typeof columns)[number]>

const insert = prepared<NewRow, unknown>(columns, (db, row) => db.insertInto('grants').values(row))

const select = prepared<{ id: string }, GrantRow>(['id'], (db, { id }) => db.selectFrom('grants').selectAll().where('id', '=', id), {
  findsOne: true,
})

const remembered = prepared<{ subject: string; client_id: string; now: number }, GrantRow>(
  ['subject', 'client_id', 'now'],
  (db, { subject, client_id, now }) =>
    db
      .selectFrom('grants')
      .selectAll()
      .where('subject', '=', subject)
      .where('client_id', '=', client_id)
      .where('remembered_until', '>', now)
      .orderBy('granted_at', 'desc')
      // Written out: SQLite prepares a statement anew at every run where its limit is a parameter.
      .limit(sql.lit(32)),
)

/** An update that finds a live grant holds its row, so that nobody ends it meanwhile. */
const keep = prepared<{ id: string; until: number }, unknown>(['id', 'until'], (db, { id, until }) =>
  db
    .updateTable('grants')
    .set({ expires_at: sql<number>`case when expires_at > ${until} then expires_at else ${until} end` })
    .where('id', '=', id)
    .where('tokens_ended_at', 'is', null),
)

/** What persons granted to clients, for as long as it is remembered or a token of it lives. */
export function grantStore(db: Connection): GrantStore {
  return {
    async open(grant) {
      await insert(db, toRow(grant))
    },
    async find(id) {
      const [row] = (await select(db, { id })).rows
      return row && toGrant(row)
    },
    async remembered(subject, clientId, now) {
      return (await remembered(db, { subject, client_id: clientId, now })).rows.map(toGrant)
    },
    async keep(id, until) {
      return (await keep(db, { id, until })).numAffectedRows === 1n
    },
    async setClaims(id, claims) {
      await db
        .updateTable('grants')
        .set({ claims: JSON.stringify(claims) })
        .where('id', '=', id)
        .execute()
    },
    async endTokens(id, at) {
      const [{ numUpdatedRows }] = await Promise.all([
        db
          .updateTable('grants')
          .set({ tokens_ended_at: at })
          .where('id', '=', id)
          .where('tokens_ended_at', 'is', null)
          .executeTakeFirstOrThrow(),
        db.deleteFrom('access_tokens').where('grant_id', '=', id).execute(),
      ])
      return numUpdatedRows === 1n
    },
    async withdraw(which) {
      const all = db.deleteFrom('grants')
      const fitting = 'id' in which ? all.where('id', '=', which.id) : all.where('subject', '=', which.subject)
      const { numDeletedRows } = await fitting
        .$if('clientId' in which && which.clientId !== undefined, (some) =>
          some.where('client_id', '=', (which as { clientId: string }).clientId),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
    async list({ subject, sessionId, withSkipped = false, now, limit, after }) {
      const rows = await db
        .selectFrom('grants')
        .selectAll()
        .where('subject', '=', subject)
        .where('expires_at', '>', now)
        .$if(!withSkipped, (some) => some.where('consent_skipped', '=', 0))
        .$if(sessionId !== undefined, (some) => some.where('session_id', '=', sessionId as string))
        .$if(after !== undefined, (some) =>
          some.where((where) =>
            where.or([
              where('granted_at', '<', after?.grantedAt ?? 0),
              where.and([where('granted_at', '=', after?.grantedAt ?? 0), where('id', '<', after?.id ?? '')]),
            ]),
          ),
        )
        .orderBy('granted_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toGrant)
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'grants', now, limit),
  }
}

const toRow = (grant: Grant): NewRow => ({
  id: grant.id,
  client_id: grant.clientId,
  subject: grant.subject,
  session_id: grant.sessionId,
  scope: grant.scope.join(' '),
  audience: JSON.stringify(grant.audience),
  claims: JSON.stringify(grant.claims),
  authentication: JSON.stringify({ ...grant.authentication, obfuscatedSubject: grant.obfuscatedSubject }),
  consent: JSON.stringify(grant.consent),
  consent_skipped: grant.consent.isSkipped ? 1 : 0,
  terms: grant.terms,
  remembered_until: grant.rememberedUntil ?? null,
  granted_at: grant.grantedAt,
  expires_at: grant.expiresAt,
})

function toGrant(row: GrantRow): Grant {
  const { obfuscatedSubject, ...authentication } = JSON.parse(row.authentication)
  return {
    id: row.id,
    clientId: row.client_id,
    subject: row.subject,
    ...(obfuscatedSubject !== undefined && { obfuscatedSubject }),
    sessionId: row.session_id,
    scope: row.scope === '' ? [] : row.scope.split(' '),
    audience: JSON.parse(row.audience),
    claims: JSON.parse(row.claims),
    authentication,
    consent: JSON.parse(row.consent),
    terms: row.terms,
    ...(row.remembered_until !== null && { rememberedUntil: row.remembered_until }),
    grantedAt: row.granted_at,
    expiresAt: row.expires_at,
    ...(row.tokens_ended_at !== null && { tokensEndedAt: row.tokens_ended_at }),
  }
}
