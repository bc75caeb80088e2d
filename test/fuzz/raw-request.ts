import { connect } from 'node:net'
import { recordSecrets } from '../support/leaks.ts'

/** What came back, read no further than its first answer. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Milliseconds: who has not been answered by then never will be. */
const patience = 10_000

/**
 * Sends bytes on a connection of their own, says no more, and reads the answer. `stayOpen` keeps our half of the connection open:
 * for what must be answered though the server might wait for more.
 */
export function sendRaw(base: string, bytes: Buffer, { stayOpen = true }: { stayOpen?: boolean } = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const chunks: Buffer[] = []
    const describe = () =>
      `${JSON.stringify(bytes.toString('latin1').slice(0, 500))} → ${JSON.stringify(Buffer.concat(chunks).toString('latin1').slice(0, 300))}`
    const fail = (why: string) => {
      socket.destroy()
      reject(new Error(`${why}: ${describe()}`))
    }
    socket.setTimeout(patience, () => fail('no answer'))
    // A server that has answered may close before it has read everything; what counts is whether it answered.
    let failure = ''
    const settle = (ended: boolean) => {
      const answer = parseAnswer(Buffer.concat(chunks), ended, bytes.subarray(0, 5).toString('latin1') === 'HEAD ')
      if (answer) {
        socket.destroy()
        remember(answer.body)
        resolve(answer)
      } else if (ended) fail(`the connection was lost without an answer${failure}`)
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      settle(false)
    })
    socket.on('end', () => settle(true))
    socket.on('error', (error) => {
      failure = ` (${error.message})`
    })
    socket.on('close', () => settle(true))
    socket.write(bytes)
    if (!stayOpen) socket.end()
  })
}

/** The first final answer in `bytes`, if it is complete; at the end of the connection a body without a length is. */
function parseAnswer(bytes: Buffer, ended: boolean, isHead: boolean): RawAnswer | undefined {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
  if (end < 0 || Number.isNaN(status)) return undefined
  if (status < 200) return parseAnswer(bytes.subarray(end + 4), ended, isHead)
  const lines = text.slice(0, end).split('\r\n').slice(1)
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const hasBody = !isHead && status !== 204 && status !== 304
  const body = hasBody ? bodyOf(bytes.subarray(end + 4), headers, ended) : Buffer.alloc(0)
  return body && { status, headers, body: body.toString('utf8') }
}

function bodyOf(bytes: Buffer, headers: Readonly<Record<string, string>>, ended: boolean): Buffer | undefined {
  if (headers['transfer-encoding'] === 'chunked') return bytes.includes('0\r\n\r\n') ? bytes : undefined
  const length = headers['content-length']
  if (length === undefined) return ended ? bytes : undefined
  return bytes.length >= Number(length) ? bytes.subarray(0, Number(length)) : undefined
}

function remember(body: string): void {
  for (const [, secret] of body.matchAll(/"(?:client_secret|registration_access_token|access_token)":"([^"\\]{12,})"/g))
    recordSecrets(secret as string)
}
