import { milliseconds, parseDuration } from '../../lib/duration.ts'
import { Refusal } from '../../lib/refusal.ts'
import { type AskedAudience, isResourceIndicator, matchAudienceByPath, matchAudienceExactly } from '../../protocol/audience.ts'
import type { Lifespans } from '../../protocol/client-settings.ts'
import { matchScopeExactly, type ScopeMatch, splitScope } from '../../protocol/scope.ts'
import type { Client } from './client.ts'
import { standingOf } from './standing.ts'

export interface EntitlementSettings {
  /** How scopes are matched where the client's standing does not require an exact match. */
  readonly matchScope: ScopeMatch
  /** Whether the operator configured audiences for dynamic clients. If not, their `resource` is accepted without effect. */
  readonly audiencesAreManaged: boolean
}

export type EntitlementRefusal =
  | { readonly kind: 'scope-not-allowed'; readonly scope: string; readonly clientId: string }
  | { readonly kind: 'audience-not-allowed'; readonly audience: string; readonly clientId: string }
  | { readonly kind: 'resource-not-allowed'; readonly resource: string; readonly clientId: string }

const refused = (reason: EntitlementRefusal) => new Refusal<EntitlementRefusal>(reason)

export const scopesOf = ({ metadata }: Client): readonly string[] => splitScope(metadata.scope ?? '')

/** Whether the client may have a scope. A scope with a control character is refused (RFC 6749 §3.3), even where a pattern covers it. */
export function mayHaveScope(client: Client, scope: string, { matchScope }: EntitlementSettings): boolean {
  if (/\p{Cc}/u.test(scope)) return false
  const match = standingOf(client).scopeMatch === 'exact' ? matchScopeExactly : matchScope
  return match(scopesOf(client), scope)
}

/** @throws Refusal `scope-not-allowed` for the first scope that the client may not have */
export function checkScope(client: Client, scopes: readonly string[], settings: EntitlementSettings): void {
  const excess = scopes.find((scope) => !mayHaveScope(client, scope, settings))
  if (excess !== undefined) throw refused({ kind: 'scope-not-allowed', scope: excess, clientId: client.clientId })
}

/** Whether a client's `resource` is accepted without effect: MCP clients always send it (RFC 8707 §2). */
export const ignoresResource = (client: Client, { audiencesAreManaged }: EntitlementSettings): boolean =>
  standingOf(client).unmanagedResource === 'ignored' && !audiencesAreManaged

/** The refusal of the first audience or resource that the client's registered audiences do not cover. */
export function audienceFault(
  client: Client,
  asked: AskedAudience,
  settings: EntitlementSettings,
): Extract<EntitlementRefusal, { kind: 'audience-not-allowed' | 'resource-not-allowed' }> | undefined {
  const { clientId } = client
  const registered = client.metadata.audience ?? []
  const match = standingOf(client).audienceMatch === 'exact' ? matchAudienceExactly : matchAudienceByPath
  const ignored = ignoresResource(client, settings)
  for (const audience of asked.audience) {
    if (!match(registered, audience)) return { kind: 'audience-not-allowed', audience, clientId }
  }
  for (const resource of asked.resource) {
    const isAllowed = isResourceIndicator(resource) && (ignored || match(registered, resource))
    if (!isAllowed) return { kind: 'resource-not-allowed', resource, clientId }
  }
  return undefined
}

/** The audience of a token for such a request, spelled as requested, where `audienceFault` finds nothing. */
export const audienceOf = (client: Client, { audience, resource }: AskedAudience, settings: EntitlementSettings): readonly string[] => [
  ...new Set([...audience, ...(ignoresResource(client, settings) ? [] : resource)]),
]

/** @throws Refusal `audience-not-allowed` or `resource-not-allowed` */
export function allowedAudience(client: Client, asked: AskedAudience, settings: EntitlementSettings): readonly string[] {
  const fault = audienceFault(client, asked, settings)
  if (fault) throw refused(fault)
  return audienceOf(client, asked, settings)
}

/** The client's own lifespan of that name, or the default. Milliseconds. */
export function lifespanOf({ settings: { lifespans } }: Client, name: keyof Lifespans, lifespan: number): number {
  const own = lifespans?.[name]
  const nanoseconds = own === undefined ? undefined : parseDuration(own)
  return nanoseconds === undefined ? lifespan : milliseconds(nanoseconds)
}
