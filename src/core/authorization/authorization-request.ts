import type { ResponseMode } from '../../protocol/response-mode.ts'

/** A valid authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). */
export interface AuthorizationRequest {
  /** As the browser sent it. Login applications read their own parameters from it. */
  readonly url: string
  /** The client's version at that time: what the person was shown may have changed before the answer. */
  readonly clientVersion: number
  readonly redirectUri: string
  /** Whether the request had `redirect_uri`. Then the token request must have it, too (RFC 6749 §4.1.3). */
  readonly isRedirectUriSent: boolean
  readonly responseMode: ResponseMode
  readonly state?: string
  readonly nonce?: string
  readonly codeChallenge?: string
  /** The requested scopes without those that the client may not have. */
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  readonly prompt: readonly string[]
  /** Seconds. */
  readonly maxAge?: number
  readonly oidcContext: OidcContext
}

/** The parts of the request that a login application may use. */
export interface OidcContext {
  readonly acrValues?: readonly string[]
  readonly uiLocales?: readonly string[]
  readonly display?: string
  readonly loginHint?: string
  readonly idTokenHintClaims?: Readonly<Record<string, unknown>>
}

/** Where the answer is sent once the client and its redirect URI have been checked. */
export interface ResponseTarget {
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  readonly state?: string
}

/** Why a request gets no code. The client gets it by a redirect (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6). */
export type AuthorizationRefusal =
  | { readonly kind: 'request-too-long'; readonly longest: number }
  | { readonly kind: 'state-weak' }
  | { readonly kind: 'response-type-missing' }
  | { readonly kind: 'response-type-unsupported'; readonly responseType: string }
  | { readonly kind: 'registration-parameter' }
  | { readonly kind: 'scope-unavailable'; readonly scope: string }
  | { readonly kind: 'audience-unavailable'; readonly audience: string }
  | { readonly kind: 'resource-unavailable'; readonly resource: string }
  | { readonly kind: 'code-challenge-missing' }
  | { readonly kind: 'code-challenge-plain'; readonly isEnforced: boolean }
  | { readonly kind: 'code-challenge-method-unknown' }
  | { readonly kind: 'code-challenge-malformed' }
  | { readonly kind: 'prompt-unknown'; readonly prompt: string }
  | { readonly kind: 'max-age-malformed' }
  | { readonly kind: 'parameter-sent-twice'; readonly name: string }
  | { readonly kind: 'hint-refused' }
  | { readonly kind: 'login-required'; readonly why: 'no-session' | 'max-age' | 'other-subject' | 'session-over' }
  | { readonly kind: 'consent-required'; readonly why: 'not-asked' | 'withdrawn' }
  | { readonly kind: 'csrf-missing' }
  | { readonly kind: 'csrf-wrong' }
  | { readonly kind: 'verifier-spent'; readonly step: 'login' | 'consent' }
  | { readonly kind: 'flow-expired'; readonly step: 'login' | 'consent' }
  | { readonly kind: 'rejected'; readonly error: string; readonly description: string }

/** A refusal that is sent to the client. */
export class RefusedToClient extends Error {
  override name = 'RefusedToClient'
  readonly target: ResponseTarget
  readonly reason: AuthorizationRefusal

  constructor(target: ResponseTarget, reason: AuthorizationRefusal) {
    super(reason.kind)
    this.target = target
    this.reason = reason
  }
}
