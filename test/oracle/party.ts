import type { Browser } from '../support/browser.ts'
import type { Received, Sent } from '../support/request.ts'
import type { Clients } from './clients.ts'

/** What a person was asked on the way. */
export type Question = 'login' | 'consent'

export interface Step {
  /** Undefined where the person's earlier answer was enough. */
  readonly asked?: Question
  readonly answer: Received
}

/** One of the two authorization servers, at the addresses of ours: `/oauth2/auth`, `/oauth2/token`, `/oauth2/revoke`, `/userinfo`. */
export interface Party {
  readonly issuer: string
  readonly clients: Clients
  public(path: string, sent?: Sent): Promise<Received>
  /** Plays the person, who says yes to everything; undefined for an address where nobody is asked anything. */
  readonly play: (browser: Browser, location: string) => Promise<Step | undefined>
}
