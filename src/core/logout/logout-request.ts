import type { Leaving } from './leaving.ts'

/** A request to end a login session, which the person confirms in the logout application. Times in milliseconds since 1970 UTC. */
export interface LogoutRequest {
  readonly id: string
  readonly challenge: string
  readonly asked: LogoutAsked
  /** The hash of the verifier with which the browser comes back. Absent until the request is accepted. */
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
  /** The client that requested the logout; absent if the person did. */
  readonly clientId?: string
  /** Where the browser is redirected afterwards; absent for `urls.post_logout_redirect` or the built-in page. */
  readonly redirectTo?: string
  /** Absent without `redirectTo`. */
  readonly leaving?: Leaving
}

export interface LogoutRequestStore {
  /** If the session has `limit` pending requests, the oldest is evicted. */
  add(request: LogoutRequest, limit: number): Promise<void>
  find(id: string): Promise<LogoutRequest | undefined>
  /** False if the verifier of an earlier acceptance was already used. */
  accept(id: string, verifier: string): Promise<boolean>
  /** False if the verifier was used before, or is not the newest. */
  spend(id: string, verifier: string, at: number): Promise<boolean>
  removeExpired(now: number, limit: number): Promise<number>
}
