import type { Jwk } from '../../protocol/jwks.ts'
import { keyRefusal, wholeJwk } from './make-key.ts'
import type { KeyDeps } from './open-signing-keys.ts'

type ReadDeps = Pick<KeyDeps, 'signingKeys' | 'sealer'>

/**
 * The keys of a set, the newest first, with their private halves, as in Hydra: an administrator may sign with them elsewhere.
 *
 * @throws Refusal `key-set-not-found`
 */
export function readKeySet({ signingKeys, sealer }: ReadDeps) {
  return async (set: string): Promise<Jwk[]> => {
    const keys = await signingKeys.inSet(set)
    if (keys.length === 0) throw keyRefusal({ kind: 'key-set-not-found' })
    return keys.map((key) => wholeJwk(key, sealer))
  }
}

/** @throws Refusal `key-not-found` */
export function readKey({ signingKeys, sealer }: ReadDeps) {
  return async (set: string, kid: string): Promise<Jwk> => {
    const key = (await signingKeys.inSet(set)).find((one) => one.kid === kid)
    if (!key) throw keyRefusal({ kind: 'key-not-found' })
    return wholeJwk(key, sealer)
  }
}
