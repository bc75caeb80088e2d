import { OutcomeUnknown, Unavailable } from '../../lib/unavailable.ts'
import { accessTokenColumns as columns } from '../access-tokens.ts'
import type { Connection } from '../database.ts'
import type { CompiledStatement } from '../prepared.ts'
import type { AccessTokenRow } from '../schema.ts'

/** How many rows one statement carries at most, and how many statements are under way at once. */
const rowLimit = 256
const statementLimit = 4

/** The rows come as one JSON text. Each is written if its client is there, as `accessTokenStore` does with one. */
const insertRows: CompiledStatement = {
  sql: `insert into access_tokens (${columns.join(', ')})
    select ${columns.map((name) => `row.${name}`).join(', ')} from json_populate_recordset(null::access_tokens, $1) as row
    where exists (select 1 from clients where clients.client_id = row.client_id) returning hash`,
  looksUp: false,
  findsOne: false,
}

interface Waiting {
  readonly row: AccessTokenRow
  resolve(isStored: boolean): void
  reject(error: unknown): void
}

/**
 * Access tokens of several callers in one statement: those that come in one turn of the event loop, and those that come while others are
 * being written. PostgreSQL takes several times as many that way as in transactions of one row.
 */
export class TokenInserts {
  readonly #transact: <T>(body: (db: Connection) => Promise<T>) => Promise<T>
  readonly #waitingLimit: number
  #waiting: Waiting[] = []
  #underWay = 0
  #whenIdle: (() => void) | undefined

  constructor(transact: <T>(body: (db: Connection) => Promise<T>) => Promise<T>, waitingLimit: number) {
    this.#transact = transact
    this.#waitingLimit = waitingLimit
  }

  /** @throws Unavailable when too many wait already, and whatever the act throws */
  add(row: AccessTokenRow): Promise<boolean> {
    if (this.#waiting.length >= this.#waitingLimit) return Promise.reject(new Unavailable('too many requests are waiting for the database'))
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ row, resolve, reject }) === 1) setImmediate(() => this.#next())
    })
  }

  /** Resolves when nothing is waiting or being written. */
  idle(): Promise<void> {
    if (this.#waiting.length === 0 && this.#underWay === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenIdle = resolve
    })
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#underWay < statementLimit) {
      this.#underWay++
      void this.#write(this.#waiting.splice(0, rowLimit)).then(() => {
        this.#underWay--
        this.#next()
      })
    }
    if (this.#waiting.length === 0 && this.#underWay === 0) this.#whenIdle?.()
  }

  /** Where a row spoils the statement, each is tried by itself, one after the other: it takes none of the others with it, nor the pool. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const rows = JSON.stringify(batch.map(({ row }) => row))
      const stored = await this.#transact(async (db) => (await db.run<{ hash: string }>(insertRows, [rows])).rows)
      const hashes = new Set(stored.map(({ hash }) => hash))
      for (const { row, resolve } of batch) resolve(hashes.has(row.hash))
    } catch (error) {
      const isOfAll = error instanceof Unavailable || error instanceof OutcomeUnknown
      if (isOfAll || batch.length === 1) for (const { reject } of batch) reject(error)
      else for (const one of batch) await this.#write([one])
    }
  }
}
