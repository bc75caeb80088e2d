import { sha256 } from '../../lib/hash.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { AccessTokenStore } from './access-token.ts'
import { type JwtAccessToken, looksLikeJwt } from './jwt-access-token.ts'
import type { RevokedTokenStore } from './revoked-token.ts'

/**
 * A client gives back a token of its own (RFC 7009 §2.1). Nothing happens with a token that is unknown, dead or another client's, and
 * nobody is told: the caller wanted it to be invalid for him, and it is (§2.2).
 */
export function revokeToken(deps: {
  transaction: Transaction<{ accessTokens: AccessTokenStore; revokedTokens: RevokedTokenStore }>
  readJwt: (text: string) => Promise<JwtAccessToken | undefined>
  count: (event: string) => void
}) {
  return async (clientId: string, text: string): Promise<void> => {
    const jwt = looksLikeJwt(text) ? await deps.readJwt(text) : undefined
    if (looksLikeJwt(text) && jwt?.clientId !== clientId) return
    await deps.transaction(async (tx) => {
      if (jwt) await tx.revokedTokens.add(jwt.jti, jwt.expiresAt)
      else if (!(await tx.accessTokens.remove(sha256(text), clientId))) return
      tx.afterCommit(() => deps.count('token_revoked'))
    })
  }
}
