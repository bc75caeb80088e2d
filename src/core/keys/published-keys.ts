import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { defaultSigningAlg, type Jwk, publicHalf } from '../../protocol/jwks.ts'
import type { KeyRing } from './key-ring.ts'
import { canSign, idTokenKeys, isRetired, ourSets } from './signing-key.ts'

/** The public keys of this server's sets and of those that the operator names, retired keys included; each set newest first. */
export function publishedKeys({ ring, broadcast }: { ring: KeyRing; broadcast: Live<readonly string[]> }) {
  return async (): Promise<Jwk[]> => {
    const sets = [...new Set([...ourSets, ...broadcast()])]
    const keys = await ring.keys()
    return sets.flatMap((set) => keys.filter((key) => key.set === set)).map(({ publicJwk }) => publicHalf(publicJwk))
  }
}

/**
 * The algorithms for ID tokens and userinfo, which are those that clients can register: RS256 always (OpenID Connect Discovery §3), and
 * each algorithm with a key that signs now.
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
