import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { defaultSigningAlg, type Jwk, publicHalf } from '../../protocol/jwks.ts'
import type { KeyRing } from './key-ring.ts'
import { canSign, idTokenKeys, isRetired, ourSets } from './signing-key.ts'

/** The public halves of the sets that we sign with and of those that the operator names, retired keys included, each set newest first. */
export function publishedKeys({ ring, broadcast }: { ring: KeyRing; broadcast: Live<readonly string[]> }) {
  return async (): Promise<Jwk[]> => {
    const sets = [...new Set([...ourSets, ...broadcast()])]
    const keys = await ring.keys()
    return sets.flatMap((set) => keys.filter((key) => key.set === set)).map(({ publicJwk }) => publicHalf(publicJwk))
  }
}

/**
 * What ID tokens and userinfo can be signed with, and so what clients can register: RS256 always (OpenID Connect Discovery §3), and each
 * algorithm that has a key which has been published long enough.
 */
export function idTokenAlgs({ ring, clock }: { ring: KeyRing; clock: Clock }) {
  return async (): Promise<readonly string[]> => {
    const now = clock()
    const able = (await ring.keys()).filter(
      (key) => key.set === idTokenKeys && canSign(key) && !isRetired(key, now) && key.signsFrom <= now,
    )
    return [...new Set([defaultSigningAlg, ...able.map(({ alg }) => alg)])]
  }
}
