import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { timeOfUuid } from '../../lib/random.ts'
import type { GrantStore } from '../grants/grant.ts'
import type { AccessTokenStore } from './access-token.ts'
import { type JwtAccessToken, looksLikeJwt } from './jwt-access-token.ts'
import { type RefreshTokenStore, refreshTokenPrefix } from './refresh-token.ts'
import type { RevokedTokenStore } from './revoked-token.ts'

/** A token that is valid now. Times in milliseconds since 1970 UTC. */
export interface ActiveToken extends Omit<JwtAccessToken, 'jti'> {
  readonly use: 'access_token' | 'refresh_token'
  /** Only a JWT has one. */
  readonly jti?: string
}

interface IntrospectDeps {
  readonly accessTokens: AccessTokenStore
  readonly refreshTokens: RefreshTokenStore
  readonly grants: GrantStore
  readonly revokedTokens: RevokedTokenStore
  readonly readJwt: (text: string) => Promise<JwtAccessToken | undefined>
  readonly clock: Clock
}

/**
 * Finds a token by its text, if this server issued it and it is active (RFC 7662 §2.2). If scopes are given, all of them must have been
 * granted, as in Hydra. Undefined for everything else, so that the caller does not learn the reason.
 */
export function introspectToken(deps: IntrospectDeps) {
  return async (text: string, scopes: readonly string[]): Promise<ActiveToken | undefined> => {
    const token = await find(deps, text)
    return token && scopes.every((scope) => token.scope.includes(scope)) ? token : undefined
  }
}

function find(deps: IntrospectDeps, text: string): Promise<ActiveToken | undefined> {
  if (text.startsWith(refreshTokenPrefix)) return findRefresh(deps, text)
  return looksLikeJwt(text) ? findJwt(deps, text) : findOpaque(deps, text)
}

async function findOpaque({ accessTokens, clock }: IntrospectDeps, text: string): Promise<ActiveToken | undefined> {
  const token = await accessTokens.find(sha256(text))
  return token && token.expiresAt > clock() ? { use: 'access_token', ...token } : undefined
}

/** The signature shows that this server issued it; the rows of client, grant and revoked tokens, that it was not revoked since. */
async function findJwt({ readJwt, revokedTokens, grants }: IntrospectDeps, text: string): Promise<ActiveToken | undefined> {
  const token = await readJwt(text)
  const standing = token && (await revokedTokens.standing(token.clientId, token.jti))
  if (!standing || standing.isRevoked || (timeOfUuid(token.jti) ?? 0) <= standing.validAfter) return undefined
  if (token.grantId !== undefined && !(await isAlive(grants, token.grantId))) return undefined
  return { use: 'access_token', ...token }
}

async function isAlive(grants: GrantStore, id: string): Promise<boolean> {
  const grant = await grants.find(id)
  return grant !== undefined && grant.tokensEndedAt === undefined
}

async function findRefresh({ refreshTokens, grants, clock }: IntrospectDeps, text: string): Promise<ActiveToken | undefined> {
  const token = await refreshTokens.find(sha256(text))
  if (!token || token.spentAt !== undefined || token.expiresAt <= clock()) return undefined
  const grant = await grants.find(token.grantId)
  if (!grant || grant.tokensEndedAt !== undefined) return undefined
  const { clientId, subject, scope, audience, claims, obfuscatedSubject } = grant
  const ext = Object.keys(claims.accessToken).length > 0 ? { ext: claims.accessToken } : {}
  const known = obfuscatedSubject === undefined ? {} : { obfuscatedSubject }
  const { issuedAt, expiresAt } = token
  return { use: 'refresh_token', clientId, subject, scope, audience, issuedAt, expiresAt, grantId: grant.id, ...ext, ...known }
}
