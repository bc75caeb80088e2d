import { type Randomness, randomToken } from '../../lib/random.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/**
 * One browser's authorization request with its login request and its consent request, until the code is issued. It is one row that
 * expires, so that any process can continue what another one began. Times in milliseconds since 1970 UTC.
 */
export interface AuthorizationFlow {
  readonly id: string
  readonly clientId: string
  /** The client's when the flow began. The flow is valid while the client still has it. */
  readonly generation: number
  /** The source address: unfinished flows are counted by it. */
  readonly address: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly request: AuthorizationRequest
  readonly session: FlowSession
  readonly login: Step<LoginDecision>
  /** Absent until the login was accepted and the browser came back with the login verifier. */
  readonly consent?: Step<ConsentDecision> & { readonly skip: boolean }
}

/** The session that the flow runs in: the browser's current session, or the one that the login will start. */
export interface FlowSession {
  readonly id: string
  /** Who is logged in to the browser's current session; absent where a login is needed. */
  readonly known?: { readonly subject: string; readonly authenticatedAt: number }
}

/** A login or consent request. Challenge, CSRF value and verifier are hashes. */
export interface Step<Decision> {
  readonly challenge: string
  readonly csrf: string
  readonly decision?: Decision | Rejection
  /** The browser comes back with it after the answer. */
  readonly verifier?: string
  readonly spentAt?: number
}

/** An application's refusal, passed on to the client. The members are Hydra's. */
export interface Rejection {
  readonly kind: 'rejected'
  readonly error: string
  readonly description: string
}

export interface LoginDecision {
  readonly kind: 'accepted'
  readonly at: number
  readonly subject: string
  readonly remember: boolean
  /** Seconds; 0: the default lifespan of sessions. */
  readonly rememberFor: number
  readonly extendSessionLifespan: boolean
  readonly acr: string
  readonly amr: readonly string[]
  readonly context: unknown
  readonly forceSubjectIdentifier: string
}

export interface ConsentDecision {
  readonly kind: 'accepted'
  readonly at: number
  readonly grantScope: readonly string[]
  readonly grantAudience: readonly string[]
  readonly remember: boolean
  /** Seconds; 0: without an end. */
  readonly rememberFor: number
  readonly accessTokenClaims: Readonly<Record<string, unknown>>
  readonly idTokenClaims: Readonly<Record<string, unknown>>
  readonly context: unknown
}

export interface AuthorizationFlowStore {
  /**
   * Where an address has `limit` flows without an accepted login, the oldest is evicted. False, and nothing is stored, where the client
   * was removed meanwhile, or another one has its id.
   */
  add(flow: AuthorizationFlow, limit: number): Promise<boolean>
  /** Undefined also where the client was removed. */
  find(id: string): Promise<AuthorizationFlow | undefined>
  /** Stores the answer to the login request, in place of an earlier one. False where the browser already came back with the earlier one. */
  decideLogin(id: string, decision: LoginDecision | Rejection, verifier: string): Promise<boolean>
  /** Spends the login verifier and adds the consent request. False where the verifier was spent, or a later answer replaced it. */
  passLogin(id: string, verifier: string, at: number, consent: OpenConsent): Promise<boolean>
  decideConsent(id: string, decision: ConsentDecision | Rejection, verifier: string): Promise<boolean>
  passConsent(id: string, verifier: string, at: number): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

export interface OpenConsent {
  readonly challenge: string
  readonly csrf: string
  readonly skip: boolean
}

/** Binds a step to the browser that began it. A value that only this server can have set is reused, for the browser's other tabs. */
export const csrfValue = (randomness: Randomness, reusable: string | undefined): string =>
  reusable !== undefined && /^[\w-]{43}$/.test(reusable) ? reusable : randomToken(randomness, '')
