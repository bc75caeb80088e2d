/** What can end a JWT access token before its time. It is not stored itself; its revocation is, until it would have expired. */
export interface RevokedTokenStore {
  /** @param expiresAt the token's own expiry, in milliseconds since 1970 UTC */
  add(jti: string, expiresAt: number): Promise<void>
  /** What stands against a token of this client; undefined where the client is gone. */
  standing(clientId: string, jti: string): Promise<Standing | undefined>
  removeExpired(now: number, limit: number): Promise<number>
}

export interface Standing {
  /** Milliseconds: the `jti` must name a later time. */
  readonly validAfter: number
  readonly isRevoked: boolean
}
