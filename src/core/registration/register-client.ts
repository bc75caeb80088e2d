import { timedUuid } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import type { Client } from '../clients/client.ts'
import { hashMadeSecret, makeSecret } from '../clients/secrets.ts'
import { evaluateRegistration } from './evaluate-registration.ts'
import type { Registered, RegistrationDeps } from './registration-deps.ts'
import { makeRegistrationToken } from './registration-token.ts'
import { checkOwnSector } from './sector-identifier.ts'

/**
 * A stranger registers a client (RFC 7591 §3): checked, narrowed to what the operator allows, stored with its registration token
 * and the record of it, or not at all.
 *
 * @throws Refusal `metadata-refused` with every problem of the request
 */
export function registerClient(deps: RegistrationDeps) {
  const { transaction, clock, randomness, audit } = deps
  return async (body: unknown): Promise<Registered> => {
    const metadata = await evaluated(body, deps)
    const now = clock()
    const clientSecret = isSecretMethod(metadata.tokenEndpointAuthMethod) ? makeSecret(randomness) : undefined
    const { token, hash } = makeRegistrationToken(randomness)
    const client: Client = {
      clientId: timedUuid(randomness, now),
      version: 1,
      origin: 'dynamic',
      metadata,
      settings: {},
      ...(clientSecret !== undefined && { secretHash: hashMadeSecret(clientSecret) }),
      rotatedSecretHashes: [],
      createdAt: now,
      updatedAt: now,
      tokensValidAfter: now,
      generation: 1,
    }
    await transaction(async (tx) => {
      const [isNew] = await Promise.all([
        tx.clients.add(client),
        tx.registrationTokens.add(client.clientId, hash, now),
        audit.clientRegistered(tx, client.clientId, { client_name: metadata.clientName, redirect_uris: metadata.redirectUris }),
      ])
      if (!isNew) throw new Error('a fresh client id was taken')
    })
    return { client, registrationAccessToken: token, ...(clientSecret !== undefined && { clientSecret }) }
  }
}

async function evaluated(body: unknown, { rules, signingAlgs, policy, audit, sectorFault }: RegistrationDeps): Promise<ClientMetadata> {
  try {
    const metadata = evaluateRegistration(body, { ...rules(), signingAlgs: await signingAlgs() }, policy())
    await checkOwnSector(metadata, sectorFault)
    return metadata
  } catch (error) {
    if (error instanceof Refusal) audit.registrationDenied()
    throw error
  }
}
