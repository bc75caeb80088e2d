import type { Clock } from '../../lib/clock.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { Grant, GrantPage, GrantPlace, GrantStore } from '../tokens/grant.ts'

/** Whose, and which part of the list. */
export type AskedConsents = Omit<GrantPage, 'now'>

export interface Consents {
  /** The newest first; a client that was removed just now is absent. */
  readonly consents: readonly { readonly grant: Grant; readonly client: Client | undefined }[]
  /** Where the list goes on; undefined at its end. */
  readonly next: GrantPlace | undefined
}

/** What a person granted and has not withdrawn. */
export function listConsents({ grants, clients, clock }: { grants: GrantStore; clients: ClientStore; clock: Clock }) {
  return async ({ limit, ...asked }: AskedConsents): Promise<Consents> => {
    const found = await grants.list({ ...asked, now: clock(), limit: limit + 1 })
    const shown = found.slice(0, limit)
    const ids = [...new Set(shown.map(({ clientId }) => clientId))]
    const known = new Map((await clients.findMany(ids)).map((client) => [client.clientId, client]))
    const last = found.length > limit ? shown.at(-1) : undefined
    return {
      consents: shown.map((grant) => ({ grant, client: known.get(grant.clientId) })),
      next: last && { grantedAt: last.grantedAt, id: last.id },
    }
  }
}
