import type { Live } from '../../lib/live.ts'
import { isOfflineScope } from '../../protocol/scope.ts'
import type { Client } from '../clients/client.ts'
import { grantTypesOf } from '../clients/client.ts'
import { allowedAudience, type EntitlementSettings, ignoresResource, lifespanOf } from '../clients/entitlements.ts'
import type { Grant } from '../tokens/grant.ts'
import type { AccessTokenStrategy } from '../tokens/issue-access-token.ts'
import type { GrantOrder } from '../tokens/prepare-tokens.ts'
import type { AskHooks } from './hook-call.ts'
import { refused, type TokenRequest } from './token-endpoint.ts'

/** Lifespans in milliseconds, where the client has none of its own. */
export interface PersonGrantSettings extends EntitlementSettings {
  readonly accessLifespan: number
  readonly idLifespan: number
  readonly refreshLifespan: number
  readonly strategy: AccessTokenStrategy
  /** Milliseconds for which a used refresh token is taken again; 0 is not at all. */
  readonly graceMilliseconds: number
  /** How often within that time. */
  readonly graceReuses: number
}

export type PersonGrantLive = Live<PersonGrantSettings>

const lifespanNames = {
  authorization_code: {
    access: 'authorizationCodeGrantAccessTokenLifespan',
    id: 'authorizationCodeGrantIdTokenLifespan',
    refresh: 'authorizationCodeGrantRefreshTokenLifespan',
  },
  refresh_token: {
    access: 'refreshTokenGrantAccessTokenLifespan',
    id: 'refreshTokenGrantIdTokenLifespan',
    refresh: 'refreshTokenGrantRefreshTokenLifespan',
  },
} as const

export type PersonGrantType = keyof typeof lifespanNames

/** The tokens that a grant of a person's brings its client: an ID token with `openid`, a refresh token with `offline_access` or `offline`. */
export function orderFor(
  grantType: PersonGrantType,
  client: Client,
  grant: Grant,
  audience: readonly string[],
  settings: PersonGrantSettings,
): GrantOrder {
  const names = lifespanNames[grantType]
  const isOffline = grant.scope.some(isOfflineScope)
  const refreshes = isOffline && grantTypesOf(client).includes('refresh_token')
  return {
    client,
    grant,
    audience,
    strategy: client.settings.accessTokenStrategy ?? settings.strategy,
    accessLifespan: lifespanOf(client, names.access, settings.accessLifespan),
    refreshLifespan: refreshes ? lifespanOf(client, names.refresh, settings.refreshLifespan) : undefined,
    idLifespan: grant.scope.includes('openid') ? lifespanOf(client, names.id, settings.idLifespan) : undefined,
  }
}

/**
 * RFC 8707 §2.2: a token request may ask for a part of what was granted; without it, the token is for all of that.
 *
 * @throws Refusal `resource-not-allowed`
 */
export function narrowedAudience(
  client: Client,
  grant: Grant,
  { resource }: TokenRequest,
  settings: EntitlementSettings,
): readonly string[] {
  if (resource.length === 0) return grant.audience
  if (ignoresResource(client, settings)) return allowedAudience(client, { audience: grant.audience, resource }, settings)
  const foreign = resource.find((one) => !grant.audience.includes(one))
  if (foreign !== undefined) throw refused({ kind: 'resource-not-allowed', resource: foreign, clientId: client.clientId })
  return [...new Set(resource)]
}

/**
 * The grant with what the operator's hooks make of its claims. They may run for a request that then loses a race.
 *
 * @throws Refusal of a `HookRefusal`
 */
export async function hookedGrant(
  askHooks: AskHooks,
  grantType: PersonGrantType,
  client: Client,
  grant: Grant,
  request: TokenRequest,
): Promise<Grant> {
  const session = await askHooks({
    grantType,
    clientId: client.clientId,
    subject: grant.subject,
    requestedScope: (grant.consent.request.requested_scope as string[] | undefined) ?? grant.scope,
    grantedScope: grant.scope,
    grantedAudience: grant.audience,
    grantTypes: [grantType],
    session: grant.claims,
    payload: request.payload,
  })
  return session === grant.claims ? grant : { ...grant, claims: session }
}
