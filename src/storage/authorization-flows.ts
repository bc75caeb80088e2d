import { sql } from 'kysely'
import type { AuthorizationFlow, AuthorizationFlowStore, Step } from '../core/authorization/authorization-flow.ts'
import type { Connection } from './connection.ts'
import { evictOldest } from './evict-oldest.ts'
import { removeExpiredRows } from './expiry.ts'
import { generationOf } from './in-force.ts'
import { insertForClient } from './insert-for-client.ts'
import { prepared } from './prepared.ts'
import type { AuthorizationFlowRow } from './schema.ts'

const columns = ['id', 'client_id', 'address', 'created_at', 'expires_at', 'request', 'session', 'login_challenge', 'login_csrf'] as const

type NewRow = Pick<AuthorizationFlowRow, (typeof columns)[number]>

const readColumns = [
  ...columns,
  'generation',
  'login',
  'login_verifier',
  'login_spent_at',
  'consent_challenge',
  'consent_csrf',
  'consent_skip',
  'consent',
  'consent_verifier',
  'consent_spent_at',
] as const

type ReadRow = Pick<AuthorizationFlowRow, (typeof readColumns)[number]>

const insert = insertForClient<NewRow>('authorization_flows', columns, { taken: ['generation'] })

/** The oldest without an accepted login, where an address has too many of them. */
const evict = evictOldest('authorization_flows', 'address', 'login_accepted_at')

const select = prepared<{ id: string }, ReadRow>(
  (queries, value) =>
    queries
      .selectFrom('authorization_flows')
      .select(readColumns)
      .where('id', '=', value('id'))
      .where('generation', '=', generationOf(sql.ref('authorization_flows.client_id'))),
  { findsOne: true },
)

const decideLogin = prepared<{ id: string; login: string; verifier: string; accepted_at: number | null }>((queries, value) =>
  queries
    .updateTable('authorization_flows')
    .set({ login: value('login'), login_verifier: value('verifier'), login_accepted_at: value('accepted_at') })
    .where('id', '=', value('id'))
    .where('login_spent_at', 'is', null),
)

const passLogin = prepared<{ id: string; verifier: string; at: number; challenge: string; csrf: string; skip: number }>((queries, value) =>
  queries
    .updateTable('authorization_flows')
    .set({
      login_spent_at: value('at'),
      consent_challenge: value('challenge'),
      consent_csrf: value('csrf'),
      consent_skip: value('skip'),
    })
    .where('id', '=', value('id'))
    .where('login_verifier', '=', value('verifier'))
    .where('login_spent_at', 'is', null),
)

const decideConsent = prepared<{ id: string; consent: string; verifier: string }>((queries, value) =>
  queries
    .updateTable('authorization_flows')
    .set({ consent: value('consent'), consent_verifier: value('verifier') })
    .where('id', '=', value('id'))
    .where('consent_challenge', 'is not', null)
    .where('consent_spent_at', 'is', null),
)

const passConsent = prepared<{ id: string; verifier: string; at: number }>((queries, value) =>
  queries
    .updateTable('authorization_flows')
    .set({ consent_spent_at: value('at') })
    .where('id', '=', value('id'))
    .where('consent_verifier', '=', value('verifier'))
    .where('consent_spent_at', 'is', null),
)

/** The ways from authorization requests to codes, until they expire: what was spent must be recognised when it comes back. */
export function authorizationFlowStore(db: Connection): AuthorizationFlowStore {
  return {
    async add(flow, limit) {
      const [{ changes }] = await Promise.all([insert(db, toRow(flow)), evict(db, { owner: flow.address, newest: limit })])
      return changes === 1
    },
    async find(id) {
      const [row] = (await select(db, { id })).rows
      return row && toFlow(row)
    },
    async decideLogin(id, decision, verifier) {
      const accepted_at = decision.kind === 'accepted' ? decision.at : null
      return (await decideLogin(db, { id, login: JSON.stringify(decision), verifier, accepted_at })).changes === 1
    },
    async passLogin(id, verifier, at, { challenge, csrf, skip }) {
      return (await passLogin(db, { id, verifier, at, challenge, csrf, skip: Number(skip) })).changes === 1
    },
    async decideConsent(id, decision, verifier) {
      return (await decideConsent(db, { id, consent: JSON.stringify(decision), verifier })).changes === 1
    },
    async passConsent(id, verifier, at) {
      return (await passConsent(db, { id, verifier, at })).changes === 1
    },
    removeExpired: (now, limit) => removeExpiredRows(db, 'authorization_flows', now, limit),
  }
}

const toRow = (flow: AuthorizationFlow): NewRow & { generation: number } => ({
  generation: flow.generation,
  id: flow.id,
  client_id: flow.clientId,
  address: flow.address,
  created_at: flow.createdAt,
  expires_at: flow.expiresAt,
  request: JSON.stringify(flow.request),
  session: JSON.stringify(flow.session),
  login_challenge: flow.login.challenge,
  login_csrf: flow.login.csrf,
})

function toFlow(row: ReadRow): AuthorizationFlow {
  const consent =
    row.consent_challenge !== null && row.consent_csrf !== null
      ? {
          skip: row.consent_skip === 1,
          ...toStep<never>(row.consent_challenge, row.consent_csrf, row.consent, row.consent_verifier, row.consent_spent_at),
        }
      : undefined
  return {
    id: row.id,
    clientId: row.client_id,
    generation: row.generation,
    address: row.address,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    request: JSON.parse(row.request),
    session: JSON.parse(row.session),
    login: toStep<never>(row.login_challenge, row.login_csrf, row.login, row.login_verifier, row.login_spent_at),
    ...(consent && { consent }),
  }
}

function toStep<Decision>(
  challenge: string,
  csrf: string,
  decision: string | null,
  verifier: string | null,
  spentAt: number | null,
): Step<Decision> {
  return {
    challenge,
    csrf,
    ...(decision !== null && { decision: JSON.parse(decision) }),
    ...(verifier !== null && { verifier }),
    ...(spentAt !== null && { spentAt }),
  }
}
