import type { Clock } from '../../lib/clock.ts'
import { makeHandle } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import type { Randomness } from '../../lib/random.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { GrantStore } from '../grants/grant.ts'
import type { LoginSessionStore } from '../sessions/login-session.ts'
import type { SessionClientStore } from '../sessions/session-clients.ts'
import { type AuthorizationFlow, type AuthorizationFlowStore, csrfValue, type LoginDecision } from './authorization-flow.ts'
import { RefusedToClient } from './authorization-request.ts'
import type { Browser, ToApplication } from './begin-authorization.ts'
import { findRemembered } from './remembered-consent.ts'
import { acceptedBy, findAnswered } from './resume-flow.ts'

/** The session cookie to set. */
export interface SessionCookie {
  readonly id: string
  /** Seconds; 0 removes the cookie. */
  readonly maxAge: number
}

interface SessionStores {
  readonly sessions: LoginSessionStore
  readonly sessionClients: SessionClientStore
}

interface ResumeLoginDeps {
  readonly flows: AuthorizationFlowStore
  readonly clients: ClientStore
  readonly sessions: LoginSessionStore
  readonly grants: GrantStore
  readonly transaction: Transaction<SessionStores & { flows: AuthorizationFlowStore }>
  /** The person's `sub` for a client. */
  readonly subjectFor: (client: Client, subject: string, forced: string) => string
  /** Lifespan of a session in milliseconds where the login application sends none. */
  readonly sessionLifespan: Live<number>
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * The browser comes back with the login application's answer: the session begins or continues, and a consent request is made.
 *
 * @throws FaultToPerson or RefusedToClient
 */
export function resumeLogin(deps: ResumeLoginDeps) {
  return async (verifier: string, browser: Browser): Promise<ToApplication & { readonly session?: SessionCookie }> => {
    const { flow, client } = await findAnswered(deps, 'login', verifier, browser)
    const login = acceptedBy(flow, flow.login)
    checkHint(flow, login, client, deps)
    const skip = (await findRemembered(flow, login, client, deps)) !== undefined
    if (!skip && flow.request.prompt.includes('none'))
      throw new RefusedToClient(flow.request, { kind: 'consent-required', why: 'not-asked' })
    return ask(flow, login, skip, verifier, browser, deps)
  }
}

/** OpenID Connect Core §3.1.2.1: the subject must match id_token_hint. That of an earlier session was compared before. */
function checkHint({ request, session }: AuthorizationFlow, login: LoginDecision, client: Client, { subjectFor }: ResumeLoginDeps): void {
  const hinted = request.oidcContext.idTokenHintClaims?.sub
  if (hinted !== undefined && !session.known && hinted !== subjectFor(client, login.subject, login.forceSubjectIdentifier))
    throw new RefusedToClient(request, { kind: 'login-required', why: 'other-subject' })
}

async function ask(
  flow: AuthorizationFlow,
  login: LoginDecision,
  skip: boolean,
  verifier: string,
  browser: Browser,
  deps: ResumeLoginDeps,
): Promise<ToApplication & { readonly session?: SessionCookie }> {
  const now = deps.clock()
  const challenge = makeHandle(deps.randomness, flow.id)
  const csrf = csrfValue(deps.randomness, browser.reusableCsrf('consent', flow.clientId))
  const lifespan = login.rememberFor > 0 ? login.rememberFor * 1000 : deps.sessionLifespan()
  const isPassed = await deps.transaction(async (tx) => {
    const consent = { challenge: sha256(challenge), csrf: sha256(csrf), skip }
    if (!(await tx.flows.passLogin(flow.id, sha256(verifier), now, consent))) return false
    await keepSession(tx, flow, login, now + lifespan)
    return true
  })
  if (!isPassed) throw new RefusedToClient(flow.request, { kind: 'verifier-spent', step: 'login' })
  const session = sessionCookie(flow, login, lifespan)
  return { step: 'consent', challenge, clientId: flow.clientId, csrf, ...(session && { session }) }
}

async function keepSession(tx: SessionStores, { session }: AuthorizationFlow, login: LoginDecision, expiresAt: number): Promise<void> {
  if (!session.known) await tx.sessions.start({ id: session.id, subject: login.subject, authenticatedAt: login.at, expiresAt })
  else if (login.extendSessionLifespan)
    await Promise.all([tx.sessions.extend(session.id, expiresAt), tx.sessionClients.extend(session.id, expiresAt)])
}

function sessionCookie({ session }: AuthorizationFlow, login: LoginDecision, lifespan: number): SessionCookie | undefined {
  if (session.known && !login.extendSessionLifespan) return undefined
  return { id: session.id, maxAge: login.remember ? Math.floor(lifespan / 1000) : 0 }
}
