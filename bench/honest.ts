/**
 * A legitimate caller, in a separate process: 50 requests a second, whether the earlier ones were answered or not.
 * `node bench/honest.ts <public port> <admin port> <which>`; sends `ready` over its channel, and answers each number of seconds that it
 * receives with an `Honest`.
 */
import { basic, form, json } from './answers.ts'
import { Connection } from './connection.ts'

/** `both`: in turn a client credentials token and its introspection. */
export type Asked = 'tokens' | 'both'

export interface Honest {
  readonly asked: number
  /** Milliseconds, from the request to its answer. */
  readonly p50: number
  readonly p99: number
  /** Requests that were not answered with 200 within `timeout`. */
  readonly errors: number
  readonly examples: readonly string[]
}

/** Requests a second. */
const rate = 50
/** Milliseconds. */
const timeout = 10_000

const [publicPort = 0, adminPort = 0] = process.argv.slice(2, 4).map(Number)
const which = process.argv[4] as Asked
const free = new Map<number, Connection[]>([
  [publicPort, []],
  [adminPort, []],
])

async function ask(port: number, head: string, fields: string, body: string): Promise<string> {
  const idle = free.get(port) ?? []
  while (idle.at(-1)?.isLost) idle.pop()
  const connection = idle.pop() ?? (await Connection.open(port))
  const late = setTimeout(() => connection.lose(new Error(`no response within ${timeout} ms`)), timeout)
  try {
    const answer = await connection.send(
      `POST ${head} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    if (answer.status !== 200 && answer.status !== 201) throw new Error(`${head}: ${answer.status} ${answer.body.slice(0, 200)}`)
    return answer.body
  } finally {
    clearTimeout(late)
    if (!connection.isLost) idle.push(connection)
  }
}

async function makeClient(): Promise<string> {
  const client = JSON.parse(await ask(adminPort, '/admin/clients', json, '{"grant_types":["client_credentials"]}'))
  return basic(client.client_id, client.client_secret)
}

let newest = ''

async function act(credentials: string, turn: number): Promise<void> {
  if (which === 'both' && turn % 2 === 1 && newest !== '')
    return void (await ask(adminPort, '/admin/oauth2/introspect', form, `token=${newest}`))
  newest = JSON.parse(await ask(publicPort, '/oauth2/token', form + credentials, 'grant_type=client_credentials')).access_token
}

async function measure(credentials: string, seconds: number): Promise<Honest> {
  const took: number[] = []
  const examples: string[] = []
  let errors = 0
  const timed = async (turn: number) => {
    const began = performance.now()
    try {
      await act(credentials, turn)
    } catch (error) {
      errors++
      if (examples.length < 3) examples.push((error as Error).message)
    }
    took.push(performance.now() - began)
  }
  const start = performance.now()
  const all: Promise<void>[] = []
  for (let turn = 0; turn < seconds * rate; turn++) {
    const wait = start + (turn * 1000) / rate - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    all.push(timed(turn))
  }
  await Promise.all(all)
  took.sort((a, b) => a - b)
  const at = (part: number) => took[Math.floor(took.length * part)] ?? Number.NaN
  return { asked: took.length, p50: at(0.5), p99: at(0.99), errors, examples }
}

const credentials = await makeClient()
await measure(credentials, 1)
process.on('message', async (seconds: number) => process.send?.(await measure(credentials, seconds)))
process.send?.('ready')
