import { Refusal } from '../../lib/refusal.ts'
import type { ClientCredentials } from '../clients/authenticate-client.ts'
import { type Client, grantTypesOf } from '../clients/client.ts'
import type { IssuedToken } from '../tokens/issue-access-token.ts'

/** A token request, read and nothing more. `audience` and `resource` may come several times, every other parameter once. */
export interface TokenRequest {
  readonly grantType: string | undefined
  readonly credentials: ClientCredentials
  readonly scope: string | undefined
  readonly audience: readonly string[]
  readonly resource: readonly string[]
}

export type TokenRefusal =
  | { readonly kind: 'grant-type-missing' }
  | { readonly kind: 'grant-type-unsupported'; readonly grantType: string }
  | { readonly kind: 'grant-type-not-registered'; readonly grantType: string; readonly clientId: string }
  | { readonly kind: 'grant-needs-secret'; readonly grantType: string; readonly clientId: string }
  | { readonly kind: 'scope-not-allowed'; readonly scope: string; readonly clientId: string }
  | { readonly kind: 'audience-not-allowed'; readonly audience: string; readonly clientId: string }
  | { readonly kind: 'resource-not-allowed'; readonly resource: string; readonly clientId: string }

/** What a grant adds to the phases that all grants share. The client is known and may use the grant by then. */
export type Grant = (client: Client, request: TokenRequest) => Promise<IssuedToken>

/**
 * The phases of every token request (RFC 6749 §3.2): who asks, for which grant, may the client use it; then the grant itself. A new
 * grant is one entry in `grants` and cannot forget any of them.
 *
 * @throws Refusal of a `TokenRefusal` or an `AuthenticationRefusal`
 */
export function tokenEndpoint(deps: {
  authenticate: (credentials: ClientCredentials) => Promise<Client>
  grants: ReadonlyMap<string, Grant>
}) {
  return async (request: TokenRequest): Promise<IssuedToken> => {
    const { grantType } = request
    if (grantType === undefined) throw refused({ kind: 'grant-type-missing' })
    const client = await deps.authenticate(request.credentials)
    const grant = deps.grants.get(grantType)
    if (!grant) throw refused({ kind: 'grant-type-unsupported', grantType })
    if (!grantTypesOf(client).includes(grantType))
      throw refused({ kind: 'grant-type-not-registered', grantType, clientId: client.clientId })
    return grant(client, request)
  }
}

export const refused = (reason: TokenRefusal) => new Refusal<TokenRefusal>(reason)
