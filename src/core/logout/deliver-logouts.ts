import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch } from '../../lib/fenced-fetch.ts'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { LogoutDelivery, LogoutDeliveryStore } from './logout-delivery.ts'
import { type LogoutTokenDeps, signLogoutToken } from './logout-token.ts'

export interface DeliverLogoutsDeps extends LogoutTokenDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly transaction: Transaction<{ logoutDeliveries: LogoutDeliveryStore }>
  readonly fetch: FencedFetch
  readonly fence: Live<Fence>
  readonly telemetry: Pick<Telemetry, 'log' | 'count'>
  /** Milliseconds, in place of the five seconds that a client has to answer. */
  readonly deadline?: number
}

export type LogoutCounts = Record<'delivered' | 'failed' | 'givenUp', number>

/** `interrupted`: the server stops, so the client's answer is not known. */
type Outcome = keyof LogoutCounts | 'dropped' | 'interrupted'

/** Milliseconds. */
const usualDeadline = 5_000
/** From one failure to the next try; the last one is for all that follow. Milliseconds. */
const backOff = [5_000, 30_000, 120_000, 600_000, 3_600_000]
/** How many are claimed in one transaction, how many are sent at once, and how long a claim holds. */
const batch = 32
const lease = 60_000

/**
 * Tells clients of the logouts that are due (OpenID Connect Back-Channel Logout §2.5): a form with a logout token, to a URL that they
 * chose, so through the fence. Any 2xx is success (§2.8 names 200 and 204). Failures are tried again, ever more rarely, and given up a
 * day after the logout. `signal` ends a run at once: what was not delivered is due again, for another node or the next start. A process
 * that dies loses none: its claims come back when the lease is over, and a client that then hears of a logout twice has lost nothing.
 */
export function deliverLogouts(deps: DeliverLogoutsDeps) {
  const deliver = withoutStopping(deliverOne(deps), deps.telemetry)
  const putBack = (ids: readonly string[]) =>
    deps.transaction(async (tx) => void (await Promise.all(ids.map((id) => tx.logoutDeliveries.retryAt(id, deps.clock())))))
  return async ({ now, signal }: { now: number; signal?: AbortSignal }): Promise<LogoutCounts> => {
    const counts: LogoutCounts = { delivered: 0, failed: 0, givenUp: 0 }
    const silent = new Set<string>()
    const interrupted: string[] = []
    const due = claimed(async () => {
      if (signal?.aborted) return []
      return deps.transaction((tx) => tx.logoutDeliveries.claim(now, deps.clock() + lease, batch))
    })
    const worker = async () => {
      for await (const delivery of due) {
        const outcome = signal?.aborted ? 'interrupted' : await deliver(delivery, silent, signal)
        if (outcome === 'interrupted') interrupted.push(delivery.id)
        else if (outcome !== 'dropped') counts[outcome]++
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: batch }, worker))
    if (interrupted.length > 0) await putBack(interrupted)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return counts
  }
}

/** What `claim` returns, until a claim is not full. Workers that share it wait for a claim, and never for what another one delivers. */
async function* claimed(claim: () => Promise<readonly LogoutDelivery[]>): AsyncGenerator<LogoutDelivery, void> {
  let some: readonly LogoutDelivery[]
  do {
    some = await claim()
    yield* some
  } while (some.length === batch)
}

/** Where our own database fails, that delivery comes back when its lease is over, and the others go on. */
function withoutStopping(deliver: ReturnType<typeof deliverOne>, { log, count }: DeliverLogoutsDeps['telemetry']): typeof deliver {
  return async (delivery, silent, signal) => {
    try {
      return await deliver(delivery, silent, signal)
    } catch (error) {
      count('logout_delivery_failed')
      log('error', 'logout delivery failed', { client_id: delivery.clientId, delivery: delivery.id, error: reasonOf(error) })
      return 'failed'
    }
  }
}

/** A delivery is dropped where the client no longer wants to hear of logouts. */
function deliverOne(deps: DeliverLogoutsDeps) {
  const { clients, telemetry, clock, transaction } = deps
  const post = posting(deps)
  const end = (id: string) => transaction((tx) => tx.logoutDeliveries.done(id))
  return async (delivery: LogoutDelivery, silent: Set<string>, signal: AbortSignal | undefined): Promise<Outcome> => {
    const { id, clientId, generation, attempts, sid, expiresAt } = delivery
    const facts = { client_id: clientId, delivery: id, attempts }
    try {
      const client = await clients.find(clientId)
      const uri = client?.generation === generation ? client?.metadata.backchannelLogoutUri : undefined
      if (!client || !uri) {
        await end(id)
        return 'dropped'
      }
      if (silent.has(clientId)) throw new Error('the client gave no answer a moment ago')
      await post(uri, { client, sid, signal })
    } catch (error) {
      if (signal?.aborted) return 'interrupted'
      if (!(error instanceof BadAnswer)) silent.add(clientId)
      const nextAt = clock() + (backOff[attempts - 1] ?? backOff.at(-1) ?? 0)
      return await failed({ ...facts, error: reasonOf(error) }, id, nextAt < expiresAt ? nextAt : undefined)
    }
    await end(id)
    telemetry.count('logout_delivered')
    telemetry.log('info', 'logout delivered', facts)
    return 'delivered'
  }

  async function failed(facts: object, id: string, nextAt: number | undefined): Promise<'failed' | 'givenUp'> {
    telemetry.count('logout_delivery_failed')
    if (nextAt !== undefined) {
      await transaction((tx) => tx.logoutDeliveries.retryAt(id, nextAt))
      telemetry.log('info', 'logout delivery failed', { ...facts, next_at: new Date(nextAt).toISOString() })
      return 'failed'
    }
    await end(id)
    telemetry.count('logout_delivery_given_up')
    telemetry.log('warn', 'logout delivery given up', { ...facts })
    return 'givenUp'
  }
}

function posting(deps: DeliverLogoutsDeps) {
  const { fetch, fence, deadline: timeout = usualDeadline } = deps
  const sign = signLogoutToken(deps)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return async (uri: string, { client, sid, signal }: { client: Client; sid: string; signal: AbortSignal | undefined }) => {
    const body = new URLSearchParams({ logout_token: await sign(client, sid) }).toString()
    const order = { method: 'POST', headers, body, types: [], maxBytes: 'unread', timeout, ...(signal && { signal }) } as const
    const { status } = await fetch(uri, order, fence())
    if (status < 200 || status > 299) throw new BadAnswer(`it was answered with ${status}`)
  }
}

/** The client gave an answer, and it is no success. */
class BadAnswer extends Error {}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error
  return String((cause as Error | undefined)?.message ?? message)
}
