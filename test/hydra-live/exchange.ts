import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One exchange with a running Hydra, as recorded: a line of one of the files beside this one. */
export interface Exchange {
  readonly id: string
  readonly title: string
  readonly face: 'registration' | 'admin' | 'discovery' | 'flow'
  /** The name of the flow, if `face` is `flow`. */
  readonly flow?: string
  /** The server from which it was recorded, if not the main one. */
  readonly instance?: 'off' | 'strict'
  /** The number of a known deviation of Hydra's from a standard. */
  readonly deviation?: number
  readonly request: ExchangeRequest
  /** A step of a browser. It keeps its cookies for the whole flow and follows no redirect. */
  readonly browser?: BrowserStep
  /** Names of values in the response that later exchanges use. */
  readonly capture?: Readonly<Record<string, string>>
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    /** The cookies that are set; recorded for browser steps only. */
    readonly cookies?: readonly Cookie[]
    readonly body?: unknown
    /** Texts that the body contains. */
    readonly contains?: readonly string[]
    readonly jwt?: Jwts
  }
}

export interface BrowserStep {
  readonly method?: string
  /** A path, or a complete URL at the public listener. */
  readonly path: string
  /** An encoded form. */
  readonly body?: string
  /** Before this step all cookies are deleted. */
  readonly clear_cookies?: boolean
  /** Before this step the cookies with this name prefix are deleted. */
  readonly drop_cookie?: string
}

export interface Cookie {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | true>>
}

/** Header and payload of the JWTs in a response, by the JSON pointer to each; the empty pointer is the body itself. */
export type Jwts = Readonly<Record<string, { readonly header: unknown; readonly payload: unknown }>>

export interface ExchangeRequest {
  readonly method: string
  readonly listener: 'public' | 'admin'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged, any other value as JSON. */
  readonly body?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly basic?: readonly [id: string, secret: string]
}

type Recorded = Omit<Exchange, 'request'> & { readonly request?: ExchangeRequest }

export function readExchanges(file = 'registry.jsonl'): Exchange[] {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => withRequest(JSON.parse(line)))
}

/** Turns a browser step into a request, so that all exchanges are compared in the same way. */
function withRequest(recorded: Recorded): Exchange {
  const { browser } = recorded
  if (!browser) return recorded as Exchange
  const { method = 'GET', path, body } = browser
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  return { ...recorded, request: { method, listener: 'public', path, headers, ...(body !== undefined && { body }) } }
}
