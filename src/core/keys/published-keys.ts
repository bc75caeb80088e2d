import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { type Jwk, publicHalf } from '../../protocol/jwks.ts'
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

/** What ID tokens are signed with, and will be once a newer key has been published long enough. A first key is for RS256. */
export function idTokenAlgs({ ring, clock }: { ring: KeyRing; clock: Clock }) {
  return async (): Promise<readonly string[]> => {
    const now = clock()
    const able = (await ring.keys()).filter((key) => key.set === idTokenKeys && canSign(key) && !isRetired(key, now))
    return able.length === 0 ? ['RS256'] : [...new Set(able.map(({ alg }) => alg))]
  }
}
