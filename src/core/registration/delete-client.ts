import type { Clock } from '../../lib/clock.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import { clockSkew } from '../clients/client.ts'
import { authorizeOwner, refuseToken } from './authorize-owner.ts'
import { clientNotFound } from './find-or-refuse.ts'
import type { RegistrationTransaction } from './registration-deps.ts'
import type { RegistrationTokenStore } from './registration-token.ts'

interface DeleteDeps {
  readonly transaction: RegistrationTransaction
  readonly audit: Audit
  readonly clock: Clock
}

/**
 * The owner removes its client (RFC 7592 §2.3): id, secrets, registration token and everything that was issued end together. The act
 * writes as much for a client with a million tokens as for one without; a job removes what is left.
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
    const now = clock()
    await transaction(async (tx) => {
      const [isOwners] = await Promise.all([
        tx.registrationTokens.remove(clientId, tokenHash),
        tx.clients.remove(clientId, now, now + clockSkew),
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
  return (clientId: string, actor: Actor): Promise<void> => {
    const now = clock()
    return transaction(async (tx) => {
      const [isRemoved] = await Promise.all([tx.clients.remove(clientId, now, now + clockSkew), audit.clientDeleted(tx, clientId, actor)])
      if (!isRemoved) throw clientNotFound()
    })
  }
}
