/** A stored opaque access token: its hash, never the token. */
export interface AccessToken {
  readonly hash: string
  readonly clientId: string
  /** The person, or the client itself for a token without a person. */
  readonly subject: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Milliseconds since 1970 UTC. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Absent for a token without a person. */
  readonly grantId?: string
  /** Claims for resource servers that the consent or the operator's hook added. */
  readonly ext?: Readonly<Record<string, unknown>>
  /** The pairwise subject, if the client has one. */
  readonly obfuscatedSubject?: string
  /** The client's generation at its authentication. The token is stored only while the client has the same. */
  readonly generation: number
}

export interface AccessTokenStore {
  /**
   * False, and nothing is stored, if the client or the grant was removed.
   *
   * @param most how many tokens the grant, or the client without a person, has at most; the oldest are evicted. Absent: no limit
   */
  add(token: AccessToken, most?: number): Promise<boolean>
  /** Undefined for an unknown token, and for one that was revoked: alone, with its grant, or with all tokens of its client. */
  find(hash: string): Promise<AccessToken | undefined>
  /** False if this client has no such token. */
  remove(hash: string, clientId: string): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/**
 * Stores a token without a grant in a transaction of its own; it is durable when the promise resolves. False, and nothing is stored, if
 * the client was removed.
 *
 * @param most how many tokens the client has at most; the oldest are evicted. Absent: no limit
 */
export type KeepAccessToken = (token: AccessToken, most?: number) => Promise<boolean>
