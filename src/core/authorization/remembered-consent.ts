import type { Clock } from '../../lib/clock.ts'
import { isLoopbackRedirect, schemeOf } from '../../protocol/redirect-uri.ts'
import { authMethodOf, type Client } from '../clients/client.ts'
import { standingOf } from '../clients/standing.ts'
import { termsOf } from '../clients/terms.ts'
import type { Grant, GrantStore } from '../grants/grant.ts'
import type { AuthorizationFlow, LoginDecision } from './authorization-flow.ts'

/** A remembered consent of the person for the client's current terms that covers all requested scopes and audiences. */
export async function findRemembered(
  { request }: AuthorizationFlow,
  { subject }: LoginDecision,
  client: Client,
  deps: { readonly grants: GrantStore; readonly clock: Clock },
): Promise<Grant | undefined> {
  if (request.prompt.includes('consent') || !mayBeRemembered(client, request.redirectUri)) return undefined
  const terms = termsOf(client)
  const grants = await deps.grants.remembered(subject, client.clientId, deps.clock())
  return grants.find(
    (grant) =>
      grant.terms === terms &&
      request.scope.every((scope) => grant.scope.includes(scope)) &&
      request.audience.every((audience) => grant.audience.includes(audience)),
  )
}

/**
 * RFC 8252 §8.6: any app can impersonate a public client with a private-use scheme or a loopback redirect. Hydra remembers consent for
 * loopback; here the client's standing decides.
 */
const mayBeRemembered = (client: Client, redirectUri: string): boolean =>
  authMethodOf(client) !== 'none' ||
  schemeOf(redirectUri) === 'https' ||
  (standingOf(client).consentOnDevice === 'remembered' && isLoopbackRedirect(redirectUri))
