import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { type Randomness, timedUuid } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import { checkKeys, checkResponseAlgs, type HydraClient, type HydraRules, readHydraClient } from '../../protocol/hydra-client.ts'
import { isBcrypt } from '../../protocol/secret-hash.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { ClientStore } from '../clients/client.ts'
import { type ChosenSecrets, hashMadeSecret, makeSecret } from '../clients/secrets.ts'
import { writtenByAdmin } from '../clients/standing.ts'
import type { Registered, RegistrationTransaction } from './register-client.ts'
import { makeRegistrationToken } from './registration-token.ts'
import { checkSectorForAdmin, type SectorFault } from './sector-identifier.ts'

export interface ClientIdTaken {
  readonly kind: 'client-id-taken'
}

export interface AdminDeps {
  readonly transaction: RegistrationTransaction
  /** Reads outside a transaction. */
  readonly clients: ClientStore
  readonly clock: Clock
  readonly randomness: Randomness
  readonly secrets: ChosenSecrets
  readonly rules: Live<HydraRules>
  /** What this server can sign with now. */
  readonly signingAlgs: () => Promise<readonly string[]>
  readonly audit: Audit
  readonly sectorFault: SectorFault
  readonly telemetry: Pick<Telemetry, 'log'>
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
    checkKeys(metadata)
    checkResponseAlgs(metadata, await deps.signingAlgs())
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

/** Hydra took secrets that are longer than what bcrypt reads: their owners must be given new ones. */
export function warnOfBcrypt({ clientSecretHash }: HydraClient, clientId: string, { log }: Pick<Telemetry, 'log'>): void {
  if (clientSecretHash === undefined || !isBcrypt(clientSecretHash)) return
  log('warn', 'a client secret was imported as a bcrypt hash: a secret longer than 72 bytes will be refused', { client_id: clientId })
}

/** The secret to tell and its hash to keep: the chosen one, one that we know the hash of only, or one of ours where the method needs one. */
export async function secretFor(
  { metadata, clientSecret: chosen, clientSecretHash }: HydraClient,
  { secrets, randomness }: { secrets: ChosenSecrets; randomness: Randomness },
): Promise<{ secret?: string; hash: string } | undefined> {
  if (clientSecretHash !== undefined) return { hash: clientSecretHash }
  if (chosen !== undefined) return { secret: chosen, hash: await secrets.hash(chosen) }
  if (!isSecretMethod(metadata.tokenEndpointAuthMethod)) return undefined
  const secret = makeSecret(randomness)
  return { secret, hash: hashMadeSecret(secret) }
}
