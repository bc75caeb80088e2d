import type { Clock } from '../../lib/clock.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { Grant, GrantPage, GrantPlace, GrantStore } from '../grants/grant.ts'

/** The subject, and the page of the list. */
export type AskedConsents = Omit<GrantPage, 'now'>

export interface Consents {
  /** The newest first. `client` is undefined if it was just removed. There may be fewer than `limit` although the list continues. */
  readonly consents: readonly { readonly grant: Grant; readonly client: Client | undefined }[]
  /** Where the next page begins; undefined at the end of the list. */
  readonly next: GrantPlace | undefined
}

/** Lists the consents that a person gave and has not withdrawn. */
export function listConsents({ grants, clients, clock }: { grants: GrantStore; clients: ClientStore; clock: Clock }) {
  return async (asked: AskedConsents): Promise<Consents> => {
    const { grants: found, next } = await grants.list({ ...asked, now: clock() })
    const ids = [...new Set(found.map(({ clientId }) => clientId))]
    const known = new Map((await clients.findMany(ids)).map((client) => [client.clientId, client]))
    return { consents: found.map((grant) => ({ grant, client: known.get(grant.clientId) })), next }
  }
}
