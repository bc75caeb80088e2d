/** An opaque access token as it rests: under its hash, never itself. */
export interface AccessToken {
  readonly hash: string
  readonly clientId: string
  /** Whom the token stands for: the client itself where no person was asked. */
  readonly subject: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Milliseconds since 1970 UTC. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** What a person granted; absent where none was asked. */
  readonly grantId?: string
  /** What the consent, or the operator's hook, added for resource servers; absent where nothing. */
  readonly ext?: Readonly<Record<string, unknown>>
  /** The person as the client knows him, where that is another name. */
  readonly obfuscatedSubject?: string
  /** The client's, when it proved who it is: if it is another by now, the token is not stored. */
  readonly generation: number
}

export interface AccessTokenStore {
  /**
   * False, and nothing is stored, where the client or the grant is gone by now.
   *
   * @param most how many the grant has at most, or a client without a person; the oldest make room. Absent: any number
   */
  add(token: AccessToken, most?: number): Promise<boolean>
  /** Undefined for an unknown token and for one that was ended: by itself, with its grant, with all of its client, or with the client. */
  find(hash: string): Promise<AccessToken | undefined>
  /** False where this client has no such token. */
  remove(hash: string, clientId: string): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}

/**
 * Stores a token without a grant in an act of its own: it is durable once the promise resolves. False, and nothing is stored, where the
 * client is gone by now.
 *
 * @param most how many the client has at most; the oldest make room. Absent: any number
 */
export type KeepAccessToken = (token: AccessToken, most?: number) => Promise<boolean>
