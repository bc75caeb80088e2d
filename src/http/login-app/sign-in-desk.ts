import type { Standing } from '../../core/clients/standing.ts'
import type { ClientSpeech } from './client-texts.ts'

/** The acts of the login, consent and logout requests, as a login application would use them. An address is where to send the browser. */
export interface SignInDesk {
  findLogin(challenge: string): Promise<LoginView | undefined>
  acceptLogin(challenge: string, accepted: AcceptedLogin): Promise<string>
  rejectLogin(challenge: string): Promise<string>
  findConsent(challenge: string): Promise<ConsentView | undefined>
  acceptConsent(challenge: string, accepted: AcceptedConsent): Promise<string>
  rejectConsent(challenge: string): Promise<string>
  findLogout(challenge: string): Promise<LogoutView | undefined>
  acceptLogout(challenge: string): Promise<string>
  rejectLogout(challenge: string): Promise<void>
}

export interface LoginView {
  /** Where the browser goes in the end: a host; of a private-use scheme, the scheme with its colon. */
  readonly redirectHost: string
  readonly skip: boolean
  readonly subject: string
  readonly loginHint?: string | undefined
  readonly uiLocales: readonly string[]
}

export interface AcceptedLogin {
  readonly subject: string
  readonly remember: boolean
  readonly amr: readonly string[]
}

export interface ConsentView extends ClientSpeech {
  readonly verified: boolean
  readonly consentOnDevice: Standing['consentOnDevice']
  /** As of a LoginView. */
  readonly redirectHost: string
  readonly isLoopback: boolean
  /** Milliseconds since 1970 UTC. */
  readonly firstSeen: number
  readonly requestedScope: readonly string[]
  readonly requestedAudience: readonly string[]
  readonly skip: boolean
  readonly subject: string
  readonly uiLocales: readonly string[]
  /** What the sign-in put there. */
  readonly context?: unknown
}

export interface AcceptedConsent {
  readonly grantScope: readonly string[]
  readonly grantAudience: readonly string[]
  readonly remember: boolean
  readonly idTokenClaims: Record<string, unknown>
}

export interface LogoutView {
  /** Absent where the person himself asks. */
  readonly client?: ClientSpeech | undefined
  readonly subject: string
}
