import { hash } from 'node:crypto'
import { compactVerify, errors, SignJWT } from 'jose'
import { type Clock, inSeconds } from '../../lib/clock.ts'
import { type Randomness, randomUuid } from '../../lib/random.ts'
import { type Client, idTokenAlgOf } from '../clients/client.ts'
import type { Grant } from '../grants/grant.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { idTokenKeys } from '../keys/signing-key.ts'

export type Claims = Readonly<Record<string, unknown>>

interface IdTokenDeps {
  readonly ring: Pick<KeyRing, 'signer' | 'verifier'>
  readonly issuer: string
  readonly clock: Clock
  readonly randomness: Randomness
}

/** The claims about the person in the ID token and in userinfo. Claims that the consent added never replace the ones set here. */
export function claimsOf(grant: Grant, issuer: string): Claims {
  const { at, requestedAt, acr, amr } = grant.authentication
  return {
    ...withoutReserved(grant.claims.idToken),
    iss: issuer,
    sub: grant.obfuscatedSubject ?? grant.subject,
    aud: [grant.clientId],
    auth_time: inSeconds(at),
    rat: inSeconds(requestedAt),
    ...(acr !== '' && { acr }),
    ...(amr.length > 0 && { amr: [...amr] }),
  }
}

const reserved = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'nonce', 'at_hash', 'c_hash', 's_hash', 'auth_time', 'azp', 'sid', 'rat']

const withoutReserved = (claims: Claims): Claims => Object.fromEntries(Object.entries(claims).filter(([name]) => !reserved.includes(name)))

/**
 * Signs an ID token (OpenID Connect Core §2) for an access token of the grant, with the algorithm that its client registered.
 *
 * @throws Unavailable
 */
export function signIdToken({ ring, issuer, clock, randomness }: IdTokenDeps) {
  return async (grant: Grant, accessToken: string, lifespan: number, client: Client): Promise<string> => {
    const now = clock()
    const [iat, exp] = [inSeconds(now), inSeconds(now + lifespan)]
    const { kid, alg, key } = await ring.signer(idTokenKeys, exp * 1000, idTokenAlgOf(client))
    const { nonce } = grant.authentication
    const claims = {
      ...claimsOf(grant, issuer),
      at_hash: leftHalf(alg, accessToken),
      exp,
      iat,
      jti: randomUuid(randomness),
      sid: grant.sessionId,
      ...(nonce !== undefined && { nonce }),
    }
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key)
  }
}

/** OpenID Connect Core §3.1.3.6: the left half of the hash that belongs to the signature's algorithm. */
function leftHalf(alg: string, text: string): string {
  const name = /^Ed/.test(alg) ? 'sha512' : `sha${alg.slice(-3)}`
  const digest = hash(name, text, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/** Signs a userinfo response, with the algorithm that the client registered for it (OpenID Connect Core §5.3.2). */
export function signUserinfo({ ring, clock, randomness }: Omit<IdTokenDeps, 'issuer'>) {
  return async (claims: Claims, alg: string): Promise<string> => {
    const { kid, key } = await ring.signer(idTokenKeys, clock(), alg)
    return new SignJWT({ ...claims, jti: randomUuid(randomness) }).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key)
  }
}

/**
 * The claims of an ID token that this server signed, expired or not. It is a hint at a person and proves no authentication
 * (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2). Undefined for everything else.
 *
 * @throws Unavailable
 */
export function readIdTokenHint({ ring, issuer }: Pick<IdTokenDeps, 'ring' | 'issuer'>) {
  return async (text: string): Promise<Claims | undefined> => {
    try {
      const { payload } = await compactVerify(text, async ({ kid, alg }) => {
        const found = kid === undefined ? undefined : await ring.verifier(idTokenKeys, kid)
        if (!found || found.alg !== alg) throw new errors.JWKSNoMatchingKey()
        return found.key
      })
      const claims = JSON.parse(new TextDecoder().decode(payload))
      return claims?.iss === issuer && typeof claims.sid === 'string' && typeof claims.sub === 'string' ? claims : undefined
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof SyntaxError) return undefined
      throw error
    }
  }
}
