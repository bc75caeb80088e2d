import type { FencedFetch } from './fenced-fetch.ts'
import { Unavailable } from './unavailable.ts'

export interface StoppableFetch extends FencedFetch, AsyncDisposable {
  /** Called when the server stops: running fetches are aborted after `within` milliseconds, and no other begins afterwards. */
  stop(within: number): void
}

/** Ends every fetch when the server stops, with `Unavailable`, so that the caller can retry at another node. */
export function stoppableFetch(fetch: FencedFetch & AsyncDisposable): StoppableFetch {
  const stopped = new AbortController()
  const end = () => stopped.abort(new Unavailable('the server is stopping', 1))
  const untilStop: FencedFetch = (url, options, fence) =>
    fetch(url, { ...options, signal: AbortSignal.any([stopped.signal, ...(options.signal ? [options.signal] : [])]) }, fence)
  return Object.assign(untilStop, {
    stop: (within: number) => void setTimeout(end, within).unref(),
    async [Symbol.asyncDispose]() {
      end()
      await fetch[Symbol.asyncDispose]()
    },
  })
}
