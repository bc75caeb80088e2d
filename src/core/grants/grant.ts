/** Claims that the consent added: for resource servers (`ext` of introspection and JWT access tokens) and for the client (ID token, userinfo). */
export interface SessionClaims {
  readonly accessToken: Readonly<Record<string, unknown>>
  readonly idToken: Readonly<Record<string, unknown>>
}

/** How and when the person was authenticated. Times in milliseconds since 1970 UTC. */
export interface Authentication {
  readonly at: number
  readonly requestedAt: number
  readonly acr: string
  readonly amr: readonly string[]
  readonly nonce?: string
}

/** What a person granted to a client in one authorization. A code, a family of refresh tokens and their access tokens belong to it. */
export interface Grant {
  readonly id: string
  readonly clientId: string
  /** The person, as the login application names them. */
  readonly subject: string
  /** The pairwise subject, if the client has one (OpenID Connect Core §8.1). */
  readonly obfuscatedSubject?: string
  /** The login session in which it was given: the `sid` of ID tokens. */
  readonly sessionId: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  readonly claims: SessionClaims
  readonly authentication: Authentication
  readonly consent: ConsentRecord
  /** A hash of what the consent page showed of the client. */
  readonly terms: string
  /** Until then the consent is remembered. Milliseconds since 1970 UTC; absent if it is not remembered. */
  readonly rememberedUntil?: number
  readonly grantedAt: number
  /** When its code, its tokens and its remembered consent have all expired. */
  readonly expiresAt: number
  /** When all its tokens were revoked. */
  readonly tokensEndedAt?: number
  /** The client's generation at the consent. The grant is valid only while the client has the same. */
  readonly generation: number
}

/** What is shown later of a consent. */
export interface ConsentRecord {
  readonly remember: boolean
  /** Seconds; 0: without end. */
  readonly rememberFor: number
  readonly context: unknown
  /** The redirect URI of the authorization response. */
  readonly redirectUri: string
  /** The person was not asked, because a remembered consent covers the request. */
  readonly isSkipped?: true
  /** The consent request as the consent application read it, with the wire's member names, without the client. */
  readonly request: Readonly<Record<string, unknown>>
}

/** The expiry of what does not expire: the last time that a `Date` has, in milliseconds since 1970 UTC. */
export const never = 8_640_000_000_000_000

/** Stores the grants. */
export interface GrantStore {
  /**
   * False, and nothing is stored, if the client was removed or created again.
   *
   * @param rememberedId the remembered grant because of which the person was not asked: nothing is stored if it is no longer valid
   */
  open(grant: Grant, rememberedId?: string): Promise<boolean>
  /** Undefined also for a grant that was withdrawn, or whose client was removed. */
  find(id: string): Promise<Grant | undefined>
  /**
   * The remembered grants of a person for a client, the newest first. Only the newest 32 rows are read, among them those of withdrawn grants
   * that are not yet removed.
   */
  remembered(subject: string, clientId: string, now: number): Promise<Grant[]>
  /**
   * Extends the grant to `until` at least. False if its tokens were revoked; they cannot be revoked until this transaction is over.
   *
   * @param endsAccess revokes the opaque access tokens that it has so far
   */
  keep(id: string, until: number, endsAccess?: boolean): Promise<boolean>
  /** Stores the claims as the operator's hook changed them. */
  setClaims(id: string, claims: SessionClaims): Promise<void>
  /** Revokes all its tokens. False if that was done before. */
  endTokens(id: string, at: number): Promise<boolean>
  /**
   * Withdraws the selected grants: they and their tokens are no longer valid. Their rows are removed later.
   *
   * @returns false if there are none; grants of a person that were withdrawn before count as well, until they are removed
   */
  withdraw(which: { id: string } | { subject: string; clientId?: string }, at: number): Promise<boolean>
  /** The grants of a person, the newest first, without the expired ones. */
  list(page: GrantPage): Promise<GrantsFound>
  removeExpired(now: number, limit: number): Promise<number>
}

export interface GrantPage {
  readonly subject: string
  readonly sessionId?: string
  /** Includes the grants for which the person was not asked. */
  readonly withSkipped?: boolean
  readonly now: number
  readonly limit: number
  /** After this one, in the order of the list. */
  readonly after?: GrantPlace
}

/** A page of the list. */
export interface GrantsFound {
  /** At most `limit`. There may be fewer, or none, although the list continues: a page skips at most 500 grants that it leaves out. */
  readonly grants: readonly Grant[]
  /** Where the next page begins; undefined at the end of the list. */
  readonly next: GrantPlace | undefined
}

/** A place in the list. */
export interface GrantPlace {
  readonly grantedAt: number
  readonly id: string
}
