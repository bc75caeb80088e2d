/** The revocations of JWT access tokens, which are not stored themselves. A revocation is stored until the token would have expired. */
export interface RevokedTokenStore {
  /** @param expiresAt the token's own expiry, in milliseconds since 1970 UTC */
  add(jti: string, expiresAt: number): Promise<void>
  /** Whether a token of this client was revoked; undefined if the client was removed. */
  standing(clientId: string, jti: string): Promise<Standing | undefined>
  removeExpired(now: number, limit: number): Promise<number>
}

export interface Standing {
  /** Milliseconds. The `jti` must have a later time. */
  readonly validAfter: number
  readonly isRevoked: boolean
}
