import { connect, createServer, type Socket } from 'node:net'

/** What to do with a connection when a text passes from the client to the server. */
export interface Cut {
  /** The text to wait for, as it stands in the stream. */
  readonly at: string
  /** Whether the server still gets what holds the text. */
  readonly forward: boolean
}

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** How often a connection was cut. */
  readonly cuts: number
  /** Cuts the next `times` connections on which the text passes. */
  arm(cut: Cut, times?: number): void
}

/** Stands between a client and a server on loopback, and breaks the line at a chosen word. */
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
        // The server has what was sent before the line breaks; its answer reaches nobody.
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
