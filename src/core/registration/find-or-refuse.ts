import { Refusal } from '../../lib/refusal.ts'
import type { Client, ClientStore } from '../clients/client.ts'

export interface ClientNotFound {
  readonly kind: 'client-not-found'
}

export const clientNotFound = () => new Refusal<ClientNotFound>({ kind: 'client-not-found' })

/** @throws Refusal `client-not-found` */
export async function findOrRefuse({ clients }: { readonly clients: ClientStore }, clientId: string): Promise<Client> {
  const client = await clients.find(clientId)
  if (!client) throw clientNotFound()
  return client
}

/** The same in a transaction: no other act changes the client until this one has ended. @throws Refusal `client-not-found` */
export async function holdOrRefuse({ clients }: { readonly clients: ClientStore }, clientId: string): Promise<Client> {
  const client = await clients.hold(clientId)
  if (!client) throw clientNotFound()
  return client
}
