import { Refusal } from '../../lib/refusal.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import { knowsSecret } from '../clients/authenticate-client.ts'
import { authMethodOf, type Client } from '../clients/client.ts'
import { type ChosenSecrets, hashMadeSecret, makeSecret } from '../clients/secrets.ts'
import { authorizeOwner, refuseToken } from './authorize-owner.ts'
import { evaluateRegistration } from './evaluate-registration.ts'
import type { OwnerDeps, Registered } from './registration-deps.ts'
import { makeRegistrationToken } from './registration-token.ts'
import { checkOwnSector } from './sector-identifier.ts'
import { retryOnConflict, VersionConflict } from './version-conflict.ts'

/** The request carries a secret that is not the client's own. */
export interface ForeignSecretRefusal {
  readonly kind: 'foreign-secret'
}

/**
 * The owner replaces what its client says of itself (RFC 7592 §2.2): a full replacement, what is left out returns to its default.
 * The operator's settings, the id and the creation time stay. The registration token is replaced in the same transaction: of
 * several updates with one token exactly one wins.
 *
 * @throws Refusal `registration-token-refused`, `foreign-secret` or `metadata-refused`; the old token then stays in force
 */
export function updateClient(deps: OwnerDeps) {
  const { transaction, clock, randomness, rules, policy, audit } = deps
  /** @param readBody gives the body once the caller is known: a stranger's body is not worth parsing */
  return (clientId: string, token: string | undefined, readBody: () => unknown): Promise<Registered> =>
    retryOnConflict(async () => {
      const { client: before, tokenHash } = await authorizeOwner(deps.registrationTokens, clientId, token)
      const body = readBody()
      await refuseForeignSecret(body, before, deps.secrets)
      const metadata = evaluateRegistration(body, { ...rules(), signingAlgs: await deps.signingAlgs() }, policy(), before)
      await checkOwnSector(metadata, deps.sectorFault)
      const clientSecret = needsSecret(metadata.tokenEndpointAuthMethod, before) ? makeSecret(randomness) : undefined
      const next = makeRegistrationToken(randomness)
      const now = clock()
      const client = withSecret({ ...before, metadata, version: before.version + 1, updatedAt: now }, clientSecret)
      await transaction(async (tx) => {
        const [isOwners, isReplaced] = await Promise.all([
          tx.registrationTokens.replace(clientId, tokenHash, next.hash, now),
          tx.clients.replace(client),
          audit.clientUpdated(tx, clientId, 'owner'),
        ])
        if (!isOwners) throw refuseToken()
        if (!isReplaced) throw new VersionConflict()
      })
      return { client, registrationAccessToken: next.token, ...(clientSecret !== undefined && { clientSecret }) }
    })
}

/** Whether the client moves to a secret method. What an administrator gave it for another one was never told, and is of no use. */
const needsSecret = (method: string | undefined, before: Client): boolean =>
  isSecretMethod(method) && (before.secretHash === undefined || !isSecretMethod(authMethodOf(before)))

/** A client without a secret method keeps no secret; one that moves to such a method gets one. */
function withSecret(client: Client, made: string | undefined): Client {
  if (made !== undefined) return { ...client, secretHash: hashMadeSecret(made), rotatedSecretHashes: [] }
  if (isSecretMethod(client.metadata.tokenEndpointAuthMethod)) return client
  const { secretHash: _, ...rest } = client
  return { ...rest, rotatedSecretHashes: [] }
}

/** RFC 7592 §2.2: the secret, if sent, must be the client's current one; it cannot be chosen here. */
async function refuseForeignSecret(body: unknown, client: Client, secrets: ChosenSecrets): Promise<void> {
  const secret = (body as { client_secret?: unknown } | null)?.client_secret
  if (secret === undefined || secret === null || secret === '') return
  const current: Client = { ...client, rotatedSecretHashes: [] }
  if (typeof secret === 'string' && (await knowsSecret(current, secret, secrets))) return
  throw new Refusal<ForeignSecretRefusal>({ kind: 'foreign-secret' })
}
