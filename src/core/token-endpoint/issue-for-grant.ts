import type { Live } from '../../lib/live.ts'
import { isOfflineScope } from '../../protocol/scope.ts'
import type { Client } from '../clients/client.ts'
import { grantTypesOf } from '../clients/client.ts'
import { allowedAudience, type EntitlementSettings, ignoresResource, lifespanOf } from '../clients/entitlements.ts'
import type { Grant, SessionClaims } from '../grants/grant.ts'
import type { AccessTokenStrategy } from '../tokens/issue-access-token.ts'
import type { GrantOrder, PreparedTokens } from '../tokens/prepare-tokens.ts'
import type { AskHooks } from './hook-call.ts'
import { refused, type TokenRequest } from './token-endpoint.ts'

/** Lifespans in milliseconds, where the client has none of its own. */
export interface PersonGrantSettings extends EntitlementSettings {
  readonly accessLifespan: number
  readonly idLifespan: number
  readonly refreshLifespan: number
  readonly strategy: AccessTokenStrategy
  /** How many live opaque access tokens a grant has at most. */
  readonly mostTokensOfGrant: number
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

interface TokensForGrant extends PreparedTokens {
  /** What the operator's hooks made of the grant's claims; undefined where they left them. */
  readonly newClaims: SessionClaims | undefined
}

/**
 * Asks the hooks and signs: everything that may fail comes before the transaction that spends the code or the refresh token. The hooks
 * may be asked for a request that then loses a race.
 *
 * @throws Refusal `resource-not-allowed` or of a `HookRefusal`, Unavailable
 */
export async function tokensFor(
  deps: { askHooks: AskHooks; prepare: (order: GrantOrder) => Promise<PreparedTokens> },
  grantType: PersonGrantType,
  asked: { client: Client; grant: Grant; request: TokenRequest; settings: PersonGrantSettings; began: number },
): Promise<TokensForGrant> {
  const { client, grant, request, settings, began } = asked
  const audience = narrowedAudience(client, grant, request, settings)
  const claims = await hookedClaims(deps.askHooks, grantType, client, grant, request)
  const order = orderFor(grantType, client, { ...grant, claims }, audience, settings)
  const tokens = await deps.prepare({ ...order, began })
  return { ...tokens, newClaims: claims === grant.claims ? undefined : claims }
}

/** The tokens that a grant of a person's brings its client: an ID token with `openid`, a refresh token with `offline_access` or `offline`. */
function orderFor(
  grantType: PersonGrantType,
  client: Client,
  grant: Grant,
  audience: readonly string[],
  settings: PersonGrantSettings,
): Omit<GrantOrder, 'began'> {
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
    // The first token of a grant needs no room.
    most: grantType === 'refresh_token' ? settings.mostTokensOfGrant : undefined,
  }
}

/**
 * RFC 8707 §2.2: a token request may ask for a part of what was granted; without it, the token is for all of that.
 *
 * @throws Refusal `resource-not-allowed`
 */
function narrowedAudience(client: Client, grant: Grant, { resource }: TokenRequest, settings: EntitlementSettings): readonly string[] {
  if (resource.length === 0) return grant.audience
  if (ignoresResource(client, settings)) return allowedAudience(client, { audience: grant.audience, resource }, settings)
  const foreign = resource.find((one) => !grant.audience.includes(one))
  if (foreign !== undefined) throw refused({ kind: 'resource-not-allowed', resource: foreign, clientId: client.clientId })
  return [...new Set(resource)]
}

/** What the operator's hooks make of the claims of a grant; the same object where they leave them. */
function hookedClaims(
  askHooks: AskHooks,
  grantType: PersonGrantType,
  client: Client,
  grant: Grant,
  request: TokenRequest,
): Promise<SessionClaims> {
  return askHooks({
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
}
