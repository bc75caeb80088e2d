import { errors, jwtVerify, SignJWT } from 'jose'
import { type Clock, inSeconds } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { type Randomness, timedUuid, timeOfUuid } from '../../lib/random.ts'
import { joinScope, splitScope } from '../../protocol/scope.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { accessTokenKeys } from '../keys/signing-key.ts'
import type { AccessToken } from './access-token.ts'

/** The content of a JWT access token. Its times are whole seconds. */
export interface JwtAccessToken extends Omit<AccessToken, 'hash' | 'generation'> {
  readonly jti: string
}

export interface JwtSettings {
  /** The audience of a token for which none was granted. Undefined: the issuer (RFC 9068 §3). */
  readonly defaultAudience: string | undefined
  /** `scp` (Hydra's list), `scope` (RFC 9068 §2.2.3) or both. */
  readonly scopeClaim: 'list' | 'string' | 'both'
  readonly notBefore: boolean
}

interface JwtDeps {
  readonly ring: Pick<KeyRing, 'signer' | 'verifier'>
  readonly issuer: string
  readonly clock: Clock
}

/** RFC 9068 §2.1: no other JWT of this server is accepted as an access token. */
const type = 'at+jwt'

export interface JwtParameters {
  readonly clientId: string
  readonly subject: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Milliseconds. */
  readonly lifespan: number
  /** By `makeJti`. */
  readonly jti: string
  readonly grantId?: string
  readonly ext?: Readonly<Record<string, unknown>>
}

/**
 * Its time shows whether the client's tokens were revoked after the request for this one began.
 *
 * @param began milliseconds since 1970 UTC, before the client was read
 */
export const makeJti = (randomness: Randomness, began: number, tokensValidAfter: number): string =>
  timedUuid(randomness, Math.max(began, tokensValidAfter + 1))

/**
 * Signs an access token with the claims of RFC 9068 and those of Hydra. It is not stored.
 *
 * @throws Unavailable
 */
export function signAccessToken({ ring, issuer, clock, settings }: JwtDeps & { settings: Live<JwtSettings> }) {
  return async (parameters: JwtParameters): Promise<string> => {
    const { defaultAudience, scopeClaim, notBefore } = settings()
    const now = clock()
    const [iat, exp] = [inSeconds(now), inSeconds(now + parameters.lifespan)]
    const { kid, alg, key } = await ring.signer(accessTokenKeys, exp * 1000)
    const claims = {
      iss: issuer,
      sub: parameters.subject,
      aud: parameters.audience.length > 0 ? [...parameters.audience] : [defaultAudience ?? issuer],
      client_id: parameters.clientId,
      exp,
      iat,
      ...(notBefore && { nbf: iat }),
      jti: parameters.jti,
      ...(parameters.grantId !== undefined && { grant_id: parameters.grantId }),
      ...(scopeClaim !== 'string' && { scp: [...parameters.scope] }),
      ...(scopeClaim !== 'list' && parameters.scope.length > 0 && { scope: joinScope(parameters.scope) }),
      ext: { ...parameters.ext },
    }
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: type }).sign(key)
  }
}

/**
 * Reads a token of `signAccessToken` and verifies signature, type, issuer and times, but not whether it was revoked. Undefined for
 * everything else.
 *
 * @throws Unavailable
 */
export function readAccessToken({ ring, issuer, clock }: JwtDeps) {
  return async (text: string): Promise<JwtAccessToken | undefined> => {
    try {
      const { payload } = await jwtVerify(
        text,
        async ({ kid, alg }) => {
          const found = kid === undefined ? undefined : await ring.verifier(accessTokenKeys, kid)
          // The algorithm is that of the key, not the one that the token names (RFC 8725 §3.1).
          if (!found || found.alg !== alg) throw new errors.JWKSNoMatchingKey()
          return found.key
        },
        { issuer, typ: type, currentDate: new Date(clock()), requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id'] },
      )
      return fromClaims(payload)
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }
}

/** The required claims are there, but may have any type: an administrator may use a key of the set to sign elsewhere. */
function fromClaims({
  jti,
  client_id: clientId,
  sub,
  scp,
  scope,
  aud = [],
  iat = 0,
  exp = 0,
  grant_id: grantId,
  ext,
}: Record<string, unknown>): JwtAccessToken | undefined {
  if (typeof clientId !== 'string' || typeof sub !== 'string' || typeof jti !== 'string' || timeOfUuid(jti) === undefined) return undefined
  const times = { issuedAt: Number(iat) * 1000, expiresAt: Number(exp) * 1000 }
  const audience = [aud].flat().map(String)
  const scopes = Array.isArray(scp) ? scp.map(String) : splitScope(String(scope ?? ''))
  return { jti, clientId, subject: sub, scope: scopes, audience, ...times, ...(typeof grantId === 'string' && { grantId }), ...extOf(ext) }
}

const extOf = (ext: unknown): { ext?: Record<string, unknown> } =>
  typeof ext === 'object' && ext !== null && Object.keys(ext).length > 0 ? { ext: ext as Record<string, unknown> } : {}

/** RFC 7519 §3: three parts. Opaque tokens of this server have no dot. */
export const looksLikeJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)
