import type { Log } from '../../lib/telemetry.ts'

/** An answered request, for the log and the metrics. */
export interface AnsweredRequest {
  readonly listener: 'public' | 'admin'
  readonly requestId: string
  /** As they were sent; never used as labels of metrics. */
  readonly method: string
  readonly url: string
  /** `unknown` for a method without a label of its own. */
  readonly knownMethod: string
  /** The path of the route table; `unknown` where no route matches. */
  readonly route: string
  readonly status: number
  /** From the head of the request to the response. */
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
 * Logs and counts answered requests at the end of the turn of the event loop in which they were answered. All at once costs a busy server
 * far less than one by one between other work.
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

/** The path without the query, which can contain secrets. */
function loggedPath(url: string): string {
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}
