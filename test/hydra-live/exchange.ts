import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One exchange with a running Hydra, as recorded: a line of one of the files beside this one. */
export interface Exchange {
  readonly id: string
  readonly title: string
  readonly face: 'registration' | 'admin' | 'discovery' | 'flow'
  /** The part of the product, where `face` is `flow`. */
  readonly flow?: string
  /** The server it was recorded from, where that is not the main one. */
  readonly instance?: 'off' | 'strict'
  /** Hydra departs from a standard here. */
  readonly deviation?: number
  readonly request: ExchangeRequest
  /** A step of a browser, which keeps its cookies for the whole flow and follows no redirect. */
  readonly browser?: BrowserStep
  /** Names for values of the answer that later exchanges use. */
  readonly capture?: Readonly<Record<string, string>>
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    /** What a browser was told to keep; only recorded of browsers. */
    readonly cookies?: readonly Cookie[]
    readonly body?: unknown
    /** Texts that are somewhere in the body. */
    readonly contains?: readonly string[]
    readonly jwt?: Jwts
  }
}

export interface BrowserStep {
  readonly method?: string
  /** Or a whole address at the public listener. */
  readonly path: string
  /** A form, encoded. */
  readonly body?: string
  /** Before this step it forgets everything. */
  readonly clear_cookies?: boolean
  /** Before this step it forgets the cookies whose names start so. */
  readonly drop_cookie?: string
}

export interface Cookie {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | true>>
}

/** What the JWTs of an answer say, by the JSON pointer to each; an empty one is the body itself. */
export type Jwts = Readonly<Record<string, { readonly header: unknown; readonly payload: unknown }>>

export interface ExchangeRequest {
  readonly method: string
  readonly listener: 'public' | 'admin'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly basic?: readonly [id: string, secret: string]
}

type Recorded = Omit<Exchange, 'request'> & { readonly request?: ExchangeRequest }

export function readExchanges(file = 'registry.jsonl'): Exchange[] {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => withRequest(JSON.parse(line)))
}

/** What a browser sends is a request like others, so that all are judged alike. */
function withRequest(recorded: Recorded): Exchange {
  const { browser } = recorded
  if (!browser) return recorded as Exchange
  const { method = 'GET', path, body } = browser
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  return { ...recorded, request: { method, listener: 'public', path, headers, ...(body !== undefined && { body }) } }
}
