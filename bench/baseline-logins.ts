/**
 * The baseline of a login: the reads and writes of the server from the authorization request to the code, each step's writes in one
 * transaction. Handles and CSRF values are compared; nothing else is checked.
 */
import type { IncomingMessage } from 'node:http'
import { makeHandle, makeRowId } from '../src/lib/handle.ts'
import { sameText, sha256 } from '../src/lib/hash.ts'
import { randomToken, systemRandomness, timedUuid } from '../src/lib/random.ts'
import type { Answer } from './baseline-http.ts'
import { findClient, grantIsInForce, type Store } from './baseline-store.ts'

interface FlowRow {
  readonly id: string
  readonly client_id: string
  readonly created_at: number
  readonly request: string
  readonly session: string
  readonly login_csrf: string
  readonly login: string
  readonly consent_csrf: string
  readonly consent: string
}

type Step = 'login' | 'consent'

const hourMs = 3_600_000
const application = 'https://login.example.com/'
const noClaims = '{"accessToken":{},"idToken":{}}'

export function baselineLogins(store: Store, issuer: string) {
  const client = findClient(store)
  const flowById = store.find<FlowRow>(`SELECT * FROM authorization_flows WHERE id = ? AND generation = (SELECT o.generation FROM clients o
     WHERE o.client_id = authorization_flows.client_id AND o.removed_at IS NULL)`)
  const rememberedGrants = store.list<object>(
    `SELECT * FROM grants WHERE subject = ? AND client_id = ? AND remembered_until > ? AND ${grantIsInForce}
     ORDER BY granted_at DESC LIMIT 32`,
  )

  const insertFlow = store.write(
    `INSERT INTO authorization_flows (id, client_id, address, created_at, expires_at, request, session, login_challenge, login_csrf)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const makeRoom = store.write(
    `DELETE FROM authorization_flows WHERE id IN (SELECT id FROM authorization_flows
     WHERE address = ? AND login_accepted_at IS NULL ORDER BY created_at DESC LIMIT 16 OFFSET 1000) AND login_accepted_at IS NULL`,
  )
  const decideLogin = store.write(
    'UPDATE authorization_flows SET login = ?, login_verifier = ?, login_accepted_at = ? WHERE id = ? AND login_spent_at IS NULL',
  )
  const passLogin = store.write(
    `UPDATE authorization_flows SET login_spent_at = ?, consent_challenge = ?, consent_csrf = ?, consent_skip = 0
     WHERE id = ? AND login_verifier = ? AND login_spent_at IS NULL`,
  )
  const insertSession = store.write('INSERT INTO login_sessions (id, subject, authenticated_at, expires_at) VALUES (?, ?, ?, ?)')
  const decideConsent = store.write(
    `UPDATE authorization_flows SET consent = ?, consent_verifier = ?
     WHERE id = ? AND consent_challenge IS NOT NULL AND consent_spent_at IS NULL`,
  )
  const passConsent = store.write(
    'UPDATE authorization_flows SET consent_spent_at = ? WHERE id = ? AND consent_verifier = ? AND consent_spent_at IS NULL',
  )
  const insertGrant = store.write(
    `INSERT INTO grants (id, client_id, subject, session_id, scope, audience, claims, authentication, consent, consent_skipped, terms, remembered_until,
     granted_at, expires_at) VALUES (?, ?, ?, ?, ?, '[]', ?, ?, ?, 0, ?, NULL, ?, ?)`,
  )
  const insertCode = store.write(
    'INSERT INTO authorization_codes (hash, grant_id, redirect_uri, code_challenge, expires_at) VALUES (?, ?, ?, ?, ?)',
  )

  const flowOf = (handle: string) => flowById(handle.slice(0, 32))

  async function begin(query: URLSearchParams, url: string): Promise<Answer> {
    const row = await client(query.get('client_id') ?? '')
    if (!row) return [400]
    const now = Date.now()
    const [id, csrf] = [makeRowId(systemRandomness, now), randomToken(systemRandomness, '')]
    const challenge = makeHandle(systemRandomness, id)
    const { redirect_uri: redirectUri, scope = '', ...rest } = Object.fromEntries(query)
    const request = JSON.stringify({ url: issuer + url.slice(1), redirectUri, ...rest, scope: scope.split(' '), audience: [], prompt: [] })
    const session = JSON.stringify({ id: timedUuid(systemRandomness, now) })
    await store.act(
      insertFlow(id, row.client_id, '127.0.0.1', now, now + hourMs, request, session, sha256(challenge), sha256(csrf)),
      makeRoom('127.0.0.1'),
    )
    return toApplication('login', challenge, csrf)
  }

  async function accept(step: Step, challenge: string, text: string): Promise<Answer> {
    const flow = await flowOf(challenge)
    if (!flow) return [404]
    const verifier = makeHandle(systemRandomness, flow.id)
    const [hash, now] = [sha256(verifier), Date.now()]
    const decision = JSON.stringify({ at: now, ...JSON.parse(text) })
    const isTaken = await store.act(step === 'login' ? decideLogin(decision, hash, now, flow.id) : decideConsent(decision, hash, flow.id))
    if (!isTaken) return [409]
    return [200, JSON.stringify({ redirect_to: `${JSON.parse(flow.request).url}&${step}_verifier=${verifier}` })]
  }

  /** The flow of a verifier, if the browser has the flow's CSRF value. */
  async function answered(step: Step, verifier: string, request: IncomingMessage): Promise<FlowRow | undefined> {
    const flow = await flowOf(verifier)
    const csrf = new RegExp(`${step}_csrf=([^;]+)`).exec(request.headers.cookie ?? '')?.[1] ?? ''
    return flow && sameText(flow[`${step}_csrf`], sha256(csrf)) ? flow : undefined
  }

  async function resumeLogin(verifier: string, request: IncomingMessage): Promise<Answer> {
    const flow = await answered('login', verifier, request)
    if (!flow || !(await client(flow.client_id))) return [400]
    const [{ subject, at }, { id: session }, now] = [JSON.parse(flow.login), JSON.parse(flow.session), Date.now()]
    if ((await rememberedGrants(subject, flow.client_id, now)).length > 0) return [400]
    const [challenge, csrf] = [makeHandle(systemRandomness, flow.id), randomToken(systemRandomness, '')]
    const isPassed = await store.act(
      passLogin(now, sha256(challenge), sha256(csrf), flow.id, sha256(verifier)),
      insertSession(session, subject, at, now + hourMs),
    )
    return isPassed ? toApplication('consent', challenge, csrf, session) : [400]
  }

  async function resumeConsent(verifier: string, request: IncomingMessage): Promise<Answer> {
    const flow = await answered('consent', verifier, request)
    const row = flow && (await client(flow.client_id))
    if (!row) return [400]
    const [asked, login, consent, { id: session }] = [flow.request, flow.login, flow.consent, flow.session].map((text) => JSON.parse(text))
    const [code, now] = [randomToken(systemRandomness, 'ory_ac_'), Date.now()]
    const { at, subject, acr, amr } = login
    const authentication = JSON.stringify({ at, requestedAt: flow.created_at, acr, amr, nonce: asked.nonce })
    const record = JSON.stringify({ ...consent, request: asked })
    const scope = consent.grant_scope.join(' ')
    const granted = [flow.id, flow.client_id, subject, session, scope] as const
    const isPassed = await store.act(
      passConsent(now, flow.id, sha256(verifier)),
      insertGrant(...granted, noClaims, authentication, record, sha256(row.metadata), now, now + hourMs),
      insertCode(sha256(code), flow.id, asked.redirectUri, asked.code_challenge, now + hourMs),
    )
    if (!isPassed) return [400]
    const answer = new URLSearchParams({ code, iss: issuer, scope, state: asked.state })
    return [303, '', { Location: `${asked.redirectUri}?${answer}` }]
  }

  return {
    /** `/oauth2/auth`: the authorization request, and the browser's return from an application. */
    authorize(request: IncomingMessage): Promise<Answer> {
      const url = request.url ?? ''
      const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
      const consentVerifier = query.get('consent_verifier')
      if (consentVerifier) return resumeConsent(consentVerifier, request)
      const loginVerifier = query.get('login_verifier')
      return loginVerifier ? resumeLogin(loginVerifier, request) : begin(query, url)
    },
    /** `/admin/oauth2/auth/requests/…/accept?…` */
    accept(url: string, text: string): Promise<Answer> {
      const [, step = '', challenge = ''] = /(login|consent)_challenge=([\w-]+)/.exec(url) ?? []
      return accept(step as Step, challenge, text)
    },
  }
}

function toApplication(step: Step, challenge: string, csrf: string, session?: string): Answer {
  const cookies = [`${step}_csrf=${csrf}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`]
  if (session) cookies.push(`session=${session}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`)
  return [302, '', { Location: `${application}?${step}_challenge=${challenge}`, 'Set-Cookie': cookies }]
}
