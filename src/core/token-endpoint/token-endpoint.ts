import type { Clock } from '../../lib/clock.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Authenticated, ClientCredentials } from '../clients/authenticate-client.ts'
import { grantTypesOf } from '../clients/client.ts'
import type { EntitlementRefusal } from '../clients/entitlements.ts'
import type { AssertionId } from '../clients/spend-assertion.ts'
import type { IssuedTokens } from '../tokens/issue-access-token.ts'

/** A token request, parsed and not yet checked. `audience` and `resource` may be repeated, every other parameter is there once. */
export interface TokenRequest {
  readonly grantType: string | undefined
  readonly credentials: ClientCredentials
  readonly scope: string | undefined
  readonly audience: readonly string[]
  readonly resource: readonly string[]
  readonly code: string | undefined
  readonly redirectUri: string | undefined
  readonly codeVerifier: string | undefined
  readonly refreshToken: string | undefined
  /** The form as it is sent to the operator's hook: without secrets, code, refresh token and assertions. */
  readonly payload: () => Readonly<Record<string, readonly string[]>>
}

export type TokenRefusal =
  | { readonly kind: 'grant-type-missing' }
  | { readonly kind: 'grant-type-unsupported'; readonly grantType: string }
  | { readonly kind: 'grant-type-not-registered'; readonly grantType: string; readonly clientId: string }
  | { readonly kind: 'grant-needs-secret'; readonly grantType: string; readonly clientId: string }
  | EntitlementRefusal
  | { readonly kind: 'code-refused'; readonly why: CodeFault }
  | { readonly kind: 'refresh-token-refused'; readonly why: 'unknown' | 'other-client' | 'used' }

export type CodeFault =
  | 'unknown'
  | 'expired'
  | 'other-client'
  | 'other-redirect-uri'
  | 'verifier-short'
  | 'verifier-wrong'
  | 'verifier-unexpected'
  | 'replayed'
  | 'ended'

/**
 * What a grant type adds to the phases that all grant types share. The client is authenticated and may use the grant type. The
 * implementation spends the assertion in the transaction that issues; if it refuses the request, `tokenEndpoint` spends it.
 */
export type TokenGrant = (caller: Caller, request: TokenRequest) => Promise<IssuedTokens>

export interface Caller extends Authenticated {
  /**
   * Milliseconds since 1970 UTC, before the client was read. If the client's tokens are revoked after this time, those of this request are
   * revoked, too, however long a hook takes.
   */
  readonly began: number
}

/**
 * The phases of every token request (RFC 6749 §3.2): authenticate the client, find the grant type, check that the client may use it; then
 * the grant type itself. A new grant type is one entry in `grants` and gets all phases.
 *
 * @throws Refusal of a `TokenRefusal`, or of whatever `authenticate` refuses
 */
export function tokenEndpoint(deps: {
  authenticate: (credentials: ClientCredentials) => Promise<Authenticated>
  spendingOnRefusal: <T>(assertion: AssertionId | undefined, act: () => Promise<T>) => Promise<T>
  grants: ReadonlyMap<string, TokenGrant>
  clock: Clock
}) {
  return async (request: TokenRequest): Promise<IssuedTokens> => {
    const { grantType } = request
    if (grantType === undefined) throw refused({ kind: 'grant-type-missing' })
    const began = deps.clock()
    const authenticated = await deps.authenticate(request.credentials)
    return deps.spendingOnRefusal(authenticated.assertion, async () => {
      const { client } = authenticated
      const grant = deps.grants.get(grantType)
      if (!grant) throw refused({ kind: 'grant-type-unsupported', grantType })
      if (!grantTypesOf(client).includes(grantType))
        throw refused({ kind: 'grant-type-not-registered', grantType, clientId: client.clientId })
      return grant({ ...authenticated, began }, request)
    })
  }
}

export const refused = (reason: TokenRefusal) => new Refusal<TokenRefusal>(reason)
