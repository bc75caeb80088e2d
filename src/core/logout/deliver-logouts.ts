import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch, Fetched } from '../../lib/fenced-fetch.ts'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { type DeliveryOutcome, deliverDue, NoAnswer } from '../outbox/deliver-due.ts'
import type { LogoutDelivery, LogoutDeliveryStore } from './logout-delivery.ts'
import { type LogoutTokenDeps, signLogoutToken } from './logout-token.ts'

export interface DeliverLogoutsDeps extends LogoutTokenDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly transaction: Transaction<{ logoutDeliveries: LogoutDeliveryStore }>
  readonly fetch: FencedFetch
  readonly fence: Live<Fence>
  readonly telemetry: Pick<Telemetry, 'log' | 'count'>
  /** Milliseconds that a client has to answer; five seconds by default. */
  readonly deadline?: number
}

const defaultDeadline = 5_000

/** Sends the logout tokens that are due (OpenID Connect Back-Channel Logout §2.5). */
export function deliverLogouts(deps: DeliverLogoutsDeps) {
  return deliverDue<LogoutDelivery>({
    withStore: (body) => deps.transaction((tx) => body(tx.logoutDeliveries)),
    recipientOf: ({ clientId }) => clientId,
    send: sendLogout(deps),
    report: reportLogout(deps.telemetry),
    clock: deps.clock,
  })
}

/** A delivery is dropped where its client was removed, or no longer has a `backchannel_logout_uri`. */
function sendLogout(deps: DeliverLogoutsDeps) {
  const sign = signLogoutToken(deps)
  const post = postForm(deps)
  return async ({ clientId, generation, sid }: LogoutDelivery, signal: AbortSignal): Promise<'delivered' | 'dropped'> => {
    const client = await deps.clients.find(clientId)
    const uri = client && logoutUriOf(client, generation)
    if (!client || !uri) return 'dropped'
    const { status } = await post(uri, { logout_token: await sign(client, sid) }, signal)
    // Back-Channel Logout §2.8 names 200 and 204; any other 2xx is success, too.
    if (status < 200 || status > 299) throw new Error(`it was answered with ${status}`)
    return 'delivered'
  }
}

const logoutUriOf = (client: Client, generation: number): string | undefined =>
  client.generation === generation ? client.metadata.backchannelLogoutUri : undefined

/** The client chose the URL, so the request goes through the fence. */
function postForm({ fetch, fence, deadline: timeout = defaultDeadline }: DeliverLogoutsDeps) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return async (uri: string, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Fetched> => {
    const body = new URLSearchParams(form).toString()
    try {
      return await fetch(uri, { method: 'POST', headers, body, types: [], maxBytes: 'unread', timeout, signal }, fence())
    } catch (error) {
      // Unavailable: this server could not send the request, which says nothing about the client.
      throw error instanceof Unavailable ? error : new NoAnswer('the client gave no answer', { cause: error })
    }
  }
}

const logLines = {
  delivered: ['info', 'logout delivered'],
  failed: ['info', 'logout delivery failed'],
  'given-up': ['warn', 'logout delivery given up'],
  'not-stored': ['error', 'logout delivery failed'],
} as const

function reportLogout({ log, count }: DeliverLogoutsDeps['telemetry']) {
  return ({ id, clientId, attempts }: LogoutDelivery, outcome: DeliveryOutcome): void => {
    if (outcome.kind === 'delivered') count('logout_delivered')
    else count('logout_delivery_failed')
    if (outcome.kind === 'given-up') count('logout_delivery_given_up')
    const [level, message] = logLines[outcome.kind]
    log(level, message, {
      client_id: clientId,
      delivery: id,
      attempts,
      ...('error' in outcome && { error: reasonOf(outcome.error) }),
      ...('nextAt' in outcome && { next_at: new Date(outcome.nextAt).toISOString() }),
    })
  }
}

/** The innermost cause: the errors around it say the same of every failure. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return (cause instanceof Error && reasonOf(cause)) || message
}
