import pg from 'pg'
import { Unavailable } from '../../lib/unavailable.ts'
import { recogniseSession } from './postgres-sessions.ts'

export interface PoolOptions {
  /** How many connections at most. */
  readonly connections?: number
  /** How many acts and reads may wait for one; the next is refused. */
  readonly waiting?: number
  /** Milliseconds to get a connection, a new one or one that is in use. */
  readonly connectTimeout?: number
}

/** How many acts and reads, and how many access tokens, may wait by default. */
export const waitingLimit = 1_000

/** Milliseconds to get a connection. */
const defaultConnectTimeout = 3_000

/** Milliseconds of silence after which the kernel sends TCP keepalive probes; libuv has it send ten, a second apart. */
const keepAliveDelay = 5_000

/** Milliseconds for `ping`. */
const pingTimeout = 2_000

/** `bigint` columns hold milliseconds: a number carries them exactly. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as never,
}

/** A pool that rejects a request for a connection when too many wait already. */
export class BoundedPool {
  readonly #pool: pg.Pool
  readonly #waiting: number
  #held = 0
  #closed: (() => void) | undefined

  constructor(url: string, { connections = 20, waiting = waitingLimit, connectTimeout = defaultConnectTimeout }: PoolOptions) {
    this.#waiting = waiting
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelay,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      types,
      // Statements of an act that do not wait for one another leave together.
      pipeline: true,
      application_name: 'clientele',
    } as pg.PoolConfig)
    // An idle connection that breaks is replaced; if one breaks while it is used, its statement fails.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (client) => {
      client.on('error', () => {})
      recogniseSession(client)
    })
  }

  /** @throws Unavailable when too many wait already, or none comes free in time, or the database is away */
  async acquire(): Promise<pg.PoolClient> {
    if (this.#closed) throw new Unavailable('the database is closed')
    if (this.#pool.waitingCount >= this.#waiting) throw new Unavailable('too many requests are waiting for the database')
    this.#held++
    try {
      return await this.#pool.connect()
    } catch (error) {
      this.#gaveBack()
      throw new Unavailable('the database cannot be reached', 5, { cause: error })
    }
  }

  state() {
    const { totalCount, idleCount, waitingCount } = this.#pool
    return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount }
  }

  /** @param isBroken whether the connection is of no use any more */
  release(client: pg.PoolClient, isBroken = false): void {
    // The pool would say goodbye to the server, and wait for an answer.
    if (isBroken) (client as unknown as pg.Client).connection.stream.destroy()
    client.release(isBroken)
    this.#gaveBack()
  }

  #gaveBack(): void {
    if (--this.#held === 0) this.#closed?.()
  }

  async ping(): Promise<boolean> {
    try {
      await this.#pool.query({ text: 'SELECT 1', query_timeout: pingTimeout } as pg.QueryConfig)
      return true
    } catch {
      return false
    }
  }

  /** Hands out no more connections; closes when the last one has come back. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed = resolve
    if (this.#held === 0) resolve()
    await promise
    await this.#pool.end()
  }
}
