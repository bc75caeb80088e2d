/** The load, in a separate process: 64 callers, each with one keep-alive connection, controlled by `run.ts` over a channel. */

import { performance } from 'node:perf_hooks'
import type { Caller, Family, Issued, Method, Registered, Send } from './caller.ts'
import { type Case, cases, createJwtClient, jwtToken, register, registerKeyed, token } from './cases.ts'
import { type Answer, Connection } from './connection.ts'
import { login } from './logins.ts'
import { usage } from './usage.ts'

export const callers = 64

export type Order =
  | { readonly kind: 'aim'; readonly pid: number; readonly publicPort: number; readonly adminPort: number; readonly issuer: string }
  | { readonly kind: 'prepare'; readonly clients: number; readonly tokens: number; readonly jwt: boolean }
  | { readonly kind: 'run'; readonly name: string; readonly seconds: number }

export interface Measured {
  /** Responses within the window, or acts where the case counts those. What was under way at its end counts by the part within. */
  readonly count: number
  /** Begin and end of the window by the monotonic clock, in microseconds. */
  readonly from: number
  readonly to: number
  /** Of the counted responses or acts. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor time of the server within the window, in seconds; undefined where the system does not provide it. */
  readonly cpuSeconds: number | undefined
  /** Resident memory of the server at the end of the window. */
  readonly rssMiB: number | undefined
  /** The part of the window in which the load was processing responses: near 1, the load was the bottleneck. */
  readonly loadBusy: number
  readonly wrong: number
  /** Messages of the first few wrong responses. */
  readonly examples: readonly string[]
}

export type Report = { readonly kind: 'done'; readonly measured?: Measured } | { readonly kind: 'failed'; readonly message: string }

/** How long a response may take after the end of the window before it counts as missing, in milliseconds. */
const timeout = 30_000

/** Full pages of the list, and at least one for each caller. */
const keyedCount = 100

let target: Extract<Order, { kind: 'aim' }>
const clients: Registered[] = []
const keyed: Registered[] = []
const tokens: Issued[] = []
const jwtClients: Registered[] = []
const jwts: Issued[] = []
const families: Family[] = []

/** The list is read in pages of 100, so with these it still ends with a whole page. */
const jwtClientCount = 200

/** A few for each caller, so that `refresh` reads and writes all over the tables. */
const familyCount = 512

let serial = 0

process.on('message', async (order: Order) => {
  try {
    if (order.kind === 'aim') target = order
    if (order.kind === 'prepare') await prepare(order)
    report(order.kind === 'run' ? { kind: 'done', measured: await run(order.name, order.seconds) } : { kind: 'done' })
  } catch (error) {
    report({ kind: 'failed', message: String(error) })
  }
})

function report(message: Report): void {
  process.send?.(message)
}

/** Registers clients and issues tokens through the API. */
async function prepare({ clients: clientCount, tokens: tokenCount, jwt }: Extract<Order, { kind: 'prepare' }>): Promise<void> {
  await fill(clients, clientCount, register)
  await fill(tokens, tokenCount, token)
  await fill(families, familyCount, login)
  if (!jwt) return
  await fill(keyed, keyedCount, registerKeyed)
  await fill(jwtClients, jwtClientCount, createJwtClient, target.adminPort)
  await fill(jwts, tokenCount, jwtToken)
}

async function fill<T>(list: T[], count: number, act: (caller: Caller) => Promise<T>, port = target.publicPort): Promise<void> {
  using crew = await Crew.gather(port)
  let begun = list.length
  await Promise.all(
    crew.members.map(async ({ caller }) => {
      while (begun++ < count) list.push(await act(caller))
    }),
  )
}

async function run(name: string, seconds: number): Promise<Measured> {
  const found = cases.find((it) => it.name === name)
  if (!found) throw new Error(`no case ${name}`)
  await found.before?.(askAdmin)
  using crew = await Crew.gather(found.listener === 'public' ? target.publicPort : target.adminPort, found.unit)
  const before = usage(target.pid)
  const from = microseconds()
  const spun = spin(crew)
  const work = Promise.all(crew.members.map((member) => crew.keepAt(found, member)))
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  crew.close()
  const to = microseconds()
  const loadBusy = 1 - spun.idleMs / ((to - from) / 1000)
  const after = usage(target.pid)
  const watch = setTimeout(() => crew.dismiss(new Error(`no response within ${timeout} ms`)), timeout)
  await work
  clearTimeout(watch)
  const took = Float64Array.from(crew.latencies).sort()
  return {
    count: crew.count,
    from,
    to,
    p50Ms: took[Math.floor(took.length * 0.5)] ?? Number.NaN,
    p99Ms: took[Math.floor(took.length * 0.99)] ?? Number.NaN,
    cpuSeconds: before && after ? after.cpuSeconds - before.cpuSeconds : undefined,
    rssMiB: after?.rssMiB,
    loadBusy,
    wrong: crew.wrong,
    examples: crew.examples,
  }
}

/**
 * Keeps the load running during its window. A load that slept between responses would be woken by the server's writes. On a virtual
 * machine that takes the server longer than the write itself, and the slower of two servers would have that cost more often.
 */
function spin(crew: Crew): { readonly idleMs: number } {
  const spun = { idleMs: 0 }
  let [last, answered] = [performance.now(), 0]
  const turn = () => {
    const now = performance.now()
    if (crew.answers === answered) spun.idleMs += now - last
    ;[last, answered] = [now, crew.answers]
    if (crew.open) setImmediate(turn)
  }
  setImmediate(turn)
  return spun
}

/** One request to the admin listener, outside any window. */
const askAdmin: Send = async (...request) => {
  using crew = await Crew.gather(target.adminPort)
  return await (crew.members[0] as Member).caller.send(...request)
}

const microseconds = () => Number(process.hrtime.bigint() / 1000n)

interface Member {
  readonly connection: Connection
  readonly caller: Caller
}

/** The callers of one run. Connections are opened for each run, as a server may close one that was idle during the run of the other. */
class Crew implements Disposable {
  readonly members: readonly Member[]
  readonly #unit: Case['unit']
  readonly #adminConnections: Connection[] = []
  #closedAt = Number.POSITIVE_INFINITY
  count = 0
  wrong = 0
  readonly examples: string[] = []
  /** In milliseconds, one for each response or act within the window. */
  readonly latencies: number[] = []
  answers = 0

  private constructor(connections: readonly Connection[], unit: Case['unit']) {
    this.#unit = unit
    this.members = connections.map((connection, index) => ({ connection, caller: this.#caller(connection, index) }))
  }

  static async gather(port: number, unit?: Case['unit']): Promise<Crew> {
    return new Crew(await Promise.all(Array.from({ length: callers }, () => Connection.open(port))), unit)
  }

  get open(): boolean {
    return this.#closedAt === Number.POSITIVE_INFINITY
  }

  /** Closes the window: later acts are checked but not counted. */
  close(): void {
    this.#closedAt = performance.now()
  }

  dismiss(error: Error): void {
    for (const { connection } of this.members) connection.lose(error)
    for (const connection of this.#adminConnections) connection.lose(error)
  }

  [Symbol.dispose](): void {
    this.dismiss(new Error('the run is over'))
  }

  /** Repeats the act until the window closes; an act that has begun is finished, so that no new token is lost. */
  async keepAt(found: Case, { connection, caller }: Member): Promise<void> {
    while (this.open) {
      const began = performance.now()
      try {
        await found.act(caller)
        if (this.#unit === 'act') this.#ended(began)
      } catch (error) {
        this.wrong += 1
        if (this.examples.length < 5) this.examples.push(`${found.name}: ${(error as Error).message}`)
        if (connection.isLost) return
      }
    }
  }

  /** Counts a response or an act. One under way at the end counts in part, so that long acts and slow servers are counted fully. */
  #ended(began: number): void {
    const took = performance.now() - began
    if (this.open) this.latencies.push(took)
    this.count += Math.min(1, Math.max(0, this.#closedAt - began) / took)
  }

  #caller(connection: Connection, index: number): Caller {
    const send = this.#sendOver(connection)
    let toAdmin: Promise<Send> | undefined
    const sendAdmin: Send = async (...request) => {
      toAdmin ??= this.#connectAdmin()
      return (await toAdmin)(...request)
    }
    const own = { client: ownOf(clients, index), issued: ownOf(tokens, index), keyed: ownOf(keyed, index) }
    const ownJwt = { jwtClient: ownOf(jwtClients, index), issuedJwt: ownOf(jwts, index) }
    const family = ownOf(families, index)
    return { send, sendAdmin, issuer: target.issuer, ...own, ...ownJwt, family, serial: () => serial++, nextPage: '' }
  }

  /** Opened when it is first used: not every target has an admin listener. */
  async #connectAdmin(): Promise<Send> {
    const connection = await Connection.open(target.adminPort)
    this.#adminConnections.push(connection)
    return this.#sendOver(connection)
  }

  #sendOver(connection: Connection): Send {
    const host = `host: 127.0.0.1:${connection.port}\r\n`
    return async (method: Method, path: string, fields = '', body = ''): Promise<Answer> => {
      const length = method === 'POST' || method === 'PUT' ? `content-length: ${Buffer.byteLength(body)}\r\n` : ''
      const began = performance.now()
      const answer = await connection.send(`${method} ${path} HTTP/1.1\r\n${host}${fields}${length}\r\n${body}`)
      this.answers += 1
      if (this.#unit !== 'act') this.#ended(began)
      return answer
    }
  }
}

/** Distributes a list to the callers and cycles through one caller's part: no two callers use the same client at once. */
function ownOf<T>(list: readonly T[], index: number): () => T {
  const own = list.filter((_, at) => at % callers === index)
  let next = 0
  return () => {
    const value = own[next++ % own.length]
    if (value === undefined) throw new Error('fewer things were prepared than there are callers')
    return value
  }
}
