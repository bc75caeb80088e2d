import type { Live } from '../../lib/live.ts'
import { isOfflineScope } from '../../protocol/scope.ts'
import type { Client } from '../clients/client.ts'
import { grantTypesOf } from '../clients/client.ts'
import { allowedAudience, type EntitlementSettings, ignoresResource, lifespanOf } from '../clients/entitlements.ts'
import type { Grant, SessionClaims } from '../grants/grant.ts'
import type { AccessTokenStrategy } from '../tokens/issue-access-token.ts'
import type { GrantTokenParameters, PreparedTokens } from '../tokens/prepare-tokens.ts'
import type { AskHooks } from './hook-call.ts'
import { refused, type TokenRequest } from './token-endpoint.ts'

/** Lifespans in milliseconds, for clients without their own. */
export interface PersonGrantSettings extends EntitlementSettings {
  readonly accessLifespan: number
  readonly idLifespan: number
  readonly refreshLifespan: number
  readonly strategy: AccessTokenStrategy
  /** How many live opaque access tokens a grant has at most. */
  readonly mostTokensOfGrant: number
  /** Milliseconds for which a used refresh token is accepted again; 0: not at all. */
  readonly graceMilliseconds: number
  /** How often it is accepted within that time. */
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
  /** The grant's claims as the operator's hooks changed them; undefined if they did not. */
  readonly newClaims: SessionClaims | undefined
}

/**
 * Calls the hooks and signs. Everything that may fail happens before the transaction that spends the code or the refresh token. The hooks
 * may be called for a request that is then refused because a concurrent one was first.
 *
 * @throws Refusal `resource-not-allowed` or of a `HookRefusal`, Unavailable
 */
export async function tokensFor(
  deps: { askHooks: AskHooks; prepare: (parameters: GrantTokenParameters) => Promise<PreparedTokens> },
  grantType: PersonGrantType,
  asked: { client: Client; grant: Grant; request: TokenRequest; settings: PersonGrantSettings; began: number },
): Promise<TokensForGrant> {
  const { client, grant, request, settings, began } = asked
  const audience = narrowedAudience(client, grant, request, settings)
  const claims = await hookedClaims(deps.askHooks, grantType, client, grant, request)
  const parameters = parametersFor(grantType, client, { ...grant, claims }, audience, settings)
  const tokens = await deps.prepare({ ...parameters, began })
  return { ...tokens, newClaims: claims === grant.claims ? undefined : claims }
}

/** The tokens of a person's grant: an ID token for `openid`, a refresh token for `offline_access` or `offline`. */
function parametersFor(
  grantType: PersonGrantType,
  client: Client,
  grant: Grant,
  audience: readonly string[],
  settings: PersonGrantSettings,
): Omit<GrantTokenParameters, 'began'> {
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
    // The first token of a grant evicts none.
    most: grantType === 'refresh_token' ? settings.mostTokensOfGrant : undefined,
  }
}

/**
 * RFC 8707 §2.2: a token request may name a part of the granted audience; without `resource` the token is for all of it.
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

/** The claims of a grant as the operator's hooks change them; the same object if they do not. */
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
