/** An authorization code as it is stored: its hash, never the code. Times in milliseconds since 1970 UTC. */
export interface AuthorizationCode {
  readonly hash: string
  readonly grantId: string
  /**
   * The token request must repeat it (RFC 6749 §4.1.3), or may leave it out where there is a code challenge (OAuth 2.1 §4.1.3). Absent
   * where the authorization request had neither a code challenge nor a redirect URI.
   */
  readonly redirectUri?: string
  /** RFC 7636 §4.3, always S256. */
  readonly codeChallenge?: string
  readonly expiresAt: number
  /** When it was exchanged. A spent code is kept until it expires, so that a second use is detected. */
  readonly spentAt?: number
}

export interface AuthorizationCodeStore {
  /** Stores nothing where there is no such grant. */
  add(code: AuthorizationCode): Promise<void>
  find(hash: string): Promise<AuthorizationCode | undefined>
  /** False where it was spent before. Of several calls at once, one gets true. */
  spend(hash: string, at: number): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/** Hydra's prefix, which SDKs and secret scanners recognise. */
export const codePrefix = 'ory_ac_'
