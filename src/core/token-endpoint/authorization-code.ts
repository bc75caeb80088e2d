import type { Clock } from '../../lib/clock.ts'
import { sameText, sha256 } from '../../lib/hash.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { isCodeVerifier, s256 } from '../../protocol/pkce.ts'
import type { AuthorizationCode, AuthorizationCodeStore } from '../authorization/authorization-code.ts'
import type { Client } from '../clients/client.ts'
import { type AssertionStore, spendAssertion } from '../clients/spend-assertion.ts'
import type { Grant, GrantStore } from '../grants/grant.ts'
import type { AccessTokenStore } from '../tokens/access-token.ts'
import type { GrantTokenParameters, PreparedTokens } from '../tokens/prepare-tokens.ts'
import type { RefreshTokenStore } from '../tokens/refresh-token.ts'
import type { AskHooks } from './hook-call.ts'
import { type PersonGrantLive, tokensFor } from './issue-for-grant.ts'
import { refused, type TokenGrant, type TokenRequest } from './token-endpoint.ts'

export const authorizationCodeGrantType = 'authorization_code'

interface CodeStores {
  readonly codes: AuthorizationCodeStore
  readonly grants: GrantStore
  readonly accessTokens: AccessTokenStore
  readonly refreshTokens: RefreshTokenStore
  readonly assertions: AssertionStore
}

/**
 * RFC 6749 §4.1.3: exchanges a code for tokens, once. A code with the wrong client, redirect URI or verifier is refused and not spent. A
 * second valid use means that the code was stolen, so the tokens of the first use are revoked (§4.1.2, RFC 9700 §4.5).
 */
export function authorizationCodeGrant(deps: {
  codes: AuthorizationCodeStore
  grants: GrantStore
  transaction: Transaction<CodeStores>
  prepare: (parameters: GrantTokenParameters) => Promise<PreparedTokens>
  askHooks: AskHooks
  settings: PersonGrantLive
  clock: Clock
  telemetry: Telemetry
}): TokenGrant {
  const findCode = async (text: string | undefined): Promise<{ code: AuthorizationCode; grant: Grant }> => {
    const code = text === undefined ? undefined : await deps.codes.find(sha256(text))
    const grant = code && (await deps.grants.find(code.grantId))
    if (!grant) throw refused({ kind: 'code-refused', why: 'unknown' })
    return { code, grant }
  }
  return async ({ client, assertion, began }, request) => {
    const settings = deps.settings()
    const now = deps.clock()
    const { code, grant } = await findCode(request.code)
    checkBinding(code, grant, client, request)
    if (code.spentAt === undefined && code.expiresAt <= now) throw refused({ kind: 'code-refused', why: 'expired' })
    // For a code that was used before, nothing is signed and no hook is called.
    const isReplay = code.spentAt !== undefined
    const tokens = isReplay ? undefined : await tokensFor(deps, authorizationCodeGrantType, { client, grant, request, settings, began })
    const outcome = await deps.transaction(async (tx) => {
      await spendAssertion(tx, assertion)
      if (!tokens || !(await tx.codes.spend(code.hash, now))) {
        await tx.grants.endTokens(grant.id, now)
        return 'replayed'
      }
      // `keep` locks the grant: a concurrent replay waits, and then revokes the tokens stored below.
      if (!(await tx.grants.keep(grant.id, tokens.lastExpiry))) return 'ended'
      if (tokens.newClaims) await tx.grants.setClaims(grant.id, tokens.newClaims)
      if (!(await tokens.store(tx))) return 'ended'
      tx.afterCommit(() => deps.telemetry.count('token_issued', { grant_type: authorizationCodeGrantType }))
      return tokens.issued
    })
    if (typeof outcome === 'string') throw refused({ kind: 'code-refused', why: outcome })
    return outcome
  }
}

/** Checks what the code was bound to when it was issued (RFC 6749 §4.1.3, RFC 7636 §4.6). */
function checkBinding(code: AuthorizationCode, grant: Grant, client: Client, request: TokenRequest): void {
  if (grant.clientId !== client.clientId) throw refused({ kind: 'code-refused', why: 'other-client' })
  // OAuth 2.1 §4.1.3, §10.2: with PKCE the redirect URI may be omitted, but a wrong one is refused.
  const mayBeLeftOut = code.redirectUri === undefined || code.codeChallenge !== undefined
  const isRight = request.redirectUri === undefined ? mayBeLeftOut : [undefined, request.redirectUri].includes(code.redirectUri)
  if (!isRight) throw refused({ kind: 'code-refused', why: 'other-redirect-uri' })
  checkVerifier(code.codeChallenge, request.codeVerifier)
}

function checkVerifier(challenge: string | undefined, verifier: string | undefined): void {
  if (challenge === undefined) {
    // RFC 9700 §4.8.2: a verifier for a code without a challenge means that the code comes from another request.
    if (verifier !== undefined) throw refused({ kind: 'code-refused', why: 'verifier-unexpected' })
    return
  }
  if ((verifier ?? '').length < 43) throw refused({ kind: 'code-refused', why: 'verifier-short' })
  if (!isCodeVerifier(verifier ?? '') || !sameText(s256(verifier ?? ''), challenge))
    throw refused({ kind: 'code-refused', why: 'verifier-wrong' })
}
