import type { Clock } from '../../lib/clock.ts'
import type { Client } from '../clients/client.ts'
import type { Grant, GrantPlace } from '../grants/grant.ts'
import type { AskedConsents, Consents } from './list-consents.ts'

/** A client with access, and what a person granted to it. */
export interface GrantedClient {
  readonly client: Client
  /** The redirect URIs of its authorization requests, without duplicates. */
  readonly redirectUris: readonly string[]
  readonly scope: readonly string[]
  /** Of the oldest grant on this page, in milliseconds since 1970 UTC. */
  readonly since: number
}

export interface GrantedClients {
  /** The client with the newest grant first. */
  readonly clients: readonly GrantedClient[]
  /** Where the next page begins; undefined if there are no older grants. */
  readonly next: GrantPlace | undefined
}

/** How many grants a page is made of. */
export const mostGrants = 200

/**
 * Lists the clients that have access, for the person. The grants of a client are one entry, because they are withdrawn together. Grants
 * for which the person was not asked again are included, because their tokens are valid as long.
 */
export function listGrantedClients({ list, clock }: { list: (asked: AskedConsents) => Promise<Consents>; clock: Clock }) {
  return async (subject: string, after?: GrantPlace): Promise<GrantedClients> => {
    const { consents, next } = await list({ subject, withSkipped: true, limit: mostGrants, ...(after && { after }) })
    const now = clock()
    const byClient = new Map<string, GrantedClient>()
    for (const { grant, client } of consents) {
      if (client && givesAccess(grant, now)) byClient.set(client.clientId, joined(grant, client, byClient.get(client.clientId)))
    }
    return { clients: [...byClient.values()], next }
  }
}

/** A remembered consent gives access also after its tokens were revoked, because the client gets new ones without a question. */
const givesAccess = ({ tokensEndedAt, rememberedUntil = 0 }: Grant, now: number): boolean =>
  tokensEndedAt === undefined || rememberedUntil > now

/** The list is sorted from new to old, so `grant` is older than those in `newer`. */
function joined({ scope, consent, grantedAt }: Grant, client: Client, newer?: GrantedClient): GrantedClient {
  return {
    client,
    redirectUris: [...new Set([...(newer?.redirectUris ?? []), consent.redirectUri])],
    scope: [...new Set([...(newer?.scope ?? []), ...scope])],
    since: grantedAt,
  }
}
