/** A stored refresh token: its hash, never the token. Times in milliseconds since 1970 UTC. */
export interface RefreshToken {
  readonly hash: string
  readonly grantId: string
  /** The access token that was issued with it, which is revoked when the refresh token is used. */
  readonly accessToken: PairedAccessToken
  readonly issuedAt: number
  readonly expiresAt: number
  /** When it was used. It stays stored until it expires, so that a second use is recognised. */
  readonly spentAt?: number
}

/** The hash of an opaque token, the `jti` of a JWT. */
export interface PairedAccessToken {
  readonly id: string
  readonly expiresAt: number
}

export interface RefreshTokenStore {
  add(token: RefreshToken): Promise<void>
  find(hash: string): Promise<RefreshToken | undefined>
  /** False if it was spent before; of concurrent calls one returns true. */
  spend(hash: string, at: number): Promise<boolean>
  /** Counts a reuse of a token that was spent after `spentAfter`; false if it was spent earlier, or reused `limit` times. */
  reuse(hash: string, spentAfter: number, limit: number): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/** Hydra's prefix, which SDKs and secret scanners recognise. */
export const refreshTokenPrefix = 'ory_rt_'
