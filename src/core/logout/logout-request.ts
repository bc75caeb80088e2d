import type { Leaving } from './leaving.ts'

/** A browser asked to be logged out; an application of the operator's has the person confirm it. Times in milliseconds since 1970 UTC. */
export interface LogoutRequest {
  readonly id: string
  readonly challenge: string
  readonly asked: LogoutAsked
  /** The hash of what the browser brings back once it was accepted. */
  readonly verifier?: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly spentAt?: number
}

export interface LogoutAsked {
  /** Path and query, as the browser sent it. */
  readonly url: string
  readonly subject: string
  readonly sessionId: string
  /** The client that asked; absent where the person came by himself. */
  readonly clientId?: string
  /** Where the browser goes afterwards; absent for a page of ours or the operator's. */
  readonly redirectTo?: string
  /** Absent where there is no such address. */
  readonly leaving?: Leaving
}

export interface LogoutRequestStore {
  /** Of a session with `limit` that nobody has accepted the oldest makes room. */
  add(request: LogoutRequest, limit: number): Promise<void>
  find(id: string): Promise<LogoutRequest | undefined>
  /** False where the browser has gone on with an earlier answer. */
  accept(id: string, verifier: string): Promise<boolean>
  /** False where the verifier was spent before, or is not the newest. */
  spend(id: string, verifier: string, at: number): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}
