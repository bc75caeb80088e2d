import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'

export interface ResolveOptions {
  /** Name servers in place of the system's: `address` or `address:port`. */
  readonly servers?: readonly string[] | undefined
  /** Cancels the look-up. */
  readonly signal: AbortSignal
}

/** Milliseconds for one query to one name server, and for the whole look-up if there are several servers. */
const perServer = 2_000
const longest = 4_000

/**
 * All addresses of a name, from the name servers and not from /etc/hosts. Unlike `dns.lookup`, it needs no thread and can be cancelled.
 * If one address family is empty or fails and the other has addresses, that is no error: many name servers fail for AAAA (RFC 4074 §4).
 *
 * @throws the error of the name server, or a timeout
 */
export async function resolveName(hostname: string, { servers, signal }: ResolveOptions): Promise<LookupAddress[]> {
  signal.throwIfAborted()
  // A resolver for each look-up, because `cancel` ends all queries of a resolver.
  const resolver = new Resolver({ timeout: perServer, tries: 1 })
  if (servers) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  const late = setTimeout(cancel, longest)
  signal.addEventListener('abort', cancel)
  try {
    return addressesIn(await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]))
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', cancel)
  }
}

function addressesIn(answers: readonly PromiseSettledResult<string[]>[]): LookupAddress[] {
  const found = answers.flatMap((answer, at) =>
    answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: at === 0 ? 4 : 6 })) : [],
  )
  const failure = answers.find((answer) => answer.status === 'rejected' && answer.reason.code !== 'ENODATA')
  if (found.length === 0 && failure?.status === 'rejected') throw failure.reason
  return found
}
