/** An authorization code as it rests: under its hash, never itself. Times in milliseconds since 1970 UTC. */
export interface AuthorizationCode {
  readonly hash: string
  readonly grantId: string
  /**
   * What the token request must repeat (RFC 6749 §4.1.3), or, where there is a proof key, may leave out (OAuth 2.1 §4.1.3). Absent where
   * there is neither a proof key nor a redirect URI in the authorization request.
   */
  readonly redirectUri?: string
  /** RFC 7636 §4.3, always S256. */
  readonly codeChallenge?: string
  readonly expiresAt: number
  /** It was exchanged. It is kept until it expires, so that a second use is seen. */
  readonly spentAt?: number
}

export interface AuthorizationCodeStore {
  /** Nothing is stored where there is no such grant. */
  add(code: AuthorizationCode): Promise<void>
  find(hash: string): Promise<AuthorizationCode | undefined>
  /** False where it was spent before: of several at once, one spends it. */
  spend(hash: string, at: number): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/** Hydra's prefix: SDKs and secret scanners know it. */
export const codePrefix = 'ory_ac_'
