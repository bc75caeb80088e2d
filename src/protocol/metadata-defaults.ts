import type { ClientMetadata } from './client-metadata.ts'
import { type Jwks, knownPublicHalf } from './jwks.ts'
import { isNativeRedirect } from './redirect-uri.ts'

/** RFC 7591 §2: what holds where a client does not say. */
export const defaultAuthMethod = 'client_secret_basic'
export const defaultGrantTypes: readonly string[] = ['authorization_code']
export const defaultResponseTypes: readonly string[] = ['code']

export const authMethodInForce = ({ tokenEndpointAuthMethod = defaultAuthMethod }: ClientMetadata): string => tokenEndpointAuthMethod
export const grantTypesInForce = ({ grantTypes }: ClientMetadata): readonly string[] => orDefault(grantTypes, defaultGrantTypes)
export const responseTypesInForce = ({ responseTypes }: ClientMetadata): readonly string[] => orDefault(responseTypes, defaultResponseTypes)

/** Hydra's reading: an empty list is as good as none. */
const orDefault = (values: readonly string[] | undefined, fallback: readonly string[]): readonly string[] =>
  values && values.length > 0 ? values : fallback

/** The response types that these grants call for (RFC 7591 §2.1). */
export const responseTypesFor = (grantTypes: readonly string[]): string[] =>
  grantTypes.includes('authorization_code') ? [...defaultResponseTypes] : []

/** The grants that these response types call for, where a client names no grants (RFC 7591 §2.1). */
export const grantTypesFor = (responseTypes: readonly string[]): readonly string[] =>
  responseTypes.includes('code') ? defaultGrantTypes : []

/** A loopback or private-use redirect makes an app native, whatever it says of itself (RFC 8252 §7); else what it says, else web. */
export function applicationTypeOf({ applicationType, redirectUris = [] }: ClientMetadata): string {
  return redirectUris.some(isNativeRedirect) ? 'native' : (applicationType ?? 'web')
}

/** The operator's kinds of subject; the first is what a client gets that does not say. */
export interface SubjectTypes {
  readonly subjectTypes: readonly string[]
}

/** A client that does not say has public subjects, unless this server makes none. */
export function withDefaultSubject({ subjectType }: ClientMetadata, [first = 'public']: readonly string[]): { subjectType?: string } {
  if (subjectType !== undefined) return { subjectType }
  return first === 'public' ? {} : { subjectType: first }
}

/** The last step for a self-registered client: what this server adds to what was granted (RFC 7591 §2.1, §3.2.1). The answer shows it. */
export function completeMetadata(metadata: ClientMetadata, { subjectTypes }: SubjectTypes, inForce: ClientMetadata = {}): ClientMetadata {
  const { tokenEndpointAuthSigningAlg, jwks, ...rest } = metadata
  const method = authMethodInForce(metadata)
  return {
    ...rest,
    redirectUris: metadata.redirectUris ?? [],
    tokenEndpointAuthMethod: method,
    responseTypes: registeredResponseTypes(metadata, inForce),
    applicationType: applicationTypeOf(metadata),
    ...withDefaultSubject(metadata, subjectTypes),
    ...keptKeys(jwks),
    ...(method === 'private_key_jwt' && tokenEndpointAuthSigningAlg !== undefined && { tokenEndpointAuthSigningAlg }),
  }
}

/** What the grants call for, and what an administrator gave the client besides. */
function registeredResponseTypes({ grantTypes = [], responseTypes = [] }: ClientMetadata, inForce: ClientMetadata): string[] {
  const kept = responseTypes.filter((type) => type !== 'code' && inForce.responseTypes?.includes(type))
  return [...responseTypesFor(grantTypes), ...kept]
}

/** The last step for a client that an administrator writes: what is left out stays out, as in Hydra, but for the kind of subject. */
export function completeHydraMetadata(metadata: ClientMetadata, { subjectTypes }: SubjectTypes): ClientMetadata {
  const { jwks, userinfoSignedResponseAlg: alg, allowedCorsOrigins: origins, ...rest } = metadata
  return {
    ...rest,
    ...withDefaultSubject(metadata, subjectTypes),
    ...keptKeys(jwks),
    ...(origins && { allowedCorsOrigins: origins.map(withoutSlashes) }),
    // Hydra says `none` of every client. The client is told so only if it said so itself: strict ones then expect a signed answer.
    ...(alg !== 'none' && alg !== undefined && { userinfoSignedResponseAlg: alg }),
  }
}

export const withoutSlashes = (origin: string): string => origin.replace(/\/+$/, '')

/** An entry that is no object becomes a key without members, which `keys-are-usable` refuses afterwards. */
const keptKeys = (jwks: Jwks | undefined): { jwks?: Jwks } => (jwks ? { jwks: { keys: jwks.keys.map(knownHalf) } } : {})

const knownHalf = (key: unknown) => knownPublicHalf(typeof key === 'object' && key !== null ? (key as Jwks['keys'][number]) : {})
