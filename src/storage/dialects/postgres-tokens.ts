import { OutcomeUnknown, Unavailable } from '../../lib/unavailable.ts'
import { accessTokenColumns as columns } from '../access-tokens.ts'
import type { Connection, Statement } from '../connection.ts'
import type { WrittenTokenRow } from '../database.ts'
import { nextStatementName } from '../prepared.ts'

/** How many rows one statement carries at most, and how many statements are under way at once. */
const rowLimit = 256
const statementLimit = 4

/**
 * The rows come as one JSON text. Each is written if its client is there, as `accessTokenStore` does with one. The `offset 0` keeps the
 * subquery one, so that each client is looked up by its key, however few there are: else the whole table is read.
 */
const insertRows: Statement = {
  sql: `insert into access_tokens (${columns.join(', ')}, generation, token_epoch)
    select ${columns.map((name) => `row.${name}`).join(', ')}, clients.generation, clients.token_epoch
    from json_populate_recordset(null::access_tokens, $1) as row
    cross join lateral (select generation, token_epoch from clients
      where client_id = row.client_id and generation = row.generation and removed_at is null offset 0) as clients
    returning hash`,
  looksUp: false,
  findsOne: false,
  name: nextStatementName(),
}

/** The oldest of these clients' own tokens beyond their ceiling, but none of those that were just added. As an array, each is found by its key. */
const makeRoom: Statement = {
  sql: `delete from access_tokens where hash = any(array(
    select old.hash from unnest($1::text[], $2::integer[]) as room (client_id, most)
    cross join lateral (select hash from access_tokens where client_id = room.client_id collate "C" and grant_id is null
      order by grant_id desc, issued_at desc offset room.most limit ${rowLimit + 16}) as old))
    and hash <> all($3::text[])`,
  looksUp: false,
  findsOne: false,
  name: nextStatementName(),
}

interface Waiting {
  readonly row: WrittenTokenRow
  readonly most: number | undefined
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
  add(row: WrittenTokenRow, most?: number): Promise<boolean> {
    if (this.#waiting.length >= this.#waitingLimit) return Promise.reject(new Unavailable('too many requests are waiting for the database'))
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ row, most, resolve, reject }) === 1) setImmediate(() => this.#next())
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
      const hashes = await this.#transact((db) => writeRows(db, batch))
      for (const { row, resolve } of batch) resolve(hashes.has(row.hash))
    } catch (error) {
      const isOfAll = error instanceof Unavailable || error instanceof OutcomeUnknown
      if (isOfAll || batch.length === 1) for (const { reject } of batch) reject(error)
      else for (const one of batch) await this.#write([one])
    }
  }
}

/** The hashes of the rows that were stored. */
async function writeRows(db: Connection, batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
  const rows = JSON.stringify(batch.map(({ row }) => row))
  const ceilings = new Map(batch.flatMap(({ row, most }) => (most === undefined ? [] : [[row.client_id, most]])))
  const added = batch.map(({ row }) => row.hash)
  const [stored] = await Promise.all([
    db.run<{ hash: string }>(insertRows, [rows]),
    ceilings.size > 0 && db.run(makeRoom, [[...ceilings.keys()], [...ceilings.values()], added]),
  ])
  return new Set(stored.rows.map(({ hash }) => hash))
}
