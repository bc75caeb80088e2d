import type { FencedFetch } from './fenced-fetch.ts'
import { Unavailable } from './unavailable.ts'

export interface StoppableFetch extends FencedFetch, AsyncDisposable {
  /** The server stops: fetches under way have `within` milliseconds left, and after that none begins. */
  stop(within: number): void
}

/** Makes every fetch end when the server stops; it is then refused as `Unavailable`, so that the caller tries again elsewhere. */
export function stoppableFetch(fetch: FencedFetch & AsyncDisposable): StoppableFetch {
  const stopped = new AbortController()
  const end = () => stopped.abort(new Unavailable('the server is stopping', 1))
  const untilStop: FencedFetch = (url, order, fence) =>
    fetch(url, { ...order, signal: AbortSignal.any([stopped.signal, ...(order.signal ? [order.signal] : [])]) }, fence)
  return Object.assign(untilStop, {
    stop: (within: number) => void setTimeout(end, within).unref(),
    async [Symbol.asyncDispose]() {
      end()
      await fetch[Symbol.asyncDispose]()
    },
  })
}
