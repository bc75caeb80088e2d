import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { AccessToken, AccessTokenStore } from './access-token.ts'

/**
 * The token behind a text, if it is one of ours and in force (RFC 7662 §2.2). With scopes, all of them must have been granted, as
 * in Hydra. Undefined for everything else: the caller learns nothing about why.
 */
export function introspectToken({ accessTokens, clock }: { accessTokens: AccessTokenStore; clock: Clock }) {
  return async (text: string, scopes: readonly string[]): Promise<AccessToken | undefined> => {
    const token = await accessTokens.find(sha256(text))
    if (!token || token.expiresAt <= clock()) return undefined
    return scopes.every((scope) => token.scope.includes(scope)) ? token : undefined
  }
}
