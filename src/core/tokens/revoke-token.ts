import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Authenticated } from '../clients/authenticate-client.ts'
import { type AssertionStore, spendAssertion } from '../clients/spend-assertion.ts'
import type { GrantStore } from '../grants/grant.ts'
import type { AccessTokenStore } from './access-token.ts'
import { type JwtAccessToken, looksLikeJwt } from './jwt-access-token.ts'
import { type RefreshTokenStore, refreshTokenPrefix } from './refresh-token.ts'
import type { RevokedTokenStore } from './revoked-token.ts'

interface RevokeStores {
  readonly accessTokens: AccessTokenStore
  readonly refreshTokens: RefreshTokenStore
  readonly grants: GrantStore
  readonly revokedTokens: RevokedTokenStore
  readonly assertions: AssertionStore
}

/** What is revoked: a grant, or one token without a grant. */
interface Target {
  readonly clientId: string
  readonly grantId?: string
  /** Revokes a token without a grant. */
  readonly end?: (tx: RevokeStores) => Promise<unknown>
}

/**
 * Revokes a client's token (RFC 7009 §2.1). With a token of a grant, all refresh and access tokens of that grant are revoked. For an
 * unknown or invalid token, or one of another client, nothing happens and the result is the same: it is invalid for the caller (§2.2).
 */
export function revokeToken(
  deps: Pick<RevokeStores, 'accessTokens' | 'refreshTokens' | 'grants'> & {
    transaction: Transaction<RevokeStores>
    readJwt: (text: string) => Promise<JwtAccessToken | undefined>
    clock: Clock
    count: (event: string) => void
  },
) {
  return async ({ client: { clientId }, assertion }: Authenticated, text: string): Promise<void> => {
    const target = await find(deps, text)
    await deps.transaction(async (tx) => {
      await spendAssertion(tx, assertion)
      if (target?.clientId !== clientId) return
      await (target.grantId === undefined ? target.end?.(tx) : tx.grants.endTokens(target.grantId, deps.clock()))
      tx.afterCommit(() => deps.count('token_revoked'))
    })
  }
}

async function find(
  deps: Pick<RevokeStores, 'accessTokens' | 'refreshTokens' | 'grants'> & {
    readJwt: (text: string) => Promise<JwtAccessToken | undefined>
  },
  text: string,
): Promise<Target | undefined> {
  const hash = sha256(text)
  if (text.startsWith(refreshTokenPrefix)) {
    const token = await deps.refreshTokens.find(hash)
    const grant = token && (await deps.grants.find(token.grantId))
    return grant && { clientId: grant.clientId, grantId: grant.id }
  }
  const jwt = looksLikeJwt(text) ? await deps.readJwt(text) : undefined
  const token = jwt ?? (looksLikeJwt(text) ? undefined : await deps.accessTokens.find(hash))
  if (!token) return undefined
  if (token.grantId !== undefined) return { clientId: token.clientId, grantId: token.grantId }
  const { clientId } = token
  return { clientId, end: (tx) => (jwt ? tx.revokedTokens.add(jwt.jti, jwt.expiresAt) : tx.accessTokens.remove(hash, clientId)) }
}
