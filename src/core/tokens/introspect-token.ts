import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { timeOfUuid } from '../../lib/random.ts'
import type { AccessTokenStore } from './access-token.ts'
import { type JwtAccessToken, looksLikeJwt } from './jwt-access-token.ts'
import type { RevokedTokenStore } from './revoked-token.ts'

/** A token in force. Times in milliseconds since 1970 UTC. */
export interface ActiveToken extends Omit<JwtAccessToken, 'jti'> {
  /** Only a JWT has one. */
  readonly jti?: string
}

/**
 * The token behind a text, if it is one of ours and in force (RFC 7662 §2.2). With scopes, all of them must have been granted, as
 * in Hydra. Undefined for everything else: the caller learns nothing about why.
 */
export function introspectToken(deps: {
  accessTokens: AccessTokenStore
  revokedTokens: RevokedTokenStore
  readJwt: (text: string) => Promise<JwtAccessToken | undefined>
  clock: Clock
}) {
  const find = (text: string): Promise<ActiveToken | undefined> => (looksLikeJwt(text) ? findJwt(deps, text) : findOpaque(deps, text))
  return async (text: string, scopes: readonly string[]): Promise<ActiveToken | undefined> => {
    const token = await find(text)
    return token && scopes.every((scope) => token.scope.includes(scope)) ? token : undefined
  }
}

async function findOpaque(
  { accessTokens, clock }: { accessTokens: AccessTokenStore; clock: Clock },
  text: string,
): Promise<ActiveToken | undefined> {
  const token = await accessTokens.find(sha256(text))
  return token && token.expiresAt > clock() ? token : undefined
}

/** The signature says that we made it; the client's row and the list of the revoked, that nobody has ended it since. */
async function findJwt(
  { readJwt, revokedTokens }: { readJwt: (text: string) => Promise<JwtAccessToken | undefined>; revokedTokens: RevokedTokenStore },
  text: string,
): Promise<ActiveToken | undefined> {
  const token = await readJwt(text)
  const standing = token && (await revokedTokens.standing(token.clientId, token.jti))
  if (!standing || standing.isRevoked || (timeOfUuid(token.jti) ?? 0) <= standing.validAfter) return undefined
  return token
}
