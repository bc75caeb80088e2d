import type { Live } from '../../lib/live.ts'
import { type Jwk, publicHalf } from '../../protocol/jwks.ts'
import type { KeyRing } from './key-ring.ts'
import { ourSets } from './signing-key.ts'

/** The public halves of the sets that we sign with and of those that the operator names, retired keys included, each set newest first. */
export function publishedKeys({ ring, broadcast }: { ring: KeyRing; broadcast: Live<readonly string[]> }) {
  return async (): Promise<Jwk[]> => {
    const sets = [...new Set([...ourSets, ...broadcast()])]
    const keys = await ring.keys()
    return sets.flatMap((set) => keys.filter((key) => key.set === set)).map(({ publicJwk }) => publicHalf(publicJwk))
  }
}
