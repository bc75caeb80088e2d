import { SignJWT } from 'jose'
import { type Clock, inSeconds } from '../../lib/clock.ts'
import { type Randomness, randomUuid } from '../../lib/random.ts'
import { type Client, idTokenAlgOf } from '../clients/client.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { idTokenKeys } from '../keys/signing-key.ts'

export interface LogoutTokenDeps {
  readonly ring: Pick<KeyRing, 'signer'>
  readonly issuer: string
  readonly clock: Clock
  readonly randomness: Randomness
}

/** Back-Channel Logout §4: two minutes at most. Milliseconds. */
const lifespan = 120_000

/** Back-Channel Logout §2.4: distinguishes a logout token from other JWTs, such as ID tokens. */
const event = 'http://schemas.openid.net/event/backchannel-logout'

/**
 * Signs a logout token (OpenID Connect Back-Channel Logout §2.4), with the algorithm of the client's ID tokens (§2.6). It has `sid` and,
 * as in Hydra, no `sub`. It never has a `nonce`.
 *
 * @throws Unavailable
 */
export function signLogoutToken({ ring, issuer, clock, randomness }: LogoutTokenDeps) {
  return async (client: Client, sid: string): Promise<string> => {
    const now = clock()
    const [iat, exp] = [inSeconds(now), inSeconds(now + lifespan)]
    const { kid, alg, key } = await ring.signer(idTokenKeys, exp * 1000, idTokenAlgOf(client))
    const claims = { iss: issuer, aud: [client.clientId], iat, exp, jti: randomUuid(randomness), events: { [event]: {} }, sid }
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'logout+jwt' }).sign(key)
  }
}
