import { sql } from 'kysely'
import type { Grant, GrantStore } from '../core/grants/grant.ts'
import type { Connection, Queries } from './connection.ts'
import { listGrants } from './grant-list.ts'
import { consentsOf, grantIsInForce, isOfClient } from './in-force.ts'
import { prepared } from './prepared.ts'
import { queueConsents, queueGrant } from './removal-queue.ts'
import { removeExpiredGrants } from './removed-grants.ts'
import type { GrantRow } from './schema.ts'
import { raise } from './subject-generations.ts'

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

const readColumns = [...columns, 'tokens_ended_at', 'generation'] as const

type ReadRow = Pick<GrantRow, (typeof readColumns)[number]>

/** For a client that is there; where the grant rests on a remembered one, only while that one counts. */
const insertWhile = (isRemembered: boolean) =>
  prepared<NewRow & { generation: number; remembered: string }>((queries, value) =>
    queries
      .insertInto('grants')
      .columns([...columns, 'generation', 'consents'])
      .expression((from) =>
        from
          .selectFrom('clients')
          .select([
            ...columns.map((name) => value(name).as(name)),
            'clients.generation',
            consentsOf(value('subject'), sql.ref('clients.client_id')).as('consents'),
          ])
          .where('client_id', '=', value('client_id'))
          .where('removed_at', 'is', null)
          .where('generation', '=', value('generation'))
          .$if(isRemembered, (seen) =>
            seen.where(({ exists }) => exists(inForce(queries).select('id').where('id', '=', value('remembered')))),
          ),
      ),
  )

const inForce = (queries: Queries) => queries.selectFrom('grants').where(grantIsInForce)

const insert = insertWhile(false)
const insertRemembered = insertWhile(true)

const select = prepared<{ id: string }, ReadRow>((queries, value) => inForce(queries).select(readColumns).where('id', '=', value('id')), {
  findsOne: true,
})

/**
 * The newest, with those among them that do not count: how many the database looks at does not depend on how many there are. They are
 * distinguished by a column and not by a condition, which would apply the limit to those that count.
 */
const remembered = prepared<{ subject: string; client_id: string; now: number }, ReadRow & { counts: number }>((queries, value) =>
  queries
    .selectFrom('grants')
    .select(readColumns)
    .select(sql<number>`case when remembered_until > ${value('now')} and ${grantIsInForce} then 1 else 0 end`.as('counts'))
    .where('subject', '=', value('subject'))
    .where('client_id', '=', value('client_id'))
    .where('remembered_until', 'is not', null)
    .orderBy('granted_at', 'desc')
    // Written out: SQLite prepares a statement anew at every run where its limit is a parameter.
    .limit(sql.lit(32)),
)

/** An update that finds a grant in force locks its row, so that its tokens cannot be ended meanwhile; its condition covers everything else that ends it. */
const keep = prepared<{ id: string; until: number; ended: number }>((queries, value) =>
  queries
    .updateTable('grants')
    .set({
      expires_at: sql<number>`case when expires_at > ${value('until')} then expires_at else ${value('until')} end`,
      access_epoch: sql<number>`access_epoch + ${value('ended')}`,
    })
    .where('id', '=', value('id'))
    .where('tokens_ended_at', 'is', null)
    .where(grantIsInForce),
)

const endTokens = prepared<{ id: string; at: number }>((queries, value) =>
  queries
    .updateTable('grants')
    .set({ tokens_ended_at: value('at') })
    .where('id', '=', value('id'))
    .where('tokens_ended_at', 'is', null),
)

/** What persons granted to clients, until it is no longer remembered and its last token has expired. */
export function grantStore(db: Connection): GrantStore {
  return {
    async open(grant, rememberedId) {
      const row = { ...toRow(grant), generation: grant.generation, remembered: rememberedId ?? '' }
      return (await (rememberedId === undefined ? insert : insertRemembered)(db, row)).changes === 1
    },
    async find(id) {
      const [row] = (await select(db, { id })).rows
      return row && toGrant(row)
    },
    async remembered(subject, clientId, now) {
      const { rows } = await remembered(db, { subject, client_id: clientId, now })
      return rows.filter(({ counts }) => counts === 1).map(toGrant)
    },
    async keep(id, until, endsAccess = false) {
      return (await keep(db, { id, until, ended: Number(endsAccess) })).changes === 1
    },
    async setClaims(id, claims) {
      await db.change(
        db.queries
          .updateTable('grants')
          .set({ claims: JSON.stringify(claims) })
          .where('id', '=', id),
      )
    },
    async endTokens(id, at) {
      return (await endTokens(db, { id, at })).changes === 1
    },
    withdraw: (which, at) => ('id' in which ? withdrawOne(db, which.id, at) : withdrawAll(db, which.subject, which.clientId, at)),
    async list(page) {
      const { rows, next } = await listGrants(db, page)
      return { grants: rows.map(toGrant), next }
    },
    removeExpired: (now, limit) => removeExpiredGrants(db, now, limit),
  }
}

async function withdrawOne(db: Connection, id: string, at: number): Promise<boolean> {
  if ((await select(db, { id })).rows.length === 0) return false
  await db.change(db.queries.updateTable('grants').set({ withdrawn_at: at }).where('id', '=', id))
  await queueGrant(db, id, at)
  return true
}

/**
 * A grant that is stored meanwhile carries the count from before, and so does not count. Where there is no row there is nothing to end; a
 * row may be of a grant that was withdrawn before and is not removed yet, as a search for another would pass over all of these.
 */
async function withdrawAll(db: Connection, subject: string, clientId: string | undefined, at: number): Promise<boolean> {
  const any = db.queries
    .selectFrom('grants')
    .select('id')
    .where('subject', '=', subject)
    .$if(clientId !== undefined, (some) => some.where(isOfClient(clientId as string)))
    .limit(1)
  if (!(await db.first(any))) return false
  await raise(db, 'consents', subject, clientId ?? '')
  await queueConsents(db, subject, clientId ?? '', at)
  return true
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

function toGrant(row: ReadRow): Grant {
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
    generation: row.generation,
  }
}
