import type { ResponseMode } from '../../protocol/response-mode.ts'

/** An authorization request that was found to be in order (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). */
export interface AuthorizationRequest {
  /** As the browser sent it: login applications read their own parameters from it. */
  readonly url: string
  /** The client as it was then: what the person is shown of it may have changed by the time he answers. */
  readonly clientVersion: number
  readonly redirectUri: string
  /** Whether the request named it: then the token request must, too (RFC 6749 §4.1.3). */
  readonly isRedirectUriSent: boolean
  readonly responseMode: ResponseMode
  readonly state?: string
  readonly nonce?: string
  readonly codeChallenge?: string
  /** Asked for, without what the client may not have. */
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  readonly prompt: readonly string[]
  /** Seconds. */
  readonly maxAge?: number
  readonly oidcContext: OidcContext
}

/** What a login application may want to know of the request. */
export interface OidcContext {
  readonly acrValues?: readonly string[]
  readonly uiLocales?: readonly string[]
  readonly display?: string
  readonly loginHint?: string
  readonly idTokenHintClaims?: Readonly<Record<string, unknown>>
}

/** Where an answer goes once the client and its redirect URI are trusted. */
export interface ResponseTarget {
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  readonly state?: string
}

/** Why a request gets no code: told to the client by way of the browser (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6). */
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

/** A refusal on its way to the client. */
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
