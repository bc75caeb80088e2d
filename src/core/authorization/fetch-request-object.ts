import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch } from '../../lib/fenced-fetch.ts'
import type { Live } from '../../lib/live.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import type { Client } from '../clients/client.ts'
import { refuse } from './request-object.ts'

const limits = {
  types: ['application/jwt', 'application/oauth-authz-req+jwt', 'application/jose', 'text/plain'],
  maxBytes: 64 * 1024,
  timeout: 5_000,
}
const mostAtOnce = 32

/**
 * The request object at a `request_uri` (OpenID Connect Core §6.2). Only registered URIs are fetched, so that a request cannot choose
 * what this server fetches. Nothing is cached, as the content may change with each request.
 *
 * @throws Refusal `request-object-refused`, or Unavailable where too many are being fetched or the server is stopping
 */
export function fetchRequestObject(deps: { fetch: FencedFetch; fence: Live<Fence> }) {
  let running = 0
  return async ({ metadata: { requestUris = [] } }: Client, uri: string): Promise<string> => {
    const address = withoutFragment(uri)
    if (!requestUris.some((registered) => withoutFragment(registered) === address))
      throw refuse({ fault: 'uri-not-registered', uri: uri.slice(0, 200) })
    if (running >= mostAtOnce) throw new Unavailable('too many request objects are being fetched', 2)
    running++
    try {
      return textOf(await deps.fetch(address, limits, deps.fence()))
    } catch (error) {
      if (error instanceof Unavailable) throw error
      const { message, cause } = error as Error
      throw refuse({ fault: 'uri-unreachable', uri, cause: String((cause as Error | undefined)?.message ?? message) })
    } finally {
      running--
    }
  }
}

/** The fragment is a hash of the content (OpenID Connect Core §6.2), not a part of the address. */
const withoutFragment = (uri: string): string => uri.split('#', 1)[0] ?? ''

function textOf({ status, body }: { status: number; body: string }): string {
  if (status !== 200) throw new Error(`the response status was ${status}`)
  return body.trim()
}
