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

/** What a text is, as far as it can be said without an act: a grant to end, or the one token. */
interface Target {
  readonly clientId: string
  readonly grantId?: string
  /** The client's own token, which no grant stands behind. */
  readonly end?: (tx: RevokeStores) => Promise<unknown>
}

/**
 * A client gives back a token of its own (RFC 7009 §2.1). One that a person granted ends with all others of that grant, refresh and
 * access tokens alike. Nothing happens with a token that is unknown, dead or another client's, and nobody is told: the caller wanted
 * it to be invalid for him, and it is (§2.2).
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
