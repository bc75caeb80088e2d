import type { Clock } from '../../lib/clock.ts'
import type { Client } from '../clients/client.ts'
import type { Grant, GrantPlace } from '../grants/grant.ts'
import type { AskedConsents, Consents } from './list-consents.ts'

/** A client that a person let in, with what he granted it. */
export interface GrantedClient {
  readonly client: Client
  /** Where it had its answers sent, each once. */
  readonly redirectUris: readonly string[]
  readonly scope: readonly string[]
  /** Milliseconds since 1970 UTC; of the grants that are looked at together. */
  readonly since: number
}

export interface GrantedClients {
  /** The one that he let in last comes first. */
  readonly clients: readonly GrantedClient[]
  /** Where older grants begin, where there are more of them than are looked at together. */
  readonly next: GrantPlace | undefined
}

/** So many grants are looked at together. */
export const mostGrants = 200

/**
 * Whom a person let in, for himself: grants of one client are one line, as he withdraws them together. Those that he was not asked for
 * count, too, as their tokens live as long.
 */
export function listGrantedClients({ list, clock }: { list: (asked: AskedConsents) => Promise<Consents>; clock: Clock }) {
  return async (subject: string, after?: GrantPlace): Promise<GrantedClients> => {
    const { consents, next } = await list({ subject, withSkipped: true, limit: mostGrants, ...(after && { after }) })
    const now = clock()
    const byClient = new Map<string, GrantedClient>()
    for (const { grant, client } of consents) {
      if (client && isWorthSomething(grant, now)) byClient.set(client.clientId, joined(grant, client, byClient.get(client.clientId)))
    }
    return { clients: [...byClient.values()], next }
  }
}

/** Tokens can end before what is remembered of the consent does, which lets the client in again. */
const isWorthSomething = ({ tokensEndedAt, rememberedUntil = 0 }: Grant, now: number): boolean =>
  tokensEndedAt === undefined || rememberedUntil > now

/** The list goes from new to old, so a grant is older than those before it. */
function joined({ scope, consent, grantedAt }: Grant, client: Client, newer?: GrantedClient): GrantedClient {
  return {
    client,
    redirectUris: [...new Set([...(newer?.redirectUris ?? []), consent.redirectUri])],
    scope: [...new Set([...(newer?.scope ?? []), ...scope])],
    since: grantedAt,
  }
}
