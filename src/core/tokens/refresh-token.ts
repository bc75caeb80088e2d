/** A refresh token as it rests: under its hash, never itself. Times in milliseconds since 1970 UTC. */
export interface RefreshToken {
  readonly hash: string
  readonly grantId: string
  /** The access token that came with it, which ends when it is used. */
  readonly accessToken: PairedAccessToken
  readonly issuedAt: number
  readonly expiresAt: number
  /** It was used. It is kept until it expires: what is deleted cannot be recognised when it comes back. */
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
  /** False where it was spent before: of several at once, one spends it. */
  spend(hash: string, at: number): Promise<boolean>
  /** One more use of a token that was spent after `spentAfter`, if it was reused less than `limit` times; false where it may not. */
  reuse(hash: string, spentAfter: number, limit: number): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/** Hydra's prefix: SDKs and secret scanners know it. */
export const refreshTokenPrefix = 'ory_rt_'
