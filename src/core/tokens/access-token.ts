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
}

export interface AccessTokenStore {
  /** False, and nothing is stored, where the client is gone by now. */
  add(token: AccessToken): Promise<boolean>
  /** Undefined for an unknown token and for one whose client is gone. */
  find(hash: string): Promise<AccessToken | undefined>
  /** False where this client has no such token. */
  remove(hash: string, clientId: string): Promise<boolean>
  /** Every token of a grant. */
  removeOfGrant(grantId: string): Promise<void>
  /** Every token of the client. */
  removeAll(clientId: string): Promise<void>
  removeExpired(now: number, limit: number): Promise<number>
}

/** Stores a token in an act of its own: it is durable once the promise resolves. False, and nothing is stored, where the client is gone by now. */
export type KeepAccessToken = (token: AccessToken) => Promise<boolean>
