/** A client that took part in a login session. The generation distinguishes it from a later client with the same id. */
export interface SessionClient {
  readonly clientId: string
  readonly generation: number
}

/** The clients that took part in a login session. They get a logout token when it ends, also if none of their tokens is valid any more. */
export interface SessionClientStore {
  /** Records that the client gets a code in the session at `at` (milliseconds since 1970 UTC). */
  note(sessionId: string, client: SessionClient, at: number): Promise<void>
  /** Keeps the `limit` clients that got a code in the session most recently. */
  evictOldest(sessionId: string, limit: number): Promise<void>
  /** Keeps the clients until `expiresAt`, the new expiry of the session. */
  extend(sessionId: string, expiresAt: number): Promise<void>
  /** Removes and returns the clients. The session must have been ended in this transaction before, so that no client is added later. */
  take(sessionId: string): Promise<SessionClient[]>
  removeExpired(now: number, limit: number): Promise<number>
}

/** How many clients of a session are stored at most, which bounds the cost of ending it. */
export const mostSessionClients = 100
