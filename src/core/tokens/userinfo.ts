import { inSeconds } from '../../lib/clock.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { GrantStore } from '../grants/grant.ts'
import { type Claims, claimsOf } from './id-token.ts'
import type { ActiveToken } from './introspect-token.ts'
import { refreshTokenPrefix } from './refresh-token.ts'

export type UserinfoRefusal =
  | { readonly kind: 'access-token-refused' }
  | { readonly kind: 'access-token-is-refresh-token' }
  | { readonly kind: 'openid-scope-missing' }

const refused = (reason: UserinfoRefusal) => new Refusal<UserinfoRefusal>(reason)

/** The claims about the person, and the client, whose metadata decides whether they are signed. */
export interface Userinfo {
  readonly claims: Claims
  readonly client: Client
}

/**
 * OpenID Connect Core §5.3: the claims about the person, as in the ID token of the same grant.
 *
 * @throws Refusal of a `UserinfoRefusal`
 */
export function userinfo(deps: {
  introspect: (token: string, scopes: readonly string[]) => Promise<ActiveToken | undefined>
  grants: GrantStore
  clients: ClientStore
  issuer: string
}) {
  return async (accessToken: string | undefined): Promise<Userinfo> => {
    if (accessToken?.startsWith(refreshTokenPrefix)) throw refused({ kind: 'access-token-is-refresh-token' })
    const token = accessToken === undefined ? undefined : await deps.introspect(accessToken, [])
    if (!token) throw refused({ kind: 'access-token-refused' })
    if (!token.scope.includes('openid')) throw refused({ kind: 'openid-scope-missing' })
    const [grant, client] = await Promise.all([
      token.grantId === undefined ? undefined : deps.grants.find(token.grantId),
      deps.clients.find(token.clientId),
    ])
    if (!grant || !client) throw refused({ kind: 'access-token-refused' })
    return { claims: { ...claimsOf(grant, deps.issuer), iat: inSeconds(token.issuedAt) }, client }
  }
}
