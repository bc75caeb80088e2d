import type { Actor } from '../audit/audit.ts'
import type { KeyAdminDeps, KeyStores } from './create-key.ts'
import { keepingAlgorithms } from './keep-algorithms.ts'
import { settle } from './replace-keys.ts'
import { canSign, follows, lasting, ourSets, type SigningKey } from './signing-key.ts'

/** One key of a set, or without a `kid` the whole set. */
export interface KeyDeletion {
  readonly set: string
  readonly kid: string | undefined
  /** Allows the deletion of the last key of an algorithm that clients registered. */
  readonly isForced: boolean
}

/**
 * Deletes a key or a whole set at once, for an administrator whose key leaked (to rotate, a key is created). What it signed is invalid
 * for every verifier that reads the published keys again. The result does not say whether there was such a key, as in Hydra. If no key is
 * left that can sign, a set of this server gets a new one; the set of the ID tokens if none is left for RS256.
 *
 * @throws Refusal `key-algorithm-in-use`
 */
export function deleteKeys(deps: KeyAdminDeps) {
  return async ({ set, kid, isForced }: KeyDeletion, actor: Actor): Promise<void> => {
    const leaving = await deps.transaction(async (tx) => {
      const keys = (await tx.signingKeys.inSet(set)).filter((key) => kid === undefined || key.kid === kid)
      if (keys.length === 0) return keys
      await keepingAlgorithms(tx, { set, isForced }, async () => {
        for (const key of keys) await tx.signingKeys.remove(key.kid)
        for (const key of keys) await reactivatePredecessor(tx, key)
      })
      await deps.audit.keysDeleted(tx, actor, { set, kids: keys.map((key) => key.kid) })
      return keys
    })
    if (leaving.length > 0) await settle(deps, set)
  }
}

/** Reactivates the key that retired for the deleted one, if no other key can sign. */
async function reactivatePredecessor({ signingKeys }: KeyStores, gone: SigningKey): Promise<void> {
  if (!ourSets.includes(gone.set)) return
  const able = (await signingKeys.inSet(gone.set)).filter((key) => canSign(key) && follows(gone, key))
  const [newest] = able
  if (newest && lasting(able).length === 0) await signingKeys.retire(newest.kid, null)
}
