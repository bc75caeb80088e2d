/** What a case has of a caller. */
import type { Answer } from './connection.ts'

export interface Registered {
  readonly id: string
  readonly secret: string
  /** The registration access token in force: each update replaces it. */
  token: string
}

export interface Issued {
  readonly accessToken: string
  readonly clientId: string
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
export type Send = (method: Method, path: string, fields?: string, body?: string) => Promise<Answer>

/** One of the concurrent callers, each with its own connection and clients. */
export interface Caller {
  readonly send: Send
  /** The same to the admin listener, on a separate connection. */
  readonly sendAdmin: Send
  readonly issuer: string
  /** The next of this caller's own clients, in a cycle. */
  client(): Registered
  /** The same, of those whose access tokens are JWTs. */
  jwtClient(): Registered
  /** The next of this caller's own clients that authenticate with a key. */
  keyed(): Registered
  /** The next of this caller's own access tokens, in a cycle. */
  issued(): Issued
  /** The same, of JWTs. */
  issuedJwt(): Issued
  /** The next of this caller's own refresh tokens, in a cycle. */
  family(): Family
  /** A number that this caller has not used before. */
  serial(): number
  /** The URL of the next page of the list; empty at its start. */
  nextPage: string
}

/** The client's tokens after a login. */
export interface Family {
  readonly client: Registered
  /** The newest one: each use issues another. */
  refreshToken: string
}
