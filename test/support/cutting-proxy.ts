import { connect, createServer, type Socket } from 'node:net'

/** How to cut a connection when the client sends a text to the server. */
export interface Cut {
  /** The text to wait for, as it is in the stream. */
  readonly at: string
  /** Whether the server still receives the chunk with the text. */
  readonly forward: boolean
  /** Both sides stay connected and receive nothing more, as after the failure of a machine between them. */
  readonly isSilent?: boolean
}

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** How often a connection was cut or silenced. */
  readonly cuts: number
  /** Cuts the next `times` connections on which the client sends the text. */
  arm(cut: Cut, times?: number): void
  /** Until `speak`, all connections stay open and nothing is forwarded. What is sent meanwhile is lost. */
  silence(): void
  speak(): void
}

interface Line {
  readonly client: Socket
  readonly upstream: Socket
  isSilent: boolean
}

/** A proxy between a client and a server on loopback that cuts connections at a chosen text. */
export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  let armed: { cut: Cut; times: number } | undefined
  let cuts = 0
  let isSilent = false
  const lines = new Set<Line>()
  const takeCut = (chunk: Buffer): Cut | undefined => {
    if (!armed || armed.times === 0 || !chunk.includes(armed.cut.at)) return undefined
    armed.times--
    cuts++
    return armed.cut
  }
  const server = createServer((client) => {
    const line: Line = { client, upstream: connect(target, '127.0.0.1'), isSilent }
    const { upstream } = line
    lines.add(line)
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () => client.destroyed && upstream.destroyed && lines.delete(line))
    }
    client.on('data', (chunk: Buffer) => {
      if (line.isSilent) return
      const cut = takeCut(chunk)
      if (!cut) upstream.write(chunk)
      else breakLine(line, cut, chunk)
    })
    upstream.on('data', (chunk) => line.isSilent || client.write(chunk))
    upstream.on('close', () => line.isSilent || client.destroy())
    client.on('close', () => line.isSilent || upstream.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    get cuts() {
      return cuts
    },
    arm(cut, times = 1) {
      armed = { cut, times }
    },
    silence() {
      isSilent = true
      for (const line of lines) line.isSilent = true
    },
    speak() {
      isSilent = false
    },
    async [Symbol.asyncDispose]() {
      for (const { client, upstream } of lines) for (const socket of [client, upstream]) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The server receives what was sent before the cut, if it is forwarded; the client does not receive the response. */
function breakLine(line: Line, { forward, isSilent = false }: Cut, chunk: Buffer): void {
  const { client, upstream } = line
  line.isSilent = isSilent
  if (isSilent) {
    if (forward) upstream.write(chunk)
    return
  }
  if (forward) upstream.write(chunk, () => upstream.once('data', () => upstream.destroy()))
  else upstream.destroy()
  client.destroy()
}
