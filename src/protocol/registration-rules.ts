import type { Fence } from '../lib/fence.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { assertionSigningAlgs, registrableAuthMethods } from './grant-types.ts'
import { type Jwks, knownPublicHalf, publicJwksFault } from './jwks.ts'
import { type Problem, problem, quote } from './problem.ts'
import { isNativeRedirect, redirectUriFault, schemeOf, sectorOf } from './redirect-uri.ts'
import { fetchedUriFault, pageUriFault, secureUriFault } from './web-uri.ts'

/** What the checks need to know of the operator's settings. */
export interface RegistrationRules {
  /** Private-use redirect schemes without a dot that known apps use. */
  readonly dotlessSchemes: readonly string[]
  readonly fence: Fence
  /** The kinds of subject that a client may ask for; the first is what it gets if it does not. */
  readonly subjectTypes: readonly string[]
  /** What this server can sign with now. */
  readonly signingAlgs: readonly string[]
}

interface Checked {
  readonly metadata: ClientMetadata
  readonly rules: RegistrationRules
  /** What the client has already: what an administrator, or an earlier rule, let in may stay. */
  readonly inForce: ClientMetadata
  /** Its redirect URIs. */
  readonly known: readonly string[]
}

/** The rules in the order in which their problems are told; each is named for what it demands. */
const checks: readonly ((checked: Checked) => Problem[])[] = [
  redirectUrisAreSafe,
  redirectGrantsHaveRedirectUris,
  authMethodIsSupported,
  keysAreGivenOnce,
  keysArePublic,
  metadataIsBounded,
  assertionsHaveKeys,
  assertionAlgIsSupported,
  languagesAreSound,
  pagesAreWebPages,
  fetchedUrisAreReachable,
  logoutReceiverHasNoFragment,
  browserTargetsAreSecure,
  logoutReturnsToARedirectHost,
  applicationTypeIsKnown,
  subjectTypeIsSupported,
  pairwiseSubjectsHaveOneSector,
  algorithmsAreSupported,
  nameIsReadable,
]

/** All that is wrong with what a client says of itself, in RFC 7591's and OpenID Connect Registration's terms. */
export function registrationProblems(metadata: ClientMetadata, rules: RegistrationRules, inForce: ClientMetadata = {}): Problem[] {
  const known = [...(inForce.redirectUris ?? []), ...(inForce.postLogoutRedirectUris ?? [])]
  return checks.flatMap((check) => check({ metadata, rules, inForce, known }))
}

/** What the server lays down itself once the rest is decided (RFC 7591 §2.1, §3.2.1): the answer shows it. */
export function completeMetadata(
  metadata: ClientMetadata,
  { subjectTypes }: Pick<RegistrationRules, 'subjectTypes'>,
  inForce: ClientMetadata = {},
): ClientMetadata {
  const { tokenEndpointAuthSigningAlg, jwks, ...rest } = metadata
  const method = metadata.tokenEndpointAuthMethod ?? 'client_secret_basic'
  return {
    ...rest,
    redirectUris: metadata.redirectUris ?? [],
    tokenEndpointAuthMethod: method,
    responseTypes: responseTypes(metadata, inForce),
    applicationType: applicationTypeOf(metadata),
    ...withDefaultSubject(metadata, subjectTypes),
    ...(jwks && { jwks: keptKeys(jwks) }),
    ...(method === 'private_key_jwt' && tokenEndpointAuthSigningAlg !== undefined && { tokenEndpointAuthSigningAlg }),
  }
}

const keptKeys = ({ keys }: Jwks): Jwks => ({ keys: keys.map(knownPublicHalf) })

/** A client that does not say has public subjects, unless this server makes none. */
export function withDefaultSubject({ subjectType }: ClientMetadata, [first = 'public']: readonly string[]): { subjectType?: string } {
  if (subjectType !== undefined) return { subjectType }
  return first === 'public' ? {} : { subjectType: first }
}

/** What the grants call for (RFC 7591 §2.1), and what an administrator gave the client besides. */
function responseTypes({ grantTypes, responseTypes = [] }: ClientMetadata, inForce: ClientMetadata): string[] {
  const kept = responseTypes.filter((type) => type !== 'code' && inForce.responseTypes?.includes(type))
  return grantTypes?.includes('authorization_code') ? ['code', ...kept] : kept
}

/** A loopback or private-use redirect makes an app native, whatever it says of itself (RFC 8252 §7); else what it says, else web. */
export function applicationTypeOf({ applicationType, redirectUris = [] }: ClientMetadata): string {
  return redirectUris.some(isNativeRedirect) ? 'native' : (applicationType ?? 'web')
}

function redirectUrisAreSafe({ metadata, rules, known }: Checked): Problem[] {
  return each('redirect_uris', metadata.redirectUris, (uri) =>
    known.includes(uri) ? undefined : redirectUriFault(uri, rules.dotlessSchemes),
  )
}

/** RFC 7591 §2, OREG-01: a client that is sent people needs a place to send them back to. */
function redirectGrantsHaveRedirectUris({ metadata }: Checked): Problem[] {
  if (!metadata.grantTypes?.includes('authorization_code') || (metadata.redirectUris ?? []).length > 0) return []
  return [problem('redirect_uris', 'is needed for the grant authorization_code: give at least one redirect URI')]
}

function authMethodIsSupported({ metadata }: Checked): Problem[] {
  return oneOf('token_endpoint_auth_method', metadata.tokenEndpointAuthMethod, registrableAuthMethods)
}

/** RFC 7591 §2: `jwks` and `jwks_uri` never together. */
function keysAreGivenOnce({ metadata }: Checked): Problem[] {
  return metadata.jwks && metadata.jwksUri !== undefined ? [problem('jwks', 'and jwks_uri must not both be given; choose one')] : []
}

function keysArePublic({ metadata, inForce }: Checked): Problem[] {
  return found('jwks', metadata.jwks && publicJwksFault(metadata.jwks as never, inForce.jwks?.keys))
}

/** Bytes of JSON, without the keys, which have a bound of their own. */
const mostMetadata = 16 * 1024

/** Defaults count, or a client that an administrator made without them would grow by being put back. */
function sizeOf(metadata: ClientMetadata, rules: Pick<RegistrationRules, 'subjectTypes'>): number {
  const { jwks: _, ...rest } = metadata
  return Buffer.byteLength(JSON.stringify(completeMetadata({ grantTypes: ['authorization_code'], ...rest }, rules, rest)))
}

function metadataIsBounded({ metadata, rules, inForce }: Checked): Problem[] {
  const size = sizeOf(metadata, rules)
  if (size <= mostMetadata || size <= sizeOf(inForce, rules)) return []
  return [problem('the metadata', `is larger than ${mostMetadata / 1024} KiB; shorten its lists and texts`)]
}

function assertionsHaveKeys({ metadata }: Checked): Problem[] {
  if (metadata.tokenEndpointAuthMethod !== 'private_key_jwt' || metadata.jwks || metadata.jwksUri !== undefined) return []
  return [problem('token_endpoint_auth_method', 'private_key_jwt needs jwks or jwks_uri')]
}

/** Looked at for `private_key_jwt` only, as other methods sign nothing; `none` is no algorithm for anyone (OpenID Connect Core §9). */
function assertionAlgIsSupported({ metadata }: Checked): Problem[] {
  const alg = metadata.tokenEndpointAuthSigningAlg
  const isLookedAt = metadata.tokenEndpointAuthMethod === 'private_key_jwt' || alg === 'none'
  return isLookedAt ? oneOf('token_endpoint_auth_signing_alg', alg, assertionSigningAlgs) : []
}

function languagesAreSound({ metadata }: Checked): Problem[] {
  return localizedProblems(metadata.localized)
}

/** What is wrong with members in other languages, whoever writes them. */
export function localizedProblems(localized: ClientMetadata['localized']): Problem[] {
  const names = Object.entries(localized ?? {}).filter(([name]) => isTaggedName(name))
  return [...languagesAreGivenOnce(localized), ...names.flatMap(([member, name]) => unreadableName(member, name))]
}

const isTaggedName = (name: string): boolean => name.startsWith('client_name#')

/** The links among members in other languages. */
export const taggedLinks = (localized: ClientMetadata['localized']): [name: string, uri: string][] =>
  Object.entries(localized ?? {}).filter(([name]) => !isTaggedName(name))

/** RFC 7591 §2.2: tags that differ in case only are one language, and nobody could say which of the two is meant. */
function languagesAreGivenOnce(localized: ClientMetadata['localized']): Problem[] {
  const first = new Map<string, string>()
  return Object.keys(localized ?? {}).flatMap((name) => {
    const known = first.get(name.toLowerCase())
    if (known !== undefined) return [problem(name, `and ${known} are for one language; choose one`)]
    first.set(name.toLowerCase(), name)
    return []
  })
}

/** The four links that people follow, in every language they come in (RFC 7591 §2, §2.2). */
function pagesAreWebPages({ metadata }: Checked): Problem[] {
  const links = { client_uri: metadata.clientUri, logo_uri: metadata.logoUri, tos_uri: metadata.tosUri, policy_uri: metadata.policyUri }
  return [...Object.entries(links), ...taggedLinks(metadata.localized)].flatMap(([name, uri]) =>
    found(name, uri === undefined ? undefined : pageUriFault(uri)),
  )
}

function fetchedUrisAreReachable({ metadata, rules }: Checked): Problem[] {
  const fault = (uri: string) => fetchedUriFault(uri, rules.fence)
  return [
    ...each('jwks_uri', metadata.jwksUri, fault),
    ...each('request_uris', metadata.requestUris, fault),
    ...each('backchannel_logout_uri', metadata.backchannelLogoutUri, fault),
    ...each('sector_identifier_uri', metadata.sectorIdentifierUri, fault),
  ]
}

/** OpenID Connect Back-Channel Logout §2.2. */
function logoutReceiverHasNoFragment({ metadata }: Checked): Problem[] {
  return each('backchannel_logout_uri', metadata.backchannelLogoutUri, (uri) =>
    uri.includes('#') ? `${quote(uri)} must not have a fragment` : undefined,
  )
}

function browserTargetsAreSecure({ metadata }: Checked): Problem[] {
  return [
    ...each('initiate_login_uri', metadata.initiateLoginUri, secureUriFault),
    ...each('frontchannel_logout_uri', metadata.frontchannelLogoutUri, secureUriFault),
  ]
}

/** Hydra's rule: after logging out a browser goes back to where the client's redirect URIs are, and nowhere else. */
function logoutReturnsToARedirectHost({ metadata, rules, known }: Checked): Problem[] {
  return each('post_logout_redirect_uris', metadata.postLogoutRedirectUris, (uri) => {
    const shared = (metadata.redirectUris ?? []).some((redirect) => originOf(redirect) === originOf(uri))
    if (!shared) return `${quote(uri)} must have the scheme, host and port of one of the redirect_uris`
    return known.includes(uri) ? undefined : redirectUriFault(uri, rules.dotlessSchemes)
  })
}

const originOf = (uri: string): string => `${schemeOf(uri)}//${/^[^:]*:\/\/([^/?#]*)/.exec(uri)?.[1]?.toLowerCase() ?? ''}`

function applicationTypeIsKnown({ metadata }: Checked): Problem[] {
  return oneOf('application_type', metadata.applicationType, ['web', 'native'])
}

function subjectTypeIsSupported({ metadata, rules }: Checked): Problem[] {
  return oneOf('subject_type', metadata.subjectType, rules.subjectTypes)
}

/** OpenID Connect Core §8.1: with redirect URIs on several hosts, nobody could say whose subjects they are. */
function pairwiseSubjectsHaveOneSector({ metadata, rules }: Checked): Problem[] {
  const isPairwise = withDefaultSubject(metadata, rules.subjectTypes).subjectType === 'pairwise'
  const sectors = new Set((metadata.redirectUris ?? []).map(sectorOf))
  if (!isPairwise || metadata.sectorIdentifierUri !== undefined || sectors.size < 2) return []
  return [problem('sector_identifier_uri', 'is needed for pairwise subjects where redirect_uris are on several hosts')]
}

function algorithmsAreSupported({ metadata, rules, inForce }: Checked): Problem[] {
  return [
    ...oneOf('id_token_signed_response_alg', metadata.idTokenSignedResponseAlg, rules.signingAlgs, inForce.idTokenSignedResponseAlg),
    ...oneOf(
      'userinfo_signed_response_alg',
      metadata.userinfoSignedResponseAlg,
      ['none', ...rules.signingAlgs],
      inForce.userinfoSignedResponseAlg,
    ),
    ...oneOf('request_object_signing_alg', metadata.requestObjectSigningAlg, assertionSigningAlgs),
  ]
}

function nameIsReadable({ metadata }: Checked): Problem[] {
  return unreadableName('client_name', metadata.clientName ?? '')
}

/** Control characters and direction overrides are how a name pretends to be another (R7591-82); every other letter is welcome. */
const unreadableName = (member: string, name: string): Problem[] =>
  found(
    member,
    /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/u.test(name)
      ? 'must not contain control or direction characters'
      : undefined,
  )

const found = (member: string, message: string | undefined): Problem[] => (message ? [problem(member, message)] : [])

/** @param kept what the client has already, which may stay (decision 0005) */
function oneOf(member: string, value: string | undefined, supported: readonly string[], kept?: string): Problem[] {
  if (value === undefined || value === kept || supported.includes(value)) return []
  return [problem(member, `${quote(value)} is not supported; use ${supported.join(', ')}`)]
}

function each(member: string, values: string | readonly string[] | undefined, fault: (value: string) => string | undefined): Problem[] {
  if (values === undefined) return []
  if (typeof values === 'string') return found(member, fault(values))
  return values.flatMap((value, at) => found(`${member}[${at}]`, fault(value)))
}
