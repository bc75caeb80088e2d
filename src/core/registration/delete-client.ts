import type { Clock } from '../../lib/clock.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import { headroom } from '../clients/client.ts'
import type { RegistrationTransaction } from './register-client.ts'
import { authorizeOwner, type RegistrationTokenStore, refuseToken } from './registration-token.ts'

export interface ClientNotFound {
  readonly kind: 'client-not-found'
}

interface DeleteDeps {
  readonly transaction: RegistrationTransaction
  readonly audit: Audit
  readonly clock: Clock
}

/**
 * The owner removes its client (RFC 7592 §2.3): id, secrets, registration token and every token it was given die together.
 *
 * @throws Refusal `registration-token-refused`
 */
export function deleteClientByOwner({
  transaction,
  audit,
  clock,
  registrationTokens,
}: DeleteDeps & { registrationTokens: RegistrationTokenStore }) {
  return async (clientId: string, token: string | undefined): Promise<void> => {
    const { tokenHash } = await authorizeOwner(registrationTokens, clientId, token)
    await transaction(async (tx) => {
      const [isOwners] = await Promise.all([
        tx.registrationTokens.remove(clientId, tokenHash),
        tx.clients.markRemoval(clientId, clock() + headroom),
        tx.clients.remove(clientId),
        audit.clientDeleted(tx, clientId, 'owner'),
      ])
      if (!isOwners) throw refuseToken()
    })
  }
}

/**
 * An administrator removes a client, with everything that was issued to it.
 *
 * @throws Refusal `client-not-found`
 */
export function deleteClientByAdmin({ transaction, audit, clock }: DeleteDeps) {
  return (clientId: string, actor: Actor): Promise<void> =>
    transaction(async (tx) => {
      const [, isGone] = await Promise.all([
        tx.clients.markRemoval(clientId, clock() + headroom),
        tx.clients.remove(clientId),
        audit.clientDeleted(tx, clientId, actor),
      ])
      if (!isGone) throw new Refusal<ClientNotFound>({ kind: 'client-not-found' })
    })
}
