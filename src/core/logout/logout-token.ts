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

/** Back-Channel Logout §2.4: that it is a logout and not, say, an ID token. */
const event = 'http://schemas.openid.net/event/backchannel-logout'

/**
 * Signs a logout token (OpenID Connect Back-Channel Logout §2.4) as the ID tokens of its client are signed (§2.6). It names the session
 * and, as in Hydra, has no `sub`. There is never a `nonce`.
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
