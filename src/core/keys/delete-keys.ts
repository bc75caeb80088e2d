import type { Actor } from '../audit/audit.ts'
import type { KeyAdminDeps, KeyStores } from './create-key.ts'
import { settle } from './replace-keys.ts'
import { canSign, ourSets } from './signing-key.ts'

/**
 * An administrator removes a key, or with no `kid` a whole set, at once: what it signed is no longer valid anywhere that looks at our
 * keys again. It is for a key that leaked; to rotate, a new one is made. Whether there was such a key is not told, as in Hydra. A set
 * that we sign with gets a new key if none is left that can.
 */
export function deleteKeys(deps: KeyAdminDeps) {
  return async (set: string, kid: string | undefined, actor: Actor): Promise<void> => {
    const kids = await deps.transaction(async (tx) => {
      const leaving = (await tx.signingKeys.inSet(set)).filter((key) => kid === undefined || key.kid === kid).map((key) => key.kid)
      for (const one of leaving) await tx.signingKeys.remove(one)
      if (leaving.length > 0) {
        await reviveNewest(tx, set)
        await deps.audit.keysDeleted(tx, actor, { set, kids: leaving })
      }
      return leaving
    })
    if (kids.length > 0) await settle(deps, set)
  }
}

/** When the key goes for which another retired, that one goes on. */
async function reviveNewest({ signingKeys }: KeyStores, set: string): Promise<void> {
  const left = await signingKeys.inSet(set)
  const able = left.filter(canSign)
  if (!ourSets.includes(set) || able.some(({ retiredAt }) => retiredAt === undefined)) return
  const [newest] = able
  if (newest) await signingKeys.retire(newest.kid, null)
}
