import type { FencedFetch, FencedFetchDeps } from './fenced-fetch.ts'
import type { Trace } from './telemetry.ts'

/**
 * The fenced fetch as the process uses it: loaded with its HTTP client when something is first fetched (most servers never do, and it
 * is 8 MiB), and part of the trace of the request that needed it. A span holds the host and no more, as a path may hold a secret, and
 * nothing of our trace is told to whom we fetch from.
 */
export function makeOutboundFetch({ trace, ...deps }: FencedFetchDeps & { readonly trace: Trace }): FencedFetch & AsyncDisposable {
  let made: Promise<FencedFetch & AsyncDisposable> | undefined
  const load = async () => (await import('./fenced-fetch.ts')).makeFencedFetch(deps)
  const outboundFetch: FencedFetch = (url, order, fence) => {
    made ??= load()
    const fenced = made
    return trace('fetch', async () => (await fenced)(url, order, fence), { 'server.address': hostOf(url) })
  }
  return Object.assign(outboundFetch, {
    async [Symbol.asyncDispose]() {
      await (await made)?.[Symbol.asyncDispose]()
    },
  })
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '')
