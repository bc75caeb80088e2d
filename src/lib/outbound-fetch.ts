import type { FencedFetch, FencedFetchDeps } from './fenced-fetch.ts'
import type { Trace } from './telemetry.ts'

/**
 * The fenced fetch with traces. It is loaded with its HTTP client (8 MiB) at the first fetch, because most servers never fetch. Each fetch
 * is a span in the trace of its request, with the host only, because a path may contain a secret. No trace header is sent.
 */
export function makeOutboundFetch({ trace, ...deps }: FencedFetchDeps & { readonly trace: Trace }): FencedFetch & AsyncDisposable {
  let made: Promise<FencedFetch & AsyncDisposable> | undefined
  const load = async () => (await import('./fenced-fetch.ts')).makeFencedFetch(deps)
  const outboundFetch: FencedFetch = (url, options, fence) => {
    made ??= load()
    const fenced = made
    return trace('fetch', async () => (await fenced)(url, options, fence), { 'server.address': hostOf(url) })
  }
  return Object.assign(outboundFetch, {
    async [Symbol.asyncDispose]() {
      await (await made)?.[Symbol.asyncDispose]()
    },
  })
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '')
