import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'

export interface ResolveOptions {
  /** The name servers to ask, in place of the system's: `address` or `address:port`. */
  readonly servers?: readonly string[] | undefined
  /** Cancels the look-up. */
  readonly signal: AbortSignal
}

/** Milliseconds: for one question to one name server, and for all of it where there are several servers. */
const perServer = 2_000
const longest = 4_000

/**
 * All addresses of a name, from the name servers and not from /etc/hosts. It occupies no thread and can be cancelled, unlike `dns.lookup`.
 * A family that is empty or fails is no error where the other one has addresses: many name servers know no AAAA (RFC 4074 §4).
 *
 * @throws what the name server answered, or that it did not
 */
export async function resolveName(hostname: string, { servers, signal }: ResolveOptions): Promise<LookupAddress[]> {
  signal.throwIfAborted()
  // One for each look-up, as `cancel` ends all questions of a resolver.
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
