/**
 * The floor of a login: the reads and writes of the server from the authorization request to the refreshed token, each step's writes in one
 * transaction, the ID token signed by the same jose call. Handles and CSRF values are compared; nothing else is checked.
 */
import type { IncomingMessage } from 'node:http'
import { generateKeyPair, SignJWT } from 'jose'
import { makeHandle, makeRowId } from '../src/lib/handle.ts'
import { sameText, sha256 } from '../src/lib/hash.ts'
import { randomToken, randomUuid, systemRandomness } from '../src/lib/random.ts'
import type { ClientRow, Store } from './floor-store.ts'

type Answer = readonly [status: number, body?: string, fields?: Record<string, string | string[]>]

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

interface CodeRow {
  readonly grant_id: string
  readonly redirect_uri: string
  readonly code_challenge: string
}

interface GrantRow {
  readonly id: string
  readonly client_id: string
  readonly subject: string
  readonly session_id: string
  readonly scope: string
  readonly claims: string
  readonly authentication: string
  readonly consent: string
}

const hourMs = 3_600_000
const monthMs = 30 * 24 * hourMs
const application = 'https://login.example.com/'

export async function floorLogins({ act, read, write, client }: Store, issuer: string) {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048 })
  const kid = randomUuid(systemRandomness)

  const flowById = read('SELECT * FROM authorization_flows WHERE id = ?')
  const rememberedGrants = read(
    'SELECT * FROM grants WHERE subject = ? AND client_id = ? AND remembered_until > ? ORDER BY granted_at DESC LIMIT 32',
  )
  const codeByHash = read('SELECT * FROM authorization_codes WHERE hash = ?')
  const grantById = read('SELECT * FROM grants WHERE id = ?')
  const refreshByHash = read('SELECT * FROM refresh_tokens WHERE hash = ?')

  const insertFlow = write(
    `INSERT INTO authorization_flows (id, client_id, address, created_at, expires_at, request, session, login_challenge, login_csrf)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const makeRoom = write(
    `DELETE FROM authorization_flows WHERE id IN (SELECT id FROM authorization_flows
     WHERE address = ? AND login_accepted_at IS NULL ORDER BY created_at DESC LIMIT 16 OFFSET 1000) AND login_accepted_at IS NULL`,
  )
  const decideLogin = write(
    'UPDATE authorization_flows SET login = ?, login_verifier = ?, login_accepted_at = ? WHERE id = ? AND login_spent_at IS NULL',
  )
  const passLogin = write(
    `UPDATE authorization_flows SET login_spent_at = ?, consent_challenge = ?, consent_csrf = ?, consent_skip = 0
     WHERE id = ? AND login_verifier = ? AND login_spent_at IS NULL`,
  )
  const insertSession = write('INSERT INTO login_sessions (id, subject, authenticated_at, expires_at) VALUES (?, ?, ?, ?)')
  const decideConsent = write(
    `UPDATE authorization_flows SET consent = ?, consent_verifier = ?
     WHERE id = ? AND consent_challenge IS NOT NULL AND consent_spent_at IS NULL`,
  )
  const passConsent = write(
    'UPDATE authorization_flows SET consent_spent_at = ? WHERE id = ? AND consent_verifier = ? AND consent_spent_at IS NULL',
  )
  const insertGrant = write(
    `INSERT INTO grants (id, client_id, subject, session_id, scope, audience, claims, authentication, consent, consent_skipped, terms, remembered_until,
     granted_at, expires_at) VALUES (?, ?, ?, ?, ?, '[]', ?, ?, ?, 0, ?, NULL, ?, ?)`,
  )
  const insertCode = write(
    'INSERT INTO authorization_codes (hash, grant_id, redirect_uri, code_challenge, expires_at) VALUES (?, ?, ?, ?, ?)',
  )
  const spendCode = write('UPDATE authorization_codes SET spent_at = ? WHERE hash = ? AND spent_at IS NULL')
  const keepGrant = write(
    'UPDATE grants SET expires_at = CASE WHEN expires_at > ? THEN expires_at ELSE ? END WHERE id = ? AND tokens_ended_at IS NULL',
  )
  const insertAccess = write(
    `INSERT INTO access_tokens (hash, client_id, subject, scope, audience, issued_at, expires_at, grant_id)
     SELECT ?, client_id, ?, ?, '[]', ?, ?, ? FROM clients WHERE client_id = ?`,
  )
  const insertRefresh = write(
    'INSERT INTO refresh_tokens (hash, grant_id, access_token, access_expires_at, issued_at, expires_at, reuses) VALUES (?, ?, ?, ?, ?, ?, 0)',
  )
  const spendRefresh = write('UPDATE refresh_tokens SET spent_at = ? WHERE hash = ? AND spent_at IS NULL')
  const removeAccessOfGrant = write('DELETE FROM access_tokens WHERE grant_id = ?')

  /** An act whose first statement must change a row; the others go only with it. */
  async function spending(spend: () => { changes: number | bigint }, rest: () => void): Promise<boolean> {
    let isSpent = false
    await act(() => {
      isSpent = Number(spend().changes) === 1
      if (isSpent) rest()
    })
    return isSpent
  }

  const flowOf = (handle: string) => flowById.get(handle.slice(0, 32)) as FlowRow | undefined

  const toApplication = (step: string, challenge: string, csrf: string, session?: string): Answer => {
    const cookies = [`${step}_csrf=${csrf}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`]
    if (session) cookies.push(`session=${session}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`)
    return [302, '', { Location: `${application}?${step}_challenge=${challenge}`, 'Set-Cookie': cookies }]
  }

  async function begin(query: URLSearchParams, url: string): Promise<Answer> {
    const row = client(query.get('client_id') ?? '')
    if (!row) return [400]
    const [id, csrf, now] = [makeRowId(systemRandomness), randomToken(systemRandomness, ''), Date.now()]
    const challenge = makeHandle(systemRandomness, id)
    const { redirect_uri: redirectUri, scope = '', ...rest } = Object.fromEntries(query)
    const request = JSON.stringify({ url: issuer + url.slice(1), redirectUri, ...rest, scope: scope.split(' '), audience: [], prompt: [] })
    const session = JSON.stringify({ id: randomUuid(systemRandomness) })
    await act(() => {
      insertFlow.run(id, row.client_id, '127.0.0.1', now, now + hourMs, request, session, sha256(challenge), sha256(csrf))
      makeRoom.run('127.0.0.1')
    })
    return toApplication('login', challenge, csrf)
  }

  async function accept(step: 'login' | 'consent', challenge: string, text: string): Promise<Answer> {
    const flow = flowOf(challenge)
    if (!flow) return [404]
    const verifier = makeHandle(systemRandomness, flow.id)
    const now = Date.now()
    const decision = JSON.stringify({ at: now, ...JSON.parse(text) })
    const decide = (hash: string) =>
      step === 'login' ? decideLogin.run(decision, hash, now, flow.id) : decideConsent.run(decision, hash, flow.id)
    if (
      !(await spending(
        () => decide(sha256(verifier)),
        () => {},
      ))
    )
      return [409]
    return [200, JSON.stringify({ redirect_to: `${JSON.parse(flow.request).url}&${step}_verifier=${verifier}` })]
  }

  /** The flow that the browser brings a verifier of, if it holds the flow's CSRF value. */
  function answered(step: 'login' | 'consent', verifier: string, request: IncomingMessage): FlowRow | undefined {
    const flow = flowOf(verifier)
    const csrf = new RegExp(`${step}_csrf=([^;]+)`).exec(request.headers.cookie ?? '')?.[1] ?? ''
    return flow && sameText(flow[`${step}_csrf`], sha256(csrf)) ? flow : undefined
  }

  async function resumeLogin(verifier: string, request: IncomingMessage): Promise<Answer> {
    const flow = answered('login', verifier, request)
    if (!flow || !client(flow.client_id)) return [400]
    const [{ subject, at }, { id: session }, now] = [JSON.parse(flow.login), JSON.parse(flow.session), Date.now()]
    if (rememberedGrants.all(subject, flow.client_id, now).length > 0) return [400]
    const [challenge, csrf] = [makeHandle(systemRandomness, flow.id), randomToken(systemRandomness, '')]
    const isPassed = await spending(
      () => passLogin.run(now, sha256(challenge), sha256(csrf), flow.id, sha256(verifier)),
      () => insertSession.run(session, subject, at, now + hourMs),
    )
    return isPassed ? toApplication('consent', challenge, csrf, session) : [400]
  }

  async function resumeConsent(verifier: string, request: IncomingMessage): Promise<Answer> {
    const flow = answered('consent', verifier, request)
    if (!flow || !client(flow.client_id)) return [400]
    const [asked, login, consent, { id: session }] = [flow.request, flow.login, flow.consent, flow.session].map((text) => JSON.parse(text))
    const [code, now] = [randomToken(systemRandomness, 'ory_ac_'), Date.now()]
    const authentication = JSON.stringify({
      at: login.at,
      requestedAt: flow.created_at,
      acr: login.acr,
      amr: login.amr,
      nonce: asked.nonce,
    })
    const record = JSON.stringify({ ...consent, request: asked })
    const scope = consent.grant_scope.join(' ')
    const isPassed = await spending(
      () => passConsent.run(now, flow.id, sha256(verifier)),
      () => {
        insertGrant.run(flow.id, flow.client_id, login.subject, session, scope, '{}', authentication, record, '', now, now + hourMs)
        insertCode.run(sha256(code), flow.id, asked.redirectUri, asked.code_challenge, now + hourMs)
      },
    )
    if (!isPassed) return [400]
    const answer = new URLSearchParams({ code, iss: issuer, scope, state: asked.state })
    return [303, '', { Location: `${asked.redirectUri}?${answer}` }]
  }

  async function exchange(row: ClientRow, form: URLSearchParams): Promise<Answer> {
    const hash = sha256(form.get('code') ?? '')
    const code = codeByHash.get(hash) as CodeRow | undefined
    const grant = code && (grantById.get(code.grant_id) as GrantRow | undefined)
    if (!grant || !sameText(sha256(form.get('code_verifier') ?? ''), code.code_challenge)) return [400]
    return issue(row, grant, (now) => spendCode.run(now, hash))
  }

  async function refresh(row: ClientRow, form: URLSearchParams): Promise<Answer> {
    const hash = sha256(form.get('refresh_token') ?? '')
    const token = refreshByHash.get(hash) as { grant_id: string } | undefined
    const grant = token && (grantById.get(token.grant_id) as GrantRow | undefined)
    if (!grant) return [400]
    return issue(
      row,
      grant,
      (now) => spendRefresh.run(now, hash),
      () => removeAccessOfGrant.run(grant.id),
    )
  }

  async function issue(
    { client_id: clientId }: ClientRow,
    grant: GrantRow,
    spend: (now: number) => { changes: number | bigint },
    end: () => void = () => {},
  ): Promise<Answer> {
    const [access, refreshToken] = [randomToken(systemRandomness, 'ory_at_'), randomToken(systemRandomness, 'ory_rt_')]
    const now = Date.now()
    const isIssued = await spending(
      () => spend(now),
      () => {
        keepGrant.run(now + monthMs, now + monthMs, grant.id)
        end()
        insertAccess.run(sha256(access), grant.subject, grant.scope, now, now + hourMs, grant.id, clientId)
        insertRefresh.run(sha256(refreshToken), grant.id, sha256(access), now + hourMs, now, now + monthMs)
      },
    )
    if (!isIssued) return [400]
    const tokens = { access_token: access, expires_in: 3_600, id_token: await idToken(grant, access), refresh_token: refreshToken }
    return [200, JSON.stringify({ ...tokens, scope: grant.scope, token_type: 'bearer' })]
  }

  function idToken(grant: GrantRow, access: string): Promise<string> {
    const { at, requestedAt, nonce, acr, amr } = JSON.parse(grant.authentication)
    const iat = Math.floor(Date.now() / 1000)
    const [authTime, rat] = [Math.floor(at / 1000), Math.floor(requestedAt / 1000)]
    const person = { iss: issuer, sub: grant.subject, aud: [grant.client_id], auth_time: authTime, rat, acr, amr, sid: grant.session_id }
    const atHash = Buffer.from(sha256(access), 'base64url').subarray(0, 16).toString('base64url')
    const claims = {
      ...JSON.parse(grant.claims),
      ...person,
      at_hash: atHash,
      exp: iat + 3_600,
      iat,
      jti: randomUuid(systemRandomness),
      nonce,
    }
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey)
  }

  return {
    /** `/oauth2/auth`: where the browser begins, and where it comes back to. */
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
      return accept(step as 'login' | 'consent', challenge, text)
    },
    exchange,
    refresh,
  }
}
