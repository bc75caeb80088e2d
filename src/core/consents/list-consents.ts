import type { Clock } from '../../lib/clock.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { Grant, GrantPage, GrantPlace, GrantStore } from '../grants/grant.ts'

/** Whose, and which part of the list. */
export type AskedConsents = Omit<GrantPage, 'now'>

export interface Consents {
  /** The newest first; a client that was removed just now is absent. They can be fewer than were asked for, also where the list goes on. */
  readonly consents: readonly { readonly grant: Grant; readonly client: Client | undefined }[]
  /** Where the list goes on; undefined at its end. */
  readonly next: GrantPlace | undefined
}

/** What a person granted and has not withdrawn. */
export function listConsents({ grants, clients, clock }: { grants: GrantStore; clients: ClientStore; clock: Clock }) {
  return async (asked: AskedConsents): Promise<Consents> => {
    const { grants: found, next } = await grants.list({ ...asked, now: clock() })
    const ids = [...new Set(found.map(({ clientId }) => clientId))]
    const known = new Map((await clients.findMany(ids)).map((client) => [client.clientId, client]))
    return { consents: found.map((grant) => ({ grant, client: known.get(grant.clientId) })), next }
  }
}
