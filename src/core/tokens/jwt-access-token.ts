import { errors, jwtVerify, SignJWT } from 'jose'
import { type Clock, inSeconds } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { type Randomness, timedUuid, timeOfUuid } from '../../lib/random.ts'
import { joinScope, splitScope } from '../../protocol/scope.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { accessTokenKeys } from '../keys/signing-key.ts'
import type { AccessToken } from './access-token.ts'

/** What a JWT access token says, as we read it back. Its times are of whole seconds. */
export interface JwtAccessToken extends Omit<AccessToken, 'hash' | 'generation'> {
  readonly jti: string
}

export interface JwtSettings {
  /** The audience of a token for which none was granted, if the operator names one; else it is the issuer (RFC 9068 §3). */
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

/** RFC 9068 §2.1: so that no other JWT of ours passes for an access token. */
const type = 'at+jwt'

export interface JwtOrder {
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
 * Its time tells whether the client's tokens were ended after the request for it began.
 *
 * @param began milliseconds since 1970 UTC, before the client was read
 */
export const makeJti = (randomness: Randomness, began: number, tokensValidAfter: number): string =>
  timedUuid(randomness, Math.max(began, tokensValidAfter + 1))

/**
 * Signs an access token with RFC 9068's claims and Hydra's. It is stored nowhere.
 *
 * @throws Unavailable
 */
export function signAccessToken({ ring, issuer, clock, settings }: JwtDeps & { settings: Live<JwtSettings> }) {
  return async (order: JwtOrder): Promise<string> => {
    const { defaultAudience, scopeClaim, notBefore } = settings()
    const now = clock()
    const [iat, exp] = [inSeconds(now), inSeconds(now + order.lifespan)]
    const { kid, alg, key } = await ring.signer(accessTokenKeys, exp * 1000)
    const claims = {
      iss: issuer,
      sub: order.subject,
      aud: order.audience.length > 0 ? [...order.audience] : [defaultAudience ?? issuer],
      client_id: order.clientId,
      exp,
      iat,
      ...(notBefore && { nbf: iat }),
      jti: order.jti,
      ...(order.grantId !== undefined && { grant_id: order.grantId }),
      ...(scopeClaim !== 'string' && { scp: [...order.scope] }),
      ...(scopeClaim !== 'list' && order.scope.length > 0 && { scope: joinScope(order.scope) }),
      ext: { ...order.ext },
    }
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: type }).sign(key)
  }
}

/**
 * Reads what `signAccessToken` made: signature, type, issuer and times are right. Whether it was ended before its time is another
 * question. Undefined for everything else.
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
          // The key says with which algorithm it is used, not the token (RFC 8725 §3.1).
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

/** A key of the set may be used elsewhere, too, so a claim is believed to be there, not to be of its type. */
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

/** RFC 7519 §3: three parts. Nothing opaque of ours has a dot. */
export const looksLikeJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)
