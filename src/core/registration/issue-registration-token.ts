import type { Actor } from '../audit/audit.ts'
import { holdOrRefuse } from './find-or-refuse.ts'
import type { AdminDeps } from './registration-deps.ts'
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
      await holdOrRefuse(tx, clientId)
      await tx.registrationTokens.put(clientId, hash, clock())
      await audit.registrationTokenIssued(tx, clientId, actor)
    })
    return token
  }
}
