import { timedUuid } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import { checkAgainstClient, readHydraClient } from '../../protocol/hydra-client.ts'
import type { Actor } from '../audit/audit.ts'
import { writtenByAdmin } from '../clients/standing.ts'
import { secretFor, warnOfBcrypt } from './given-secret.ts'
import type { AdminDeps, Registered } from './registration-deps.ts'
import { makeRegistrationToken } from './registration-token.ts'
import { checkSectorForAdmin } from './sector-identifier.ts'

export interface ClientIdTaken {
  readonly kind: 'client-id-taken'
}

/**
 * An administrator creates a client, as Hydra lets him: with an id and a secret of his choice, or with ours. A chosen secret gets a
 * slow hash, as a person may have thought it up.
 *
 * @throws HydraFaultError, or Refusal `client-id-taken`
 */
export function createClient(deps: AdminDeps) {
  return async (body: unknown, actor: Actor): Promise<Registered> => {
    const given = readHydraClient(body, deps.rules())
    const { metadata, settings } = given
    checkAgainstClient(metadata, { ...deps.rules(), signingAlgs: await deps.signingAlgs() })
    await checkSectorForAdmin(metadata, deps.sectorFault)
    const secret = await secretFor(given, deps)
    const { token, hash } = makeRegistrationToken(deps.randomness)
    const now = deps.clock()
    const { clientId = timedUuid(deps.randomness, now) } = given
    const client = writtenByAdmin({
      clientId,
      version: 1,
      origin: 'admin',
      metadata,
      settings,
      ...(secret && { secretHash: secret.hash }),
      rotatedSecretHashes: [],
      createdAt: now,
      updatedAt: now,
      // The id may have been another client's, whose tokens are still about.
      tokensValidAfter: now,
      generation: 1,
    })
    await deps.transaction(async (tx) => {
      if (!(await tx.clients.add(client))) throw new Refusal<ClientIdTaken>({ kind: 'client-id-taken' })
      await Promise.all([tx.registrationTokens.add(clientId, hash, now), deps.audit.clientCreated(tx, clientId, actor)])
    })
    warnOfBcrypt(given, clientId, deps.telemetry)
    // A public client's secret is of no use to anyone: Hydra does not tell it, and so do we.
    const isTold = secret?.secret !== undefined && metadata.tokenEndpointAuthMethod !== 'none'
    return { client, registrationAccessToken: token, ...(isTold && { clientSecret: secret.secret }) }
  }
}
