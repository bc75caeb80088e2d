/** A keep-alive HTTP/1.1 connection with one request at a time. Without pipelining or a pool the load needs less time than the server. */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** Status line and header fields, as received. */
  readonly head: string
  readonly body: string
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

const noBytes: Buffer = Buffer.alloc(0)

export class Connection implements Disposable {
  #socket: Socket
  /** The last response had `Connection: close`: the server ends a connection after 10,000 requests. */
  #isEnded = false
  #received = noBytes
  #waiting: Waiting | undefined
  #lost: Error | undefined
  readonly port: number
  readonly #from: string | undefined

  private constructor(socket: Socket, port: number, from: string | undefined) {
    this.#socket = socket
    this.port = port
    this.#from = from
    this.#watch(socket)
  }

  #watch(socket: Socket): void {
    const lose = (error: Error) => {
      if (socket === this.#socket && !this.#isEnded) this.lose(error)
    }
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', lose)
    socket.on('close', () => lose(new Error('the server closed the connection')))
  }

  /** @param from the source address, one of loopback */
  static open(port: number, from?: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connectTo(port, from)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Connection(socket, port, from))
      })
    })
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Sends one request (head and body) and waits for its response. */
  send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost)
      if (this.#isEnded) this.#reopen()
      this.#waiting = { resolve, reject }
      this.#socket.write(request)
    })
  }

  #reopen(): void {
    this.#socket.destroy()
    this.#socket = connectTo(this.port, this.#from)
    this.#isEnded = false
    this.#watch(this.#socket)
  }

  /** Closes the connection: pending and later requests fail with this error. */
  lose(error: Error): void {
    this.#lost ??= error
    this.#socket.destroy()
    this.#waiting?.reject(this.#lost)
    this.#waiting = undefined
  }

  [Symbol.dispose](): void {
    this.lose(new Error('the load closed the connection'))
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const answer = readAnswer(this.#received)
    if (!answer) return
    this.#received = noBytes
    this.#isEnded = /^connection: close/im.test(answer.head)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting.resolve(answer)
    else this.lose(new Error('a response without a request'))
  }
}

const connectTo = (port: number, from: string | undefined): Socket =>
  connect({ port, host: '127.0.0.1', noDelay: true, ...(from !== undefined && { localAddress: from }) })

/** The response in `bytes`, or undefined while it is incomplete. Without pipelining `bytes` contain nothing else. */
function readAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const bodyStart = headEnd + 4
  if (status === 204 || status === 304) return { status, head, body: '' }
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) return readChunks(bytes, bodyStart, status, head)
  const bodyEnd = bodyStart + Number(length)
  return bytes.length < bodyEnd ? undefined : { status, head, body: bytes.toString('utf8', bodyStart, bodyEnd) }
}

function readChunks(bytes: Buffer, from: number, status: number, head: string): Answer | undefined {
  const parts: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const end = lineEnd + 2 + size
    if (bytes.length < end + 2) return undefined
    if (size === 0) return { status, head, body: Buffer.concat(parts).toString() }
    parts.push(bytes.subarray(lineEnd + 2, end))
    at = end + 2
  }
}
