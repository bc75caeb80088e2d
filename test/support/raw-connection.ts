import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection on which a test writes its own bytes. */
export interface RawConnection extends Disposable {
  readonly socket: Socket
  /** The bytes received so far, as latin1. */
  received(): string
  /** Resolves with `received` when it matches; rejects when the connection ends before. */
  until(fits: (received: string) => boolean): Promise<string>
  /** Resolves with all received bytes when the server has closed or reset the connection. */
  readonly closed: Promise<string>
}

/** @param from the source address of the connection: one of 127.0.0.0/8, or ::1 */
export async function openConnection(base: string, from?: string): Promise<RawConnection> {
  const { hostname, port } = new URL(base)
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(port), ...(from !== undefined && { localAddress: from }) })
  let text = ''
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1')
  })
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  await once(socket, 'connect')
  return {
    socket,
    closed,
    received: () => text,
    async until(fits) {
      while (!fits(text)) {
        if (socket.destroyed) throw new Error(`the connection ended after ${JSON.stringify(text.slice(-300))}`)
        await Promise.race([once(socket, 'data'), closed])
      }
      return text
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}
