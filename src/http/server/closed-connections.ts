import type { Telemetry } from '../../lib/telemetry.ts'

/**
 * The limit that closed a connection: `full`, too many connections to the listener; `address`, too many of one peer; `pipelining`, too many
 * unanswered requests; `chunks`, too many chunks in a body; `stalled`, a response that the peer does not read.
 */
export type ClosedFor = 'full' | 'address' | 'pipelining' | 'chunks' | 'stalled'

/** @param address the peer; empty where it is unknown */
export type ConnectionClosed = (reason: ClosedFor, address: string) => void

/** Milliseconds between two lines for the same reason. */
const period = 1_000

/** Counts each connection that a limit closed, and logs at most one line a second for each reason. */
export function connectionClosed({ log, count }: Telemetry, listener: string): ConnectionClosed {
  const unsaid = new Map<ClosedFor, { connections: number; address: string }>()
  const say = (reason: ClosedFor, connections: number, address: string): void => {
    log('warn', 'connections closed', { listener, reason, connections, remote_address: address })
    unsaid.set(reason, { connections: 0, address: '' })
    setTimeout(() => sayRest(reason), period).unref()
  }
  const sayRest = (reason: ClosedFor): void => {
    const { connections = 0, address = '' } = unsaid.get(reason) ?? {}
    if (connections === 0) unsaid.delete(reason)
    else say(reason, connections, address)
  }
  return (reason, address) => {
    count('connection_closed', { listener, reason })
    const waiting = unsaid.get(reason)
    if (waiting) unsaid.set(reason, { connections: waiting.connections + 1, address })
    else say(reason, 1, address)
  }
}
