/** Who is logged in at a browser, which holds the id sealed in a cookie. Times in milliseconds since 1970 UTC. */
export interface LoginSession {
  readonly id: string
  readonly subject: string
  /** When he proved who he is. */
  readonly authenticatedAt: number
  readonly expiresAt: number
}

export interface LoginSessionStore {
  start(session: LoginSession): Promise<void>
  /** Undefined for one that was ended with all of its person, too. */
  find(id: string): Promise<LoginSession | undefined>
  /** Whether it is there and not over; it cannot be ended until this transaction is over. */
  hold(id: string, now: number): Promise<boolean>
  /** Lets it live until `expiresAt`; nothing happens where it is gone. */
  extend(id: string, expiresAt: number): Promise<void>
  /** False where it was ended before. */
  end(id: string): Promise<boolean>
  /** Ends every session of a person; `removeEnded` names them. False where there are none. */
  endAll(subject: string, at: number): Promise<boolean>
  /** Removes at most `limit` sessions that `endAll` ended; their ids. No other caller is given them. */
  removeEnded(now: number, limit: number): Promise<string[]>
  removeExpired(now: number, limit: number): Promise<number>
}

/** The session that a browser names, if it is there and not over. */
export async function sessionInForce(sessions: LoginSessionStore, id: string | undefined, now: number): Promise<LoginSession | undefined> {
  const session = id === undefined ? undefined : await sessions.find(id)
  return session && session.expiresAt > now ? session : undefined
}
