import type { Browser } from '../support/browser.ts'
import type { Received, Sent } from '../support/request.ts'
import type { Clients } from './clients.ts'

/** A step that needed the person. */
export type Question = 'login' | 'consent'

export interface Step {
  /** Undefined if an earlier answer was remembered. */
  readonly asked?: Question
  readonly answer: Received
}

/** One of the two authorization servers, with the paths of this one: `/oauth2/auth`, `/oauth2/token`, `/oauth2/revoke`, `/userinfo`. */
export interface Party {
  readonly issuer: string
  readonly clients: Clients
  public(path: string, sent?: Sent): Promise<Received>
  /** Answers as a person who accepts everything; undefined for a URL that asks nothing. */
  readonly play: (browser: Browser, location: string) => Promise<Step | undefined>
}
