import type { Log } from '../../lib/telemetry.ts'

/** A request that was answered, as the log and the metrics are told of it. */
export interface AnsweredRequest {
  readonly listener: 'public' | 'admin'
  readonly requestId: string
  /** As they were sent; nothing of them gets into a metric. */
  readonly method: string
  readonly url: string
  /** `unknown` for one that is not ours. */
  readonly knownMethod: string
  /** The pattern of the route table; `unknown` where none fits. */
  readonly route: string
  readonly status: number
  /** From the head of the request to the answer. */
  readonly seconds: number
  readonly remoteAddress: string
}

interface TellSettings {
  readonly log: Log
  /** Whether requests for `/health/…` are logged. */
  readonly logsHealth: boolean
  readonly count: (answered: AnsweredRequest) => void
}

/**
 * Tells the log and the metrics of answered requests, when the turn of the event loop in which they were answered is over: of all of
 * them together, as that costs a busy server far less than one by one between other work.
 */
export function tellAnswered({ log, logsHealth, count }: TellSettings): (answered: AnsweredRequest) => void {
  let untold: AnsweredRequest[] = []
  const tell = (): void => {
    const answered = untold
    untold = []
    for (const one of answered) count(one)
    for (const one of answered) if (logsHealth || !one.url.startsWith('/health/')) log('info', 'request', line(one))
  }
  return (answered) => {
    if (untold.push(answered) === 1) setImmediate(tell)
  }
}

const line = ({ listener, requestId, method, url, status, seconds, remoteAddress }: AnsweredRequest) => ({
  listener,
  request_id: requestId,
  method,
  path: loggedPath(url),
  status,
  milliseconds: Math.round(seconds * 10_000) / 10,
  remote_address: remoteAddress,
})

/** The path, without the query: people put secrets there. */
function loggedPath(url: string): string {
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}
