import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { termsOf } from '../clients/terms.ts'
import { type Grant, type GrantStore, never } from '../grants/grant.ts'
import type { LoginSessionStore } from '../sessions/login-session.ts'
import { mostSessionClients, type SessionClientStore } from '../sessions/session-clients.ts'
import { type AuthorizationCodeStore, codePrefix } from './authorization-code.ts'
import type { AuthorizationFlow, AuthorizationFlowStore, ConsentDecision, LoginDecision } from './authorization-flow.ts'
import { RefusedToClient, type ResponseTarget } from './authorization-request.ts'
import type { Browser } from './begin-authorization.ts'
import { FaultToPerson } from './find-response-target.ts'
import { findRemembered } from './remembered-consent.ts'
import { acceptedBy, findAnswered } from './resume-flow.ts'

/** The browser goes back to the client with a code (RFC 6749 §4.1.2). */
export interface ToClient {
  readonly target: ResponseTarget
  readonly code: string
  readonly scope: readonly string[]
}

interface ConsentStores {
  readonly flows: AuthorizationFlowStore
  readonly sessions: LoginSessionStore
  readonly sessionClients: SessionClientStore
  readonly grants: GrantStore
  readonly codes: AuthorizationCodeStore
}

interface ResumeConsentDeps {
  readonly flows: AuthorizationFlowStore
  readonly clients: ClientStore
  readonly grants: GrantStore
  readonly sessions: LoginSessionStore
  readonly transaction: Transaction<ConsentStores>
  /** Undefined where the client's `sub` is the subject that the login application uses. */
  readonly obfuscatedSubject: (client: Client, subject: string, forced: string) => string | undefined
  /** The consent request as Hydra's JSON without client and challenge, for lists of consents. */
  readonly record: (flow: AuthorizationFlow, login: LoginDecision, skip: boolean) => Readonly<Record<string, unknown>>
  /** Milliseconds. */
  readonly codeLifespan: Live<number>
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * The browser comes back with the person's consent: the grant is stored, and its code is sent to the client.
 *
 * @throws FaultToPerson or RefusedToClient
 */
export function resumeConsent(deps: ResumeConsentDeps) {
  return async (verifier: string, browser: Browser): Promise<ToClient> => {
    const { flow, client } = await findAnswered(deps, 'consent', verifier, browser)
    const consent = acceptedBy(flow, flow.consent as NonNullable<AuthorizationFlow['consent']>)
    const remembered = await findStillRemembered(flow, client, deps)
    const code = randomToken(deps.randomness, codePrefix)
    const now = deps.clock()
    const grant = grantOf(flow, consent, client, now, deps)
    await deps.transaction(async (tx) => {
      const [isFirst, isInForce] = await Promise.all([
        tx.flows.passConsent(flow.id, sha256(verifier), now),
        tx.sessions.hold(flow.session.id, now),
      ])
      if (!isFirst) throw new RefusedToClient(flow.request, { kind: 'verifier-spent', step: 'consent' })
      if (!isInForce) throw new RefusedToClient(flow.request, { kind: 'login-required', why: 'session-over' })
      const [isOpen] = await Promise.all([
        tx.grants.open(grant, remembered?.id),
        tx.codes.add(codeOf(code, flow, grant, now + deps.codeLifespan())),
        tx.sessionClients.note(flow.session.id, flow, now),
        // A session that this flow began has no other client yet.
        flow.session.known && tx.sessionClients.evictOldest(flow.session.id, mostSessionClients),
      ])
      if (!isOpen) throw remembered ? withdrawn(flow) : clientRemoved(flow)
    })
    return { target: flow.request, code, scope: grant.scope }
  }
}

/** A remembered consent for which the person was not asked may have been withdrawn since. */
async function findStillRemembered(flow: AuthorizationFlow, client: Client, deps: ResumeConsentDeps): Promise<Grant | undefined> {
  if (!flow.consent?.skip) return undefined
  const remembered = await findRemembered(flow, flow.login.decision as LoginDecision, client, deps)
  if (!remembered) throw withdrawn(flow)
  return remembered
}

const withdrawn = ({ request }: AuthorizationFlow) => new RefusedToClient(request, { kind: 'consent-required', why: 'withdrawn' })

const clientRemoved = ({ clientId }: AuthorizationFlow) => new FaultToPerson({ kind: 'client-unknown', clientId })

function grantOf(flow: AuthorizationFlow, consent: ConsentDecision, client: Client, now: number, deps: ResumeConsentDeps): Grant {
  const login = flow.login.decision as LoginDecision
  const { nonce } = flow.request
  const obfuscatedSubject = deps.obfuscatedSubject(client, login.subject, login.forceSubjectIdentifier)
  const rememberedUntil = consent.rememberFor > 0 ? now + consent.rememberFor * 1000 : never
  const codeEnds = now + deps.codeLifespan()
  const skip = flow.consent?.skip ?? false
  // A skipped consent is not stored again: the remembered one keeps its end, and visits add no remembered rows.
  // Where the client changed during the consent request, the person may have seen other terms: that consent is not remembered.
  const remember = consent.remember && !skip && flow.request.clientVersion === client.version
  return {
    id: flow.id,
    clientId: client.clientId,
    generation: flow.generation,
    subject: login.subject,
    ...(obfuscatedSubject !== undefined && { obfuscatedSubject }),
    sessionId: flow.session.id,
    scope: consent.grantScope,
    audience: consent.grantAudience,
    claims: { accessToken: consent.accessTokenClaims, idToken: consent.idTokenClaims },
    authentication: {
      at: flow.session.known?.authenticatedAt ?? login.at,
      requestedAt: flow.createdAt,
      acr: login.acr,
      amr: login.amr,
      ...(nonce !== undefined && { nonce }),
    },
    consent: {
      remember,
      rememberFor: consent.rememberFor,
      // The login application's context stays where the consent application sends none.
      context: consent.context ?? login.context,
      redirectUri: flow.request.redirectUri,
      ...(skip && { isSkipped: skip }),
      request: deps.record(flow, login, skip),
    },
    terms: termsOf(client),
    ...(remember && { rememberedUntil }),
    grantedAt: now,
    expiresAt: remember ? Math.max(rememberedUntil, codeEnds) : codeEnds,
  }
}

function codeOf(code: string, { request }: AuthorizationFlow, grant: Grant, expiresAt: number) {
  return {
    hash: sha256(code),
    grantId: grant.id,
    ...((request.isRedirectUriSent || request.codeChallenge !== undefined) && { redirectUri: request.redirectUri }),
    ...(request.codeChallenge !== undefined && { codeChallenge: request.codeChallenge }),
    expiresAt,
  }
}
