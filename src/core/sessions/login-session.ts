/** The login of a person at a browser, whose cookie has the encrypted id. Times in milliseconds since 1970 UTC. */
export interface LoginSession {
  readonly id: string
  readonly subject: string
  /** When the person was authenticated. */
  readonly authenticatedAt: number
  readonly expiresAt: number
}

export interface LoginSessionStore {
  start(session: LoginSession): Promise<void>
  /** Undefined also for a session that `endAll` ended. */
  find(id: string): Promise<LoginSession | undefined>
  /** Whether the session is in force. It cannot be ended until this transaction is over. */
  hold(id: string, now: number): Promise<boolean>
  /** Extends the session to `expiresAt`; does nothing if it was ended. */
  extend(id: string, expiresAt: number): Promise<void>
  /** False if it was ended before. */
  end(id: string): Promise<boolean>
  /** Ends all sessions of a person, which `removeEnded` then returns. False if there are none. */
  endAll(subject: string, at: number): Promise<boolean>
  /** Removes at most `limit` sessions that `endAll` ended, and returns their ids, each to one caller. */
  removeEnded(now: number, limit: number): Promise<string[]>
  removeExpired(now: number, limit: number): Promise<number>
}

/** The session with this id, if it exists and has not expired. */
export async function sessionInForce(sessions: LoginSessionStore, id: string | undefined, now: number): Promise<LoginSession | undefined> {
  const session = id === undefined ? undefined : await sessions.find(id)
  return session && session.expiresAt > now ? session : undefined
}
