/** A client as it took part in a login session. A later client under its id is another one. */
export interface SessionClient {
  readonly clientId: string
  readonly generation: number
}

/** Which clients took part in a login session: they are told when it ends, whether or not a token of theirs still lives. */
export interface SessionClientStore {
  /** The client gets a code in the session, at `at` (milliseconds since 1970 UTC). */
  note(sessionId: string, client: SessionClient, at: number): Promise<void>
  /** Keeps the `limit` clients that got a code in the session most recently. */
  evictOldest(sessionId: string, limit: number): Promise<void>
  /** They are remembered for as long as the session, which now lives until `expiresAt`. */
  extend(sessionId: string, expiresAt: number): Promise<void>
  /** Removes and returns them. The session was ended in this transaction before, so that no client joins it any more. */
  take(sessionId: string): Promise<SessionClient[]>
  removeExpired(now: number, limit: number): Promise<number>
}

/** A session remembers so many clients: to end it costs no more than that. */
export const mostSessionClients = 100
