/**
 * The effect of wrong guesses on other clients: 1,000 requests a second from 127.0.0.2 for a client whose secret is stored as argon2id,
 * first with the right secret, then with wrong ones, while the latency of another client from 127.0.0.1 is measured.
 *
 * `node bench/guesses.ts <public port> <admin port> <seconds> <rounds>`, a separate process; prints a `Guesses` as JSON.
 */
import { Connection } from './connection.ts'

export interface Guesses {
  /** The other client's p99 in milliseconds, one for each round. */
  readonly besideRight: readonly number[]
  readonly besideWrong: readonly number[]
  /** Responses to the right secrets and to the guesses by status, and their number per second. */
  readonly right: Readonly<Record<number, number>>
  readonly wrong: Readonly<Record<number, number>>
  readonly perSecond: { readonly right: number; readonly wrong: number }
  /** Answers to the other client that were not 200. */
  readonly refused: number
}

const [attackRate, otherRate] = [1_000, 200]
const chosenSecret = 'a secret that a person chose'

interface Stream {
  readonly statuses: Record<number, number>
  readonly latencies: number[]
}

/** Sends `rate` requests a second over keep-alive connections for so long; without a free connection a request waits for the next tick. */
async function stream(from: string, connections: number, rate: number, seconds: number, request: () => string): Promise<Stream> {
  const port = Number(process.argv[2])
  const free = await Promise.all(Array.from({ length: connections }, () => Connection.open(port, from)))
  const all = [...free]
  const found: Stream = { statuses: {}, latencies: [] }
  const underWay = new Set<Promise<void>>()
  const ask = async (connection: Connection): Promise<void> => {
    const began = performance.now()
    const { status } = await connection.send(request())
    found.latencies.push(performance.now() - began)
    found.statuses[status] = (found.statuses[status] ?? 0) + 1
    free.push(connection)
  }
  const start = performance.now()
  for (let sent = 0, passed = 0; passed < seconds * 1000; passed = performance.now() - start) {
    for (; sent < (passed * rate) / 1000 && free.length > 0; sent++) {
      const asked = ask(free.pop() as Connection).finally(() => underWay.delete(asked))
      underWay.add(asked)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(underWay)
  for (const connection of all) connection[Symbol.dispose]()
  return found
}

function tokenRequest(id: string, secret: string): string {
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')
  const body = 'grant_type=client_credentials'
  return `POST /oauth2/token HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Basic ${basic}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

async function createClient(secret?: string): Promise<{ id: string; secret: string }> {
  const body = JSON.stringify({ grant_types: ['client_credentials'], ...(secret !== undefined && { client_secret: secret }) })
  const answer = await fetch(`http://127.0.0.1:${process.argv[3]}/admin/clients`, { method: 'POST', body })
  const { client_id, client_secret } = (await answer.json()) as { client_id: string; client_secret: string }
  return { id: client_id, secret: client_secret }
}

async function run(): Promise<Guesses> {
  const [seconds, rounds] = process.argv.slice(4).map(Number) as [number, number]
  const [attacked, other] = [await createClient(chosenSecret), await createClient()]
  const [right, mine] = [tokenRequest(attacked.id, chosenSecret), tokenRequest(other.id, other.secret)]
  let guess = 0
  const measure = async (attack: () => string, length: number) =>
    Promise.all([stream('127.0.0.2', 256, attackRate, length, attack), stream('127.0.0.1', 8, otherRate, length, () => mine)])
  await measure(() => right, 1)
  const result = {
    besideRight: [] as number[],
    besideWrong: [] as number[],
    right: {},
    wrong: {},
    perSecond: { right: 0, wrong: 0 },
    refused: 0,
  }
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['right', 'wrong'] as const) {
      const [attack, beside] = await measure(kind === 'right' ? () => right : () => tokenRequest(attacked.id, `guess ${guess++}`), seconds)
      result[kind === 'right' ? 'besideRight' : 'besideWrong'].push(p99(beside.latencies))
      addTo(result[kind], attack.statuses)
      result.perSecond[kind] += attack.latencies.length / seconds / rounds
      result.refused += beside.latencies.length - (beside.statuses[200] ?? 0)
    }
  }
  return result
}

const p99 = (latencies: readonly number[]): number => latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN

function addTo(sum: Record<number, number>, more: Readonly<Record<number, number>>): void {
  for (const [status, count] of Object.entries(more)) sum[Number(status)] = (sum[Number(status)] ?? 0) + count
}

if (import.meta.main) console.log(JSON.stringify(await run()))
