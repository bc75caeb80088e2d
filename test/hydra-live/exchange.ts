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
  /** Names for values of the answer that later exchanges use. */
  readonly capture?: Readonly<Record<string, string>>
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly jwt?: Jwts
  }
}

/** What the JWTs of an answer say, by the JSON pointer to each. */
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

export function readExchanges(file = 'registry.jsonl'): Exchange[] {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}
