import { Refusal } from '../../lib/refusal.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import type { Actor } from '../audit/audit.ts'
import { authMethodOf, type Client, type ClientStore } from '../clients/client.ts'
import { hashMadeSecret, makeSecret } from '../clients/secrets.ts'
import type { Changed } from './change-client.ts'
import { holdOrRefuse } from './find-or-refuse.ts'
import type { AdminDeps } from './registration-deps.ts'

/** The client proves itself by a method that has no secret. */
export interface RotationRefusal {
  readonly kind: 'rotation-unsupported'
  readonly method: string
}

/** One current secret and this many earlier ones work at once. */
const rotatedLimit = 5

/**
 * A new secret of ours; the current one and up to four before it keep working until they are forgotten. Of
 * several rotations at once each builds on the one before.
 *
 * @throws Refusal `client-not-found` or `rotation-unsupported`
 */
export function rotateSecret(deps: AdminDeps) {
  return (clientId: string, actor: Actor): Promise<Changed> => {
    const clientSecret = makeSecret(deps.randomness)
    return deps.transaction(async (tx) => {
      const before = await holdRotatable(tx, clientId)
      const earlier = before.secretHash === undefined ? [] : [before.secretHash]
      const rotatedSecretHashes = [...earlier, ...before.rotatedSecretHashes].slice(0, rotatedLimit)
      const client = next(before, deps, { secretHash: hashMadeSecret(clientSecret), rotatedSecretHashes })
      await Promise.all([tx.clients.replace(client), deps.audit.secretRotated(tx, clientId, actor)])
      return { client, clientSecret }
    })
  }
}

/**
 * Only the current secret works from now on.
 *
 * @throws Refusal `client-not-found` or `rotation-unsupported`
 */
export function forgetRotatedSecrets(deps: AdminDeps) {
  return (clientId: string, actor: Actor): Promise<Changed> =>
    deps.transaction(async (tx) => {
      const client = next(await holdRotatable(tx, clientId), deps, { rotatedSecretHashes: [] })
      await Promise.all([tx.clients.replace(client), deps.audit.rotatedSecretsForgotten(tx, clientId, actor)])
      return { client }
    })
}

async function holdRotatable(tx: { clients: ClientStore }, clientId: string): Promise<Client> {
  const client = await holdOrRefuse(tx, clientId)
  const method = authMethodOf(client)
  if (!isSecretMethod(method)) throw new Refusal<RotationRefusal>({ kind: 'rotation-unsupported', method })
  return client
}

const next = (before: Client, deps: AdminDeps, change: Partial<Client>): Client => ({
  ...before,
  ...change,
  version: before.version + 1,
  updatedAt: deps.clock(),
})
