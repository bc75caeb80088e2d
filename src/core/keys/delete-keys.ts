import type { Actor } from '../audit/audit.ts'
import type { KeyAdminDeps, KeyStores } from './create-key.ts'
import { keepingAlgorithms } from './keep-algorithms.ts'
import { settle } from './replace-keys.ts'
import { canSign, follows, lasting, ourSets, type SigningKey } from './signing-key.ts'

/** Which keys: one of a set, or without a `kid` all of them. */
export interface KeyDeletion {
  readonly set: string
  readonly kid: string | undefined
  /** Also the last key of an algorithm that clients registered. */
  readonly isForced: boolean
}

/**
 * An administrator removes a key, or with no `kid` a whole set, at once: what it signed is no longer valid anywhere that looks at our
 * keys again. It is for a key that leaked; to rotate, a new one is made. Whether there was such a key is not told, as in Hydra. A set
 * that we sign with gets a new key if none is left that can, and that of the ID tokens one for RS256.
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
        for (const key of keys) await revivePredecessor(tx, key)
      })
      await deps.audit.keysDeleted(tx, actor, { set, kids: keys.map((key) => key.kid) })
      return keys
    })
    if (leaving.length > 0) await settle(deps, set)
  }
}

/** When the key goes for which another retired, that one goes on. */
async function revivePredecessor({ signingKeys }: KeyStores, gone: SigningKey): Promise<void> {
  if (!ourSets.includes(gone.set)) return
  const able = (await signingKeys.inSet(gone.set)).filter((key) => canSign(key) && follows(gone, key))
  const [newest] = able
  if (newest && lasting(able).length === 0) await signingKeys.retire(newest.kid, null)
}
