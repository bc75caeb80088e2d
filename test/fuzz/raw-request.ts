import { connect } from 'node:net'
import { recordSecrets } from '../support/leaks.ts'

/** The first response on a connection. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Milliseconds to wait for the response. */
const timeoutMs = 60_000

/**
 * Sends bytes on a new connection and reads the response. `stayOpen` keeps the sending half of the connection open:
 * for requests that must get a response although the server could wait for more.
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
    socket.setTimeout(timeoutMs, () => fail('no response'))
    // A server may close the connection after its response before it has read everything, so an error after the response is ignored.
    let failure = ''
    const settle = (ended: boolean) => {
      const answer = parseAnswer(Buffer.concat(chunks), ended, bytes.subarray(0, 5).toString('latin1') === 'HEAD ')
      if (answer) {
        socket.destroy()
        remember(answer.body)
        resolve(answer)
      } else if (ended) fail(`the connection was closed without a response${failure}`)
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

/** The first final response in `bytes`, if it is complete. A body without a length is complete at the end of the connection. */
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
