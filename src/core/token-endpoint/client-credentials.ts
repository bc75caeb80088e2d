import type { Live } from '../../lib/live.ts'
import { splitScope } from '../../protocol/scope.ts'
import { authMethodOf, type Client } from '../clients/client.ts'
import { allowedAudience, checkScope, type EntitlementSettings, lifespanOf, scopesOf } from '../clients/entitlements.ts'
import { standingOf } from '../clients/standing.ts'
import type { AccessTokenParameters, AccessTokenStrategy, IssuedTokens } from '../tokens/issue-access-token.ts'
import type { AskHooks } from './hook-call.ts'
import { refused, type TokenGrant } from './token-endpoint.ts'

export const clientCredentialsGrantType = 'client_credentials'

export interface ClientCredentialsSettings extends EntitlementSettings {
  /** Milliseconds, for clients without a lifespan of their own. */
  readonly lifespan: number
  /** For clients without a strategy of their own. */
  readonly strategy: AccessTokenStrategy
  /** Whether a request without a scope gets all scopes of the client. */
  readonly grantAllScopes: boolean
  /** How many live opaque tokens a client has at most whose standing limits them. */
  readonly mostTokens: number
}

/** RFC 6749 §4.4: a token for the client itself, without a person. */
export function clientCredentialsGrant(deps: {
  issue: (parameters: AccessTokenParameters) => Promise<IssuedTokens>
  askHooks: AskHooks
  settings: Live<ClientCredentialsSettings>
}): TokenGrant {
  return async ({ client, assertion, began }, request) => {
    const settings = deps.settings()
    refusePublicClient(client)
    const asked = splitScope(request.scope ?? '')
    checkScope(client, asked, settings)
    const { clientId } = client
    const scope = asked.length === 0 && settings.grantAllScopes ? scopesOf(client) : asked
    const audience = allowedAudience(client, request, settings)
    const { accessToken: ext } = await deps.askHooks({
      ...{ grantType: clientCredentialsGrantType, grantTypes: [clientCredentialsGrantType], clientId, subject: clientId },
      ...{ requestedScope: asked, grantedScope: scope, grantedAudience: audience, session: noClaims, payload: request.payload },
    })
    return deps.issue({
      clientId,
      subject: clientId,
      scope,
      audience,
      ...(Object.keys(ext).length > 0 && { ext }),
      lifespan: lifespanOf(client, 'clientCredentialsGrantAccessTokenLifespan', settings.lifespan),
      strategy: client.settings.accessTokenStrategy ?? settings.strategy,
      tokensValidAfter: client.tokensValidAfter,
      began,
      generation: client.generation,
      most: standingOf(client).machineTokens === 'limited' ? settings.mostTokens : undefined,
      grantType: clientCredentialsGrantType,
      assertion,
    })
  }
}

const noClaims = { accessToken: {}, idToken: {} }

/** RFC 6749 §4.4: confidential clients only, because client authentication is the only check. */
function refusePublicClient(client: Client): void {
  if (authMethodOf(client) !== 'none') return
  throw refused({ kind: 'grant-needs-secret', grantType: clientCredentialsGrantType, clientId: client.clientId })
}
