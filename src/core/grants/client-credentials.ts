import { milliseconds, parseDuration } from '../../lib/duration.ts'
import type { Live } from '../../lib/live.ts'
import { isResourceIndicator, matchAudienceByPath, matchAudienceExactly } from '../../protocol/audience.ts'
import { matchScopeExactly, type ScopeMatch, splitScope } from '../../protocol/scope.ts'
import { authMethodOf, type Client } from '../clients/client.ts'
import type { AccessTokenStrategy, IssuedToken, TokenOrder } from '../tokens/issue-access-token.ts'
import { type Grant, refused, type TokenRequest } from './token-endpoint.ts'

export const clientCredentialsGrantType = 'client_credentials'

export interface ClientCredentialsSettings {
  /** Milliseconds, where the client has no lifespan of its own. */
  readonly lifespan: number
  /** Kind of token, where the client has no strategy of its own. */
  readonly strategy: AccessTokenStrategy
  /** How an operator's client's scopes are matched; a dynamic client's are matched exactly. */
  readonly matchScope: ScopeMatch
  /** Whether a client that asks for no scope gets all of its own. */
  readonly grantAllScopes: boolean
  /** Whether the operator hands out audiences to dynamic clients; where not, their `resource` is accepted and has no effect. */
  readonly audiencesAreManaged: boolean
}

/** RFC 6749 §4.4: the client itself asks for a token, with no person in sight. */
export function clientCredentialsGrant(deps: {
  issue: (order: TokenOrder) => Promise<IssuedToken>
  settings: Live<ClientCredentialsSettings>
}): Grant {
  return async ({ client, assertion }, request) => {
    const settings = deps.settings()
    refusePublicClient(client)
    const scope = grantedScope(client, request, settings)
    const audience = grantedAudience(client, request, settings)
    const { clientId } = client
    return deps.issue({
      clientId,
      subject: clientId,
      scope,
      audience,
      lifespan: lifespanOf(client, settings),
      strategy: client.settings.accessTokenStrategy ?? settings.strategy,
      tokensValidAfter: client.tokensValidAfter,
      grantType: clientCredentialsGrantType,
      assertion,
    })
  }
}

/** RFC 6749 §4.4: confidential clients only, as the secret is all that is asked for. */
function refusePublicClient(client: Client): void {
  if (authMethodOf(client) !== 'none') return
  throw refused({ kind: 'grant-needs-secret', grantType: clientCredentialsGrantType, clientId: client.clientId })
}

function grantedScope(client: Client, request: TokenRequest, settings: ClientCredentialsSettings): readonly string[] {
  const held = splitScope(client.metadata.scope ?? '')
  const asked = splitScope(request.scope ?? '')
  if (asked.length === 0) return settings.grantAllScopes ? held : []
  const match = client.origin === 'dynamic' ? matchScopeExactly : settings.matchScope
  const excess = asked.find((scope) => !match(held, scope))
  if (excess !== undefined) throw refused({ kind: 'scope-not-allowed', scope: excess, clientId: client.clientId })
  return asked
}

/** RFC 8707 §2 `resource` and Hydra's `audience`, each within what the client has registered; the token carries them byte for byte. */
function grantedAudience(client: Client, request: TokenRequest, settings: ClientCredentialsSettings): readonly string[] {
  const { clientId, origin } = client
  const held = client.metadata.audience ?? []
  const match = origin === 'dynamic' ? matchAudienceExactly : matchAudienceByPath
  const ignoresResource = origin === 'dynamic' && !settings.audiencesAreManaged
  for (const audience of request.audience) {
    if (!match(held, audience)) throw refused({ kind: 'audience-not-allowed', audience, clientId })
  }
  for (const resource of request.resource) {
    const isAllowed = isResourceIndicator(resource) && (ignoresResource || match(held, resource))
    if (!isAllowed) throw refused({ kind: 'resource-not-allowed', resource, clientId })
  }
  return [...new Set([...request.audience, ...(ignoresResource ? [] : request.resource)])]
}

function lifespanOf({ settings: { lifespans } }: Client, { lifespan }: ClientCredentialsSettings): number {
  const own = lifespans?.clientCredentialsGrantAccessTokenLifespan
  const nanoseconds = own === undefined ? undefined : parseDuration(own)
  return nanoseconds === undefined ? lifespan : milliseconds(nanoseconds)
}
