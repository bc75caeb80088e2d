/** Claims that the consent added: for resource servers (`ext` of introspection and JWT access tokens) and for the client (ID token, userinfo). */
export interface SessionClaims {
  readonly accessToken: Readonly<Record<string, unknown>>
  readonly idToken: Readonly<Record<string, unknown>>
}

/** How and when the person proved who he is. Times in milliseconds since 1970 UTC. */
export interface Authentication {
  readonly at: number
  readonly requestedAt: number
  readonly acr: string
  readonly amr: readonly string[]
  readonly nonce?: string
}

/** What a person let a client have, once: it ties a code, a family of refresh tokens and their access tokens together. */
export interface Grant {
  readonly id: string
  readonly clientId: string
  /** The person, as the login application names him. */
  readonly subject: string
  /** The same as this client knows him, where that is another name (OpenID Connect Core §8.1). */
  readonly obfuscatedSubject?: string
  /** The login session it was given in: the `sid` of ID tokens. */
  readonly sessionId: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  readonly claims: SessionClaims
  readonly authentication: Authentication
  readonly consent: ConsentRecord
  /** A hash of what the person saw of the client when he agreed. */
  readonly terms: string
  /** Milliseconds; the person need not be asked again until then. Absent where he must. */
  readonly rememberedUntil?: number
  readonly grantedAt: number
  /** When nothing of it is of use any more. */
  readonly expiresAt: number
  /** From then on no token of it is worth anything. */
  readonly tokensEndedAt?: number
  /** The client's when the person was asked: the grant counts while it is the same. */
  readonly generation: number
}

/** What is read of a consent afterwards. */
export interface ConsentRecord {
  readonly remember: boolean
  /** Seconds; 0 is for ever. */
  readonly rememberFor: number
  readonly context: unknown
  /** Where the answer went. */
  readonly redirectUri: string
  /** The person was not asked, as he had agreed to as much before. */
  readonly isSkipped?: true
  /** The consent request as the consent application read it, in the words of the wire, without the client. */
  readonly request: Readonly<Record<string, unknown>>
}

/** For what never ends. Milliseconds since 1970 UTC, the last that a date can show. */
export const never = 8_640_000_000_000_000

/** Keeps the grants. */
export interface GrantStore {
  /**
   * False, and nothing is stored, where the client is gone by now, or another one has its id.
   *
   * @param rememberedId the id of a remembered grant on which this one rests: nothing is stored where that one does not count any more
   */
  open(grant: Grant, rememberedId?: string): Promise<boolean>
  /** Undefined for one that does not count: withdrawn, or of a client that is gone. */
  find(id: string): Promise<Grant | undefined>
  /** The remembered ones of a person for a client, the newest first. Only the newest 32 are looked at, with those that were withdrawn just now. */
  remembered(subject: string, clientId: string, now: number): Promise<Grant[]>
  /**
   * Whether its tokens are alive; it is kept until `until` at least, and its tokens are not ended until this transaction is over.
   *
   * @param endsAccess ends the opaque access tokens that it has so far
   */
  keep(id: string, until: number, endsAccess?: boolean): Promise<boolean>
  /** What the operator's hook made of its claims. */
  setClaims(id: string, claims: SessionClaims): Promise<void>
  /** Ends every token of it. False where that was done before. */
  endTokens(id: string, at: number): Promise<boolean>
  /**
   * Withdraws consent: the grants that fit count no more, nor does any token of theirs. What is left of them is removed later.
   *
   * @returns false where there are none; for those of a person, those that were withdrawn before are among them until they are removed
   */
  withdraw(which: { id: string } | { subject: string; clientId?: string }, at: number): Promise<boolean>
  /** A person's, the newest first; those that are over are left out. */
  list(page: GrantPage): Promise<GrantsFound>
  removeExpired(now: number, limit: number): Promise<number>
}

export interface GrantPage {
  readonly subject: string
  readonly sessionId?: string
  /** With those that he was not asked for. */
  readonly withSkipped?: boolean
  readonly now: number
  readonly limit: number
  /** After this one, in the order of the list. */
  readonly after?: GrantPlace
}

/** A page of the list. */
export interface GrantsFound {
  /** At most `limit`. They can be fewer, or none, although the list goes on: at most 500 that are left out are passed over for a page. */
  readonly grants: readonly Grant[]
  /** Where the next page begins; undefined at the end of the list. */
  readonly next: GrantPlace | undefined
}

/** A place in the list. */
export interface GrantPlace {
  readonly grantedAt: number
  readonly id: string
}
