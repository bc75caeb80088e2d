import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { timeOfUuid } from '../../lib/random.ts'
import type { GrantStore } from '../grants/grant.ts'
import type { AccessTokenStore } from './access-token.ts'
import { type JwtAccessToken, looksLikeJwt } from './jwt-access-token.ts'
import { type RefreshTokenStore, refreshTokenPrefix } from './refresh-token.ts'
import type { RevokedTokenStore } from './revoked-token.ts'

/** A token in force. Times in milliseconds since 1970 UTC. */
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
 * The token behind a text, if it is one of ours and in force (RFC 7662 §2.2). With scopes, all of them must have been granted, as
 * in Hydra. Undefined for everything else: the caller learns nothing about why.
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

/** The signature says that we made it; the client's row, its grant's and the list of the revoked, that nobody has ended it since. */
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
