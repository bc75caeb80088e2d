import { Refusal } from '../../lib/refusal.ts'
import type { Actor } from '../audit/audit.ts'
import type { AdminDeps } from './create-client.ts'
import type { ClientNotFound } from './delete-client.ts'
import { makeRegistrationToken } from './registration-token.ts'

/**
 * An administrator gives a client a new registration access token, told once; the one before, lost or stolen, is dead.
 *
 * @throws Refusal `client-not-found`
 */
export function issueRegistrationToken({
  transaction,
  clock,
  randomness,
  audit,
}: Pick<AdminDeps, 'transaction' | 'clock' | 'randomness' | 'audit'>) {
  return async (clientId: string, actor: Actor): Promise<string> => {
    const { token, hash } = makeRegistrationToken(randomness)
    await transaction(async (tx) => {
      if (!(await tx.clients.hold(clientId))) throw new Refusal<ClientNotFound>({ kind: 'client-not-found' })
      await tx.registrationTokens.put(clientId, hash, clock())
      await audit.registrationTokenIssued(tx, clientId, actor)
    })
    return token
  }
}
