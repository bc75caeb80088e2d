import type { Randomness } from '../../lib/random.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import type { HydraClient } from '../../protocol/hydra-client.ts'
import { isBcrypt } from '../../protocol/secret-hash.ts'
import { type ChosenSecrets, hashMadeSecret, makeSecret } from '../clients/secrets.ts'

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
