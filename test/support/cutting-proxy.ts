import { connect, createServer, type Socket } from 'node:net'

/** How to cut a connection when the client sends a text to the server. */
export interface Cut {
  /** The text to wait for, as it is in the stream. */
  readonly at: string
  /** Whether the server still receives the chunk with the text. */
  readonly forward: boolean
}

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** The number of cut connections. */
  readonly cuts: number
  /** Cuts the next `times` connections on which the client sends the text. */
  arm(cut: Cut, times?: number): void
}

/** A proxy between a client and a server on loopback that cuts connections at a chosen text. */
export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  let armed: { cut: Cut; times: number } | undefined
  let cuts = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('data', (chunk) => {
      if (armed && armed.times > 0 && chunk.includes(armed.cut.at)) {
        armed.times--
        cuts++
        const { forward } = armed.cut
        // The server receives the chunk before the connection is cut; its response is discarded.
        if (forward) upstream.write(chunk, () => upstream.once('data', () => upstream.destroy()))
        else upstream.destroy()
        client.destroy()
        return
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => client.write(chunk))
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.end())
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
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
