import { sha256 } from '../../lib/hash.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Authenticated } from '../clients/authenticate-client.ts'
import { type AssertionStore, spendAssertion } from '../clients/spend-assertion.ts'
import type { AccessTokenStore } from './access-token.ts'
import { type JwtAccessToken, looksLikeJwt } from './jwt-access-token.ts'
import type { RevokedTokenStore } from './revoked-token.ts'

/**
 * A client gives back a token of its own (RFC 7009 §2.1). Nothing happens with a token that is unknown, dead or another client's, and
 * nobody is told: the caller wanted it to be invalid for him, and it is (§2.2).
 */
export function revokeToken(deps: {
  transaction: Transaction<{ accessTokens: AccessTokenStore; revokedTokens: RevokedTokenStore; assertions: AssertionStore }>
  readJwt: (text: string) => Promise<JwtAccessToken | undefined>
  count: (event: string) => void
}) {
  return async ({ client: { clientId }, assertion }: Authenticated, text: string): Promise<void> => {
    const jwt = looksLikeJwt(text) ? await deps.readJwt(text) : undefined
    const hash = looksLikeJwt(text) ? undefined : sha256(text)
    await deps.transaction(async (tx) => {
      await spendAssertion(tx, assertion)
      const isOwn = hash === undefined ? jwt?.clientId === clientId : await tx.accessTokens.remove(hash, clientId)
      if (!isOwn) return
      if (jwt) await tx.revokedTokens.add(jwt.jti, jwt.expiresAt)
      tx.afterCommit(() => deps.count('token_revoked'))
    })
  }
}
