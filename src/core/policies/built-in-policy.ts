import { defaultGrantTypes } from '../../protocol/metadata-defaults.ts'
import { splitScope } from '../../protocol/scope.ts'

/** What the operator lets strangers have: the settings under `oidc.dynamic_client_registration`. */
export interface RegistrationPolicy {
  /** The scopes of a client that asks for none. */
  readonly defaultScope: readonly string[]
  /** More scopes that a client may ask for. */
  readonly allowedScope: readonly string[]
  /** The audiences that a client may have; undefined: none is handed out, and `resource` parameters have no effect. */
  readonly allowedAudience: readonly string[] | undefined
}

/** What a client asks for, and what it has already: values in force stay allowed, so that a GET put back changes nothing. */
export interface RegistrationFacts {
  readonly asked: Entitlements
  /** Undefined for a client that is new. */
  readonly inForce: Entitlements | undefined
}

export interface Entitlements {
  readonly scope?: string | undefined
  readonly audience?: readonly string[] | undefined
  readonly grantTypes?: readonly string[] | undefined
  readonly allowedCorsOrigins?: readonly string[] | undefined
  /** These two are not asked of the policy: they decide how much of the others can be had. */
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

/** The scopes that OpenID and refresh tokens need: they open no one's API. */
const identityScopes = ['openid', 'profile', 'email', 'offline', 'offline_access']
const offeredGrants = ['authorization_code', 'refresh_token', 'client_credentials']

/** Every scope that a stranger's client can have, for policies and for `scopes_supported`: what we advertise can be registered. */
export const openScopes = (policy: RegistrationPolicy): string[] => [
  ...new Set([...identityScopes, ...policy.defaultScope, ...policy.allowedScope]),
]

/**
 * The rule that holds where the operator has written none: what is not open to strangers is left out, and the answer shows what is
 * left (RFC 7591 §3.2.1 lets a server replace any requested value). A request is refused only where nothing usable is left.
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

/** What the operator gave a client beyond what a stranger can have stays; the rest follows from what the client is now. */
function decideGrantTypes({ asked, inForce }: RegistrationFacts): readonly string[] {
  const wanted = asked.grantTypes ?? defaultGrantTypes
  const given = inForce?.grantTypes?.filter((grant) => !grantsFor(inForce ?? {}).includes(grant)) ?? []
  const open = [...grantsFor(asked), ...given]
  return [...new Set(wanted.filter((grant) => open.includes(grant)))]
}

/** A public client cannot prove who it is, so it gets no token without a person. */
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

/** All there is, for a client that names none; one that has none and still names none keeps none. */
const defaultAudience = (policy: RegistrationPolicy, inForce: Entitlements | undefined): readonly string[] =>
  inForce && inForce.audience === undefined ? [] : (policy.allowedAudience ?? [])

/** A page may call us from where its redirect URIs are, and from where the operator let it; from nowhere else. */
function decideCorsOrigins({ asked, inForce }: RegistrationFacts): readonly string[] | undefined {
  const given = inForce?.allowedCorsOrigins?.filter((origin) => !originsOf(inForce ?? {}).includes(origin)) ?? []
  const open = [...originsOf(asked), ...given]
  const granted = [...new Set(asked.allowedCorsOrigins ?? [])].filter((origin) => open.includes(origin))
  return granted.length > 0 ? granted : undefined
}

const originsOf = ({ redirectUris = [] }: Entitlements): readonly string[] =>
  redirectUris.filter((uri) => /^https?:/i.test(uri) && URL.canParse(uri)).map((uri) => new URL(uri).origin)
