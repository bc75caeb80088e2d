import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { isOfflineScope, splitScope } from '../../protocol/scope.ts'
import type { Client } from '../clients/client.ts'
import { allowedAudience, checkScope, type EntitlementSettings } from '../clients/entitlements.ts'
import { type AssertionStore, spendAssertion } from '../clients/spend-assertion.ts'
import type { Grant, GrantStore } from '../grants/grant.ts'
import type { AccessTokenStore } from '../tokens/access-token.ts'
import type { GrantTokenParameters, PreparedTokens } from '../tokens/prepare-tokens.ts'
import type { RefreshToken, RefreshTokenStore } from '../tokens/refresh-token.ts'
import type { RevokedTokenStore } from '../tokens/revoked-token.ts'
import type { AskHooks } from './hook-call.ts'
import { type PersonGrantLive, type PersonGrantSettings, tokensFor } from './issue-for-grant.ts'
import { refused, type TokenGrant } from './token-endpoint.ts'

export const refreshTokenGrantType = 'refresh_token'

interface RefreshStores {
  readonly grants: GrantStore
  readonly accessTokens: AccessTokenStore
  readonly refreshTokens: RefreshTokenStore
  readonly revokedTokens: RevokedTokenStore
  readonly assertions: AssertionStore
}

/**
 * RFC 6749 §6, RFC 9700 §4.14.2: each use issues a new refresh token and revokes the old one with its access token. A second use revokes
 * the whole family, except within the grace period, in which a client may retry if the response was lost.
 */
export function refreshTokenGrant(deps: {
  grants: GrantStore
  refreshTokens: RefreshTokenStore
  transaction: Transaction<RefreshStores>
  prepare: (parameters: GrantTokenParameters) => Promise<PreparedTokens>
  askHooks: AskHooks
  settings: PersonGrantLive
  clock: Clock
  telemetry: Telemetry
}): TokenGrant {
  const find = async (text: string | undefined, now: number): Promise<{ token: RefreshToken; grant: Grant }> => {
    const token = text === undefined ? undefined : await deps.refreshTokens.find(sha256(text))
    const grant = token && (await deps.grants.find(token.grantId))
    if (!grant || grant.tokensEndedAt !== undefined || token.expiresAt <= now)
      throw refused({ kind: 'refresh-token-refused', why: 'unknown' })
    return { token, grant }
  }
  return async ({ client, assertion, began }, request) => {
    const settings = deps.settings()
    const now = deps.clock()
    const { token, grant } = await find(request.refreshToken, now)
    if (grant.clientId !== client.clientId) throw refused({ kind: 'refresh-token-refused', why: 'other-client' })
    const prepare = () => {
      checkStillAllowed(client, grant, splitScope(request.scope ?? ''), settings)
      return tokensFor(deps, refreshTokenGrantType, { client, grant, request, settings, began })
    }
    // For a token that is used again after its grace period, nothing is signed and no hook is called.
    const tokens = isReplay(token, now, settings) ? undefined : await prepare()
    const outcome = await deps.transaction(async (tx) => {
      await spendAssertion(tx, assertion)
      if (!tokens || !(await spend(tx, token, now, settings))) {
        await tx.grants.endTokens(grant.id, now)
        return 'used'
      }
      // Without a grace period only the newest access token of the grant is valid.
      if (!(await tx.grants.keep(grant.id, tokens.lastExpiry, settings.graceMilliseconds === 0))) return 'unknown'
      await endAccess(tx, token, grant, settings)
      if (tokens.newClaims) await tx.grants.setClaims(grant.id, tokens.newClaims)
      if (!(await tokens.store(tx))) return 'unknown'
      tx.afterCommit(() => deps.telemetry.count('token_issued', { grant_type: refreshTokenGrantType }))
      return tokens.issued
    })
    if (typeof outcome === 'string') throw refused({ kind: 'refresh-token-refused', why: outcome })
    return outcome
  }
}

/** Whether the token was used and its grace period is over. */
const isReplay = ({ spentAt }: RefreshToken, now: number, { graceMilliseconds }: PersonGrantSettings): boolean =>
  spentAt !== undefined && spentAt <= now - graceMilliseconds

/** Stores the first use of a token, or a further one within its grace period; false if neither is allowed. */
async function spend(
  tx: RefreshStores,
  { hash }: RefreshToken,
  now: number,
  { graceMilliseconds, graceReuses }: PersonGrantSettings,
): Promise<boolean> {
  if (await tx.refreshTokens.spend(hash, now)) return true
  return graceMilliseconds > 0 && (await tx.refreshTokens.reuse(hash, now - graceMilliseconds, graceReuses))
}

/** Revokes the access token that was issued with a refresh token, unless `keep` has revoked all of the grant. */
async function endAccess(tx: RefreshStores, { accessToken }: RefreshToken, grant: Grant, settings: PersonGrantSettings): Promise<void> {
  // A `jti` is a UUID of 36 characters, a hash has 43.
  const isJwt = accessToken.id.length === 36
  if (isJwt) await tx.revokedTokens.add(accessToken.id, accessToken.expiresAt)
  else if (settings.graceMilliseconds > 0) await tx.accessTokens.remove(accessToken.id, grant.clientId)
}

/** The client must still be allowed to have what was granted, and must not request more than that (RFC 6749 §6). */
function checkStillAllowed(client: Client, grant: Grant, asked: readonly string[], settings: EntitlementSettings): void {
  const excess = asked.find((scope) => !grant.scope.includes(scope))
  if (excess !== undefined) throw refused({ kind: 'scope-not-allowed', scope: excess, clientId: client.clientId })
  checkScope(
    client,
    grant.scope.filter((scope) => !isOfflineScope(scope)),
    settings,
  )
  allowedAudience(client, { audience: grant.audience, resource: [] }, settings)
}
