import { type Randomness, randomToken } from '../../lib/random.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/**
 * The way of one browser from the authorization request to the code: login asked and answered, consent asked and answered. One row
 * with an end of life, so that any process goes on where another stopped. Times in milliseconds since 1970 UTC.
 */
export interface AuthorizationFlow {
  readonly id: string
  readonly clientId: string
  /** The client's when the browser began: the flow counts while it is the same. */
  readonly generation: number
  /** What unfinished flows are counted by. */
  readonly address: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly request: AuthorizationRequest
  readonly session: FlowSession
  readonly login: Step<LoginDecision>
  /** Absent until the login was accepted and the browser came back with that. */
  readonly consent?: Step<ConsentDecision> & { readonly skip: boolean }
}

/** The session that the flow runs in: the one that the browser had, with its person, or the one that a login will start. */
export interface FlowSession {
  readonly id: string
  /** Somebody is logged in, and need not prove it again. */
  readonly known?: { readonly subject: string; readonly authenticatedAt: number }
}

/** A question to an application of the operator's. Challenge, CSRF value and verifier as hashes. */
export interface Step<Decision> {
  readonly challenge: string
  readonly csrf: string
  readonly decision?: Decision | Rejection
  /** What the browser brings back once it is answered. */
  readonly verifier?: string
  readonly spentAt?: number
}

/** Hydra's members, ours to hand on to the client. */
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
  /** Seconds; 0 is as long as sessions live. */
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
  /** Seconds; 0 is for ever. */
  readonly rememberFor: number
  readonly accessTokenClaims: Readonly<Record<string, unknown>>
  readonly idTokenClaims: Readonly<Record<string, unknown>>
  readonly context: unknown
}

export interface AuthorizationFlowStore {
  /**
   * Of an address with `limit` flows in which nobody has logged in the oldest makes room. False, and nothing is stored, where the client
   * is gone by now, or another one has its id.
   */
  add(flow: AuthorizationFlow, limit: number): Promise<boolean>
  /** Undefined for one whose client is gone, too. */
  find(id: string): Promise<AuthorizationFlow | undefined>
  /** Answers the login, or answers it anew; false where the browser has gone on with an earlier answer. */
  decideLogin(id: string, decision: LoginDecision | Rejection, verifier: string): Promise<boolean>
  /** Spends the login verifier and opens the consent; false where it was spent, or answered anew since. */
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

/** A value that binds a step to the browser that began it; one that is known to be ours serves again, for the browser's other tabs. */
export const csrfValue = (randomness: Randomness, reusable: string | undefined): string =>
  reusable !== undefined && /^[\w-]{43}$/.test(reusable) ? reusable : randomToken(randomness, '')
