/**
 * The attacks of the hostile cases, in a separate process: `node bench/attacks.ts <case> <target as JSON>`. It prepares, sends `ready`
 * over its channel, attacks for each number of seconds that it receives, and sends the results. All requests come from 127.0.0.2,
 * go to loopback, and are bounded in count and time.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setPriority } from 'node:os'
import { json } from './answers.ts'
import { Connection } from './connection.ts'

export interface Attacked {
  readonly publicPort: number
  readonly adminPort: number
  readonly issuer: string
  /** `hostile-keys`: where the server may fetch key sets from. */
  readonly keysPort?: number
  /** `hostile-removal`: the clients with many stored tokens. */
  readonly removed?: { readonly id: string; readonly token: string }
  readonly ended?: string
}

/** The number of results by kind. */
type Tally = Record<string, number>

interface Attack {
  prepare?(): Promise<void>
  run(until: number, tally: Tally): Promise<void>
}

const target = (import.meta.main ? JSON.parse(process.argv[3] ?? '') : {}) as Attacked
const from = '127.0.0.2'
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const count = (tally: Tally, what: string | number): void => {
  tally[what] = (tally[what] ?? 0) + 1
}

/** One request on a new connection; returns the status and body of the response. */
async function ask(port: number, head: string, fields = '', body = ''): Promise<{ status: number; body: string }> {
  using connection = await Connection.open(port, from)
  const late = setTimeout(() => connection.lose(new Error('no response')), 60_000)
  try {
    return await connection.send(
      `${head} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
  } finally {
    clearTimeout(late)
  }
}

const register = (metadata: object) => ask(target.publicPort, 'POST /oauth2/register', json, JSON.stringify(metadata))

/** How many lanes run at once, and how long each waits before its next act, in milliseconds. */
interface Lanes {
  readonly number: number
  readonly pause: number
}

/** Repeats an act on each lane until the end; errors are counted by their message. */
async function lanes(
  { number, pause }: Lanes,
  until: number,
  tally: Tally,
  act: (lane: number) => Promise<string | number>,
): Promise<void> {
  const keepAt = async (lane: number) => {
    while (Date.now() < until) {
      count(tally, await act(lane).catch((error: Error) => error.message))
      await wait(pause)
    }
  }
  await Promise.race([Promise.all(Array.from({ length: number }, (_, lane) => keepAt(lane))), wait(until - Date.now() + 500)])
}

const mostConnections = 600

/** Connections that write all of `bytes` and read nothing; each is replaced when the server closes it, or after `lifespan` ms. */
async function writeAndNeverRead(number: number, bytes: Buffer, lifespan: number, until: number, tally: Tally): Promise<void> {
  const write = async () => {
    while (Date.now() < until && (tally.connections ?? 0) < mostConnections) {
      count(tally, 'connections')
      const socket = connect({ port: target.publicPort, host: '127.0.0.1', localAddress: from }).pause()
      socket.on('error', () => {})
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.write(bytes)
      await Promise.race([closed, wait(Math.min(lifespan, Math.max(0, until - Date.now())))])
      if (socket.destroyed) count(tally, 'closed by the server')
      socket.destroy()
      await wait(250)
    }
  }
  await Promise.all(Array.from({ length: number }, write))
}

const requests = (line: string, number: number): Buffer => Buffer.from(`GET ${line} HTTP/1.1\r\nhost:a\r\n\r\n`.repeat(number))

/** RFC 7523: an assertion with a wrong signature of the right length. */
function badAssertion(id: string, signatureBytes: number, kid?: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: id, sub: id, aud: target.issuer, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 60 }
  // Less than the modulus, as otherwise the signature is refused without a computation.
  const signature = Buffer.concat([Buffer.of(1), randomBytes(signatureBytes - 1)])
  const assertion = `${part({ alg: 'RS256', ...(kid !== undefined && { kid }) })}.${part(claims)}.${signature.toString('base64url')}`
  const type = 'urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer'
  return `grant_type=client_credentials&client_assertion_type=${type}&client_assertion=${assertion}`
}

const formFields = 'content-type: application/x-www-form-urlencoded\r\n'
const askToken = async (body: string) => (await ask(target.publicPort, 'POST /oauth2/token', formFields, body)).status

const keyed = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt' }

/** Registers a client and returns its id; undefined where the server refuses it. */
async function keyedClient(members: object): Promise<string | undefined> {
  const { status, body } = await register({ ...keyed, ...members })
  return status === 201 ? JSON.parse(body).client_id : undefined
}

interface Shape {
  readonly keys: number
  readonly bits: number
  /** Bytes of the exponent. */
  readonly exponent: number
}

/** From keys that only an early version accepted to the costliest of a later one. OpenSSL accepts a long exponent up to 3072 bits only. */
const shapes: readonly Shape[] = [
  { keys: 32, bits: 3_072, exponent: 384 },
  { keys: 32, bits: 16_384, exponent: 8 },
  { keys: 16, bits: 16_384, exponent: 8 },
  { keys: 8, bits: 16_384, exponent: 8 },
  { keys: 32, bits: 4_096, exponent: 4 },
  { keys: 16, bits: 4_096, exponent: 4 },
]
const acceptedShapes = 2

/** A public key without a private key: for verification an odd modulus is enough. */
function rsaKey({ bits, exponent }: Shape, kid?: string): object {
  const odd = (bytes: number, top: number) => {
    const number = exponent === bytes ? Buffer.alloc(bytes, 0xff) : randomBytes(bytes)
    number[0] = top
    number[bytes - 1] = 0xff
    return number.toString('base64url')
  }
  return { kty: 'RSA', n: odd(bits / 8, 0xff), e: odd(exponent, exponent > 8 ? 0x7f : 0xff), ...(kid !== undefined && { kid }) }
}

const keySet = (shape: Shape, named = false) => ({
  keys: Array.from({ length: shape.keys }, (_, at) => rsaKey(shape, named ? `key-${at}` : undefined)),
})

function costlyKeys(): Attack {
  const clients: { id: string; signatureBytes: number; kid?: () => string }[] = []
  const served: (Shape & { named: boolean })[] = shapes.flatMap((shape) => [true, false].map((named) => ({ ...shape, named })))
  return {
    async prepare() {
      let accepted = 0
      for (const shape of shapes) {
        const ids = await Promise.all(Array.from({ length: 4 }, () => keyedClient({ jwks: keySet(shape) })))
        const made = ids.filter((id) => id !== undefined)
        if (made.length > 0) accepted++
        if (accepted > acceptedShapes) break
        for (const id of made) clients.push({ id, signatureBytes: shape.bits / 8 })
        if (made.length > 0) console.error(`  ${shape.keys} registered keys of ${shape.bits} bits, exponent of ${shape.exponent} bytes`)
      }
      const sets = served.map((shape) => JSON.stringify(keySet(shape, shape.named)))
      const web = createServer(({ url }, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(sets[Number(url?.slice(1).split('?')[0])])
      })
      await new Promise<void>((resolve) => web.listen(target.keysPort, '127.0.0.1', resolve).unref())
      for (const [at, shape] of served.entries()) {
        const id = await keyedClient({ jwks_uri: `http://127.0.0.1:${target.keysPort}/${at}` })
        if (id === undefined) throw new Error('a jwks_uri was refused')
        clients.push({ id, signatureBytes: shape.bits / 8, ...(shape.named && { kid: () => `key-${randomBytes(4).toString('hex')}` }) })
      }
    },
    run: (until, tally) =>
      lanes({ number: 16, pause: 100 }, until, tally, async () => {
        const { id, signatureBytes, kid } = clients[Math.floor(Math.random() * clients.length)] as (typeof clients)[number]
        return askToken(badAssertion(id, signatureBytes, kid?.()))
      }),
  }
}

function lookUps(): Attack {
  const ids: string[] = []
  const silent = (path: string) => `https://${randomBytes(4).toString('hex')}.silent.example/${path}`
  return {
    async prepare() {
      for (let client = 0; client < 24; client++) ids.push((await keyedClient({ jwks_uri: silent('jwks') })) as string)
    },
    async run(until, tally) {
      const sectors = lanes(
        { number: 60, pause: 1_000 },
        until,
        tally,
        async () => `register: ${(await register({ ...forLogins, sector_identifier_uri: silent('sector') })).status}`,
      )
      await Promise.all([
        lanes({ number: 24, pause: 250 }, until, tally, (lane) => askToken(badAssertion(ids[lane] as string, 256))),
        sectors,
      ])
    },
  }
}

const forLogins = { redirect_uris: ['https://app.example.com/callback'], scope: 'openid' }

function removal(): Attack {
  const timed = async (what: string, tally: Tally, act: Promise<{ status: number }>) => {
    const began = performance.now()
    const { status } = await act
    count(tally, `${what}: ${status} after ${Math.round(performance.now() - began)} ms`)
  }
  return {
    async run(until, tally) {
      const { removed, ended, publicPort, adminPort } = target
      await timed(
        'removal',
        tally,
        ask(publicPort, `DELETE /oauth2/register/${removed?.id}`, `authorization: Bearer ${removed?.token}\r\n`),
      )
      await wait(Math.max(0, (until - Date.now()) / 2))
      await timed('end of all tokens', tally, ask(adminPort, `DELETE /admin/oauth2/tokens?client_id=${ended}`))
      await wait(Math.max(0, until - Date.now()))
    },
  }
}

export const attacks = {
  'hostile-pipelining': (): Attack => ({
    run: (until, tally) => writeAndNeverRead(60, requests('/reference', 1_800), Number.POSITIVE_INFINITY, until, tally),
  }),
  'hostile-burst': (): Attack => ({
    run: (until, tally) => writeAndNeverRead(1, requests('/reference', 10_000).subarray(0, 256 * 1024), 2_000, until, tally),
  }),
  'hostile-lookups': lookUps,
  'hostile-removal': removal,
  'hostile-keys': costlyKeys,
}
export type AttackName = keyof typeof attacks

if (import.meta.main) {
  // The honest caller shares the core and gets the higher priority.
  setPriority(10)
  const attack: Attack = attacks[process.argv[2] as AttackName]()
  await attack.prepare?.()
  process.on('message', async (seconds: number) => {
    const tally: Tally = {}
    await attack.run(Date.now() + seconds * 1000, tally).catch((error: Error) => count(tally, error.message))
    process.send?.(tally)
  })
  process.send?.('ready')
}
