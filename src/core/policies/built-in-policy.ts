import { defaultGrantTypes } from '../../protocol/metadata-defaults.ts'
import { splitScope } from '../../protocol/scope.ts'

/** What the operator allows self-registered clients: the settings under `oidc.dynamic_client_registration`. */
export interface RegistrationPolicy {
  /** The scopes of a client that requests none. */
  readonly defaultScope: readonly string[]
  /** Further scopes that a client may request. */
  readonly allowedScope: readonly string[]
  /** The audiences that a client may have; undefined: none, and `resource` parameters have no effect. */
  readonly allowedAudience: readonly string[] | undefined
}

/** What a client requests and what it has. Values in force stay allowed, so that a PUT of what a GET returned changes nothing. */
export interface RegistrationFacts {
  readonly asked: Entitlements
  /** Undefined for a new client. */
  readonly inForce: Entitlements | undefined
}

export interface Entitlements {
  readonly scope?: string | undefined
  readonly audience?: readonly string[] | undefined
  readonly grantTypes?: readonly string[] | undefined
  readonly allowedCorsOrigins?: readonly string[] | undefined
  /** The policy grants neither of these two: they limit what is granted of the others. */
  readonly redirectUris?: readonly string[] | undefined
  readonly tokenEndpointAuthMethod?: string | undefined
}

export type Verdict =
  | { readonly kind: 'allow'; readonly granted: Granted }
  | { readonly kind: 'deny'; readonly reasons: readonly DenyReason[] }

export interface Granted {
  readonly scope: readonly string[]
  readonly audience: readonly string[] | undefined
  readonly grantTypes: readonly string[]
  readonly allowedCorsOrigins: readonly string[] | undefined
}

export type DenyReason =
  | { readonly kind: 'wildcard-scope'; readonly scope: string }
  | { readonly kind: 'no-usable-grant'; readonly offered: readonly string[] }

/** The scopes of OpenID Connect and of refresh tokens, which give access to no other API. */
const identityScopes = ['openid', 'profile', 'email', 'offline', 'offline_access']
const offeredGrants = ['authorization_code', 'refresh_token', 'client_credentials']

/** All scopes that a self-registered client can have. They are also `scopes_supported`, so each of those can be registered. */
export const openScopes = (policy: RegistrationPolicy): string[] => [
  ...new Set([...identityScopes, ...policy.defaultScope, ...policy.allowedScope]),
]

/**
 * The built-in policy: values that are not allowed are dropped, and the response shows the others (RFC 7591 §3.2.1 lets a server replace
 * any requested value). A request is refused only where no usable grant type is left or a scope has a wildcard.
 */
export function decideRegistration(policy: RegistrationPolicy, facts: RegistrationFacts): Verdict {
  const { asked, inForce } = facts
  const askedScope = splitScope(asked.scope ?? '')
  const grantTypes = decideGrantTypes(facts)
  const reasons: DenyReason[] = askedScope.filter((scope) => isWild(scope, inForce)).map((scope) => ({ kind: 'wildcard-scope', scope }))
  if (!grantTypes.some((grant) => grant !== 'refresh_token')) reasons.push({ kind: 'no-usable-grant', offered: grantsFor(asked) })
  if (reasons.length > 0) return { kind: 'deny', reasons }
  return {
    kind: 'allow',
    granted: {
      scope: decideScope(policy, askedScope, inForce),
      audience: decideAudience(policy, asked, inForce),
      grantTypes,
      allowedCorsOrigins: decideCorsOrigins(facts),
    },
  }
}

const isWild = (scope: string, inForce: Entitlements | undefined): boolean =>
  scope.includes('*') && !splitScope(inForce?.scope ?? '').includes(scope)

/** Grant types that the operator gave to the client stay; the others follow from its current metadata. */
function decideGrantTypes({ asked, inForce }: RegistrationFacts): readonly string[] {
  const wanted = asked.grantTypes ?? defaultGrantTypes
  const given = inForce?.grantTypes?.filter((grant) => !grantsFor(inForce ?? {}).includes(grant)) ?? []
  const open = [...grantsFor(asked), ...given]
  return [...new Set(wanted.filter((grant) => open.includes(grant)))]
}

/** A public client cannot authenticate, so it gets no token without a person. */
function grantsFor({ tokenEndpointAuthMethod }: Entitlements): readonly string[] {
  return tokenEndpointAuthMethod === 'none' ? offeredGrants.filter((grant) => grant !== 'client_credentials') : offeredGrants
}

function decideScope(policy: RegistrationPolicy, asked: readonly string[], inForce: Entitlements | undefined): readonly string[] {
  const open = new Set([...openScopes(policy), ...splitScope(inForce?.scope ?? '')])
  const granted = asked.filter((scope) => open.has(scope))
  return granted.length > 0 ? granted : policy.defaultScope
}

function decideAudience(policy: RegistrationPolicy, asked: Entitlements, inForce: Entitlements | undefined): readonly string[] | undefined {
  const open = new Set([...(policy.allowedAudience ?? []), ...(inForce?.audience ?? [])])
  const granted = [...new Set(asked.audience ?? defaultAudience(policy, inForce))].filter((audience) => open.has(audience))
  return granted.length > 0 ? granted : undefined
}

/** All allowed audiences, for a client that names none. A client that has none and still names none keeps none. */
const defaultAudience = (policy: RegistrationPolicy, inForce: Entitlements | undefined): readonly string[] =>
  inForce && inForce.audience === undefined ? [] : (policy.allowedAudience ?? [])

/** CORS is allowed for the origins of the client's redirect URIs and for those that an administrator gave it. */
function decideCorsOrigins({ asked, inForce }: RegistrationFacts): readonly string[] | undefined {
  const given = inForce?.allowedCorsOrigins?.filter((origin) => !originsOf(inForce ?? {}).includes(origin)) ?? []
  const open = [...originsOf(asked), ...given]
  const granted = [...new Set(asked.allowedCorsOrigins ?? [])].filter((origin) => open.includes(origin))
  return granted.length > 0 ? granted : undefined
}

const originsOf = ({ redirectUris = [] }: Entitlements): readonly string[] =>
  redirectUris.filter((uri) => /^https?:/i.test(uri) && URL.canParse(uri)).map((uri) => new URL(uri).origin)
