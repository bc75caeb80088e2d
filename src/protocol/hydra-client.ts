import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { formatDuration, parseDuration } from '../lib/duration.ts'
import type { Fence } from '../lib/fence.ts'
import { Type } from '../lib/json-schema.ts'
import {
  type ClientMetadata,
  camelCase,
  clientMetadataSchema,
  fromWire,
  presentMembers,
  readLocalized,
  shapeProblems,
} from './client-metadata.ts'
import { type ClientSettings, clientSettingsSchema, type LifespanName, type Lifespans, lifespanNames } from './client-settings.ts'
import { assertionSigningAlgs } from './grant-types.ts'
import { isKept, isUsableKey, type Jwk, keySetSizeFault, knownPublicHalf, usableKeys } from './jwks.ts'
import type { Problem } from './problem.ts'
import { isDangerousScheme, schemeOf } from './redirect-uri.ts'
import { localizedProblems, taggedLinks, withDefaultSubject } from './registration-rules.ts'
import { isImportableHash } from './secret-hash.ts'
import { fetchedUriFault } from './web-uri.ts'

/** A client as an administrator writes it, in Hydra's spelling and under Hydra's rules (`hydra-registry.md` 1.8, 2.10). */
export interface HydraClient {
  readonly clientId?: string
  readonly clientSecret?: string
  /** In place of a secret that is not known here: the hash under which it rests elsewhere. */
  readonly clientSecretHash?: string
  readonly metadata: ClientMetadata
  readonly settings: ClientSettings
}

/** Why Hydra would not take a client: its two families of errors, with its own words. */
export type HydraFault =
  | { readonly family: 'decode'; readonly text: string }
  | { readonly family: 'metadata'; readonly hint: string }
  | { readonly family: 'redirect'; readonly hint: string }

export class HydraFaultError extends Error {
  readonly fault: HydraFault
  constructor(fault: HydraFault) {
    super(fault.family)
    this.fault = fault
  }
}

const decode = (text: string) => new HydraFaultError({ family: 'decode', text })
const refuse = (hint: string) => new HydraFaultError({ family: 'metadata', hint })
const refuseRedirect = (hint: string) => new HydraFaultError({ family: 'redirect', hint })

/** What the checks need to know of the operator's settings. */
export interface HydraRules {
  /** What `scope` becomes when a client comes without one. */
  readonly defaultScope: readonly string[]
  readonly fence: Fence
  /** The kinds of subject that a client may ask for; the first is what it gets if it does not. */
  readonly subjectTypes: readonly string[]
}

const relaxed = Object.fromEntries(Object.entries(clientMetadataSchema.properties).map(([name, schema]) => [name, loosen(schema)]))
const shape = Compile(
  Type.Partial(
    Type.Object({
      ...relaxed,
      ...clientSettingsSchema.properties,
      client_id: Type.String(),
      client_secret: Type.String(),
      client_secret_hash: Type.String(),
      client_secret_expires_at: Type.Integer(),
      created_at: Type.String(),
      updated_at: Type.String(),
    }),
  ),
)

/** Hydra bounds no text and no list. */
function loosen(schema: TSchema & { readonly type?: string }): TSchema {
  if (schema.type === 'array') return Type.Array(Type.String())
  return schema.type === 'string' ? Type.String() : schema
}

/**
 * Reads an administrator's client. `null`, `""` and `{}` stand for absent, but in `metadata`, which may be any
 * JSON; unknown members are ignored.
 *
 * @throws HydraFaultError the first thing that is wrong, in Hydra's order
 */
export function readHydraClient(body: unknown, rules: HydraRules): HydraClient {
  if (body !== null && (typeof body !== 'object' || Array.isArray(body))) throw decode('a JSON object is needed')
  const members = presentMembers(body ?? {})
  checkTypes(members)
  const localized = readTagged(members)
  const metadata = checkMetadata(
    { ...fromWire({ scope: rules.defaultScope.join(' '), ...members }), ...(localized && { localized }) },
    rules,
  )
  const { client_id: clientId } = members as { client_id?: string }
  if (clientId !== undefined && (clientId.length > 255 || /^\.{1,2}$/.test(clientId) || !isStorable(clientId))) {
    throw refuse('Field client_id must have at most 255 characters, all of them whole, and must not be a dot segment.')
  }
  for (const name of ['client_name', 'owner', 'scope', ...Object.keys(localized ?? {})]) {
    if (!isStorable(members[name])) throw refuse(`Field ${name} must not contain a NUL or half of a surrogate pair.`)
  }
  const secret = readSecret(members)
  const raw = body === null ? undefined : (body as { metadata?: unknown }).metadata
  const settings = readSettings(raw === undefined ? members : { ...members, metadata: raw })
  return { metadata, settings, ...(clientId !== undefined && { clientId }), ...secret }
}

/** Hydra knows no languages; a client that a stranger registered comes with them, and keeps them when an administrator changes another member. */
function readTagged(members: Readonly<Record<string, unknown>>): ClientMetadata['localized'] {
  const problems: Problem[] = []
  const localized = readLocalized(members, problems)
  const [wrong] = [...problems, ...localizedProblems(localized)]
  if (wrong) throw decode(`${wrong.member} ${wrong.message}`)
  return localized
}

/** PostgreSQL's text holds no NUL, and no database half a character. */
const isStorable = (value: unknown): boolean => typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))

function readSecret(members: Readonly<Record<string, unknown>>): Pick<HydraClient, 'clientSecret' | 'clientSecretHash'> {
  const { client_secret: clientSecret, client_secret_hash: clientSecretHash } = members as { [name: string]: string | undefined }
  if (clientSecret !== undefined && Buffer.byteLength(clientSecret) < 6) {
    throw refuse('Field client_secret must contain a secret that is at least 6 characters long.')
  }
  if (clientSecretHash === undefined) return clientSecret === undefined ? {} : { clientSecret }
  if (clientSecret !== undefined) throw refuse('Fields client_secret and client_secret_hash can not both be set, you must choose one.')
  if (!isImportableHash(clientSecretHash)) {
    throw refuse(
      'Field client_secret_hash must be a hash of the form $argon2id$, $argon2i$, $pbkdf2-sha256$, $2a$, $2b$ or $2y$ that does not cost more than about a second.',
    )
  }
  return { clientSecretHash }
}

function checkTypes(members: Record<string, unknown>): void {
  const [wrong] = shapeProblems(shape, members)
  if (wrong) throw decode(`${wrong.member} ${wrong.message}`)
  for (const name of ['created_at', 'updated_at']) {
    if (name in members && Number.isNaN(Date.parse(members[name] as string))) throw decode(`${name} must be an RFC 3339 time`)
  }
}

function checkMetadata(metadata: ClientMetadata, rules: HydraRules): ClientMetadata {
  const keys = (metadata.jwks as { keys?: unknown } | undefined)?.keys
  const hasKeys = metadata.jwks !== undefined && keys !== undefined
  if (metadata.tokenEndpointAuthMethod === 'private_key_jwt') checkAssertion(metadata, hasKeys)
  if (hasKeys && metadata.jwksUri !== undefined) throw refuse('Fields jwks and jwks_uri can not both be set, you must choose one.')
  const jwks = hasKeys ? { keys: readKeys(keys) } : undefined
  checkFetchedUris(metadata, rules.fence)
  checkPageUris(metadata)
  const allowedCorsOrigins = metadata.allowedCorsOrigins?.map(readOrigin)
  for (const uri of metadata.redirectUris ?? []) checkRedirectUri(uri)
  const subject = withDefaultSubject(metadata, rules.subjectTypes)
  if (subject.subjectType !== undefined && !rules.subjectTypes.includes(subject.subjectType))
    throw refuse(`Subject type ${subject.subjectType} is not supported by server, only [${rules.subjectTypes.join(' ')}] are allowed.`)
  for (const uri of metadata.postLogoutRedirectUris ?? []) checkPostLogoutUri(uri, metadata.redirectUris ?? [])
  const { jwks: _, userinfoSignedResponseAlg, ...rest } = metadata
  return {
    ...rest,
    ...subject,
    ...(jwks && { jwks }),
    ...(allowedCorsOrigins && { allowedCorsOrigins }),
    // Hydra says `none` of every client. The client is told so only if it said so itself: strict ones then expect a signed answer.
    ...(userinfoSignedResponseAlg !== 'none' && userinfoSignedResponseAlg !== undefined && { userinfoSignedResponseAlg }),
  }
}

function checkAssertion(metadata: ClientMetadata, hasKeys: boolean): void {
  if (!hasKeys && metadata.jwksUri === undefined) {
    throw refuse("When token_endpoint_auth_method is 'private_key_jwt', either jwks or jwks_uri must be set.")
  }
  const alg = metadata.tokenEndpointAuthSigningAlg
  if (alg !== undefined && !assertionSigningAlgs.includes(alg as never)) {
    throw refuse(
      'Only RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512 are supported as algorithms for private key authentication.',
    )
  }
}

/** Hydra takes private keys here; we take the key and keep its public half, so that nobody's private key rests with us. */
function readKeys(keys: unknown): Jwk[] {
  if (keys === null) return []
  if (!Array.isArray(keys)) throw decode('jwks.keys must be an array')
  return keys.map((key: unknown) => {
    const jwk = typeof key === 'object' && key !== null ? (key as Jwk) : {}
    if (jwk.kty === 'oct') throw refuse('Invalid JSON web key in set.')
    return knownPublicHalf(jwk)
  })
}

/**
 * What a client may have of keys, once it is known which it has already: those may stay.
 *
 * @throws HydraFaultError
 */
export function checkKeys({ jwks }: ClientMetadata, inForce: ClientMetadata = {}): void {
  const [keys, before] = [jwks?.keys ?? [], inForce.jwks?.keys ?? []]
  const fault = keySetSizeFault(keys, before)
  if (fault !== undefined) throw refuse(`Field jwks ${fault}.`)
  if (keys.some((key) => !isKept(before, key) && !isUsableKey(key))) throw decode(`jwks.keys holds a key that is not valid: ${usableKeys}`)
}

/**
 * What a client may have signed for it is what this server can sign with now, or what it has registered already.
 *
 * @throws HydraFaultError
 */
export function checkResponseAlgs(metadata: ClientMetadata, signingAlgs: readonly string[], inForce: ClientMetadata = {}): void {
  const check = (name: string, alg: string | undefined, before: string | undefined, supported: readonly string[]) => {
    if (alg === undefined || alg === before || supported.includes(alg)) return
    const [last, ...others] = supported.map((one) => `'${one}'`).reverse()
    throw refuse(`Field ${name} can ${others.length > 0 ? `either be ${others.reverse().join(', ')} or` : 'only be'} ${last}.`)
  }
  check('userinfo_signed_response_alg', metadata.userinfoSignedResponseAlg, inForce.userinfoSignedResponseAlg, ['none', ...signingAlgs])
  check('id_token_signed_response_alg', metadata.idTokenSignedResponseAlg, inForce.idTokenSignedResponseAlg, signingAlgs)
}

function checkFetchedUris(metadata: ClientMetadata, fence: Fence): void {
  const fetched = {
    jwks_uri: metadata.jwksUri,
    backchannel_logout_uri: metadata.backchannelLogoutUri,
    sector_identifier_uri: metadata.sectorIdentifierUri,
  }
  for (const [name, uri] of [...Object.entries(fetched), ...(metadata.requestUris ?? []).map((uri) => ['request_uris', uri] as const)]) {
    const fault = uri === undefined ? undefined : fetchedUriFault(uri, fence)
    if (fault !== undefined) throw refuse(`Client IP address is not allowed: key ${name} validation is failing: ${fault}`)
  }
}

function checkPageUris(metadata: ClientMetadata): void {
  const pages = { tos_uri: metadata.tosUri, policy_uri: metadata.policyUri, logo_uri: metadata.logoUri, client_uri: metadata.clientUri }
  for (const [name, uri] of [...Object.entries(pages), ...taggedLinks(metadata.localized)]) {
    if (uri === undefined) continue
    if (!isRequestUri(uri)) throw refuse(`Field ${name} must be a valid URI.`)
    if (!/^https?:/i.test(uri)) throw refuse(`${uri} must use https:// or http:// as HTTP scheme for field ${name}.`)
  }
}

/** An absolute URI or an absolute path, as Go's `url.ParseRequestURI` has it. */
const isRequestUri = (uri: string): boolean => !/[\p{Cc} ]/u.test(uri) && (uri.startsWith('/') || schemeOf(uri) !== undefined)

function readOrigin(origin: string): string {
  const trimmed = origin.replace(/\/+$/, '')
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(trimmed) ?? []
  if (authority === undefined || authority === '')
    throw refuse(`Origin URL ${origin} from allowed_cors_origins must use https:// or http:// as HTTP scheme.`)
  if (authority.includes('@')) throw refuse(`Origin URL ${origin} from allowed_cors_origins must not contain any user information.`)
  if (rest !== '') throw refuse(`Origin URL ${origin} from allowed_cors_origins must not contain a path, query or fragment.`)
  return trimmed
}

function checkRedirectUri(uri: string): void {
  if (uri.includes('#')) throw refuseRedirect('Redirect URIs must not contain fragments (#).')
  if (!isRequestUri(uri)) throw refuseRedirect(`Unable to parse redirect URL: ${uri}`)
  if (isDangerousScheme(uri)) throw refuseRedirect(`The scheme of the redirect URL is never allowed: ${uri}`)
}

function checkPostLogoutUri(uri: string, redirectUris: readonly string[]): void {
  if (!isRequestUri(uri)) throw refuse(`Unable to parse post_logout_redirect_uri: ${uri}`)
  if (!sharesOrigin(uri, redirectUris)) {
    throw refuse(
      `post_logout_redirect_uri '${uri}' must match the domain, port, scheme of at least one of the registered redirect URIs but did not`,
    )
  }
}

/** Whether scheme, host and port, as written, are those of one of `uris`. */
export function sharesOrigin(uri: string, uris: readonly string[]): boolean {
  const origin = (text: string) => /^([a-z][a-z0-9+.-]*:)(?:\/\/([^/?#]*))?/i.exec(text)?.slice(1).join('//').toLowerCase()
  return uris.some((other) => origin(other) === origin(uri))
}

function readSettings(members: Record<string, unknown>): ClientSettings {
  const strategy = (members.access_token_strategy as string | undefined)?.toLowerCase()
  if (strategy !== undefined && strategy !== 'jwt' && strategy !== 'opaque') {
    throw refuse(`invalid access token strategy: expected one of [jwt, opaque] but got ${members.access_token_strategy}`)
  }
  const settings = {
    metadata: members.metadata,
    owner: members.owner,
    skipConsent: members.skip_consent,
    skipLogoutConsent: members.skip_logout_consent,
    accessTokenStrategy: strategy,
    lifespans: readLifespans(members),
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/**
 * The lifespans of a body, canonical. Members that are no lifespans are ignored, `null` is absent.
 *
 * @throws HydraFaultError for a number, an empty text or anything else that is not a duration
 */
export function readLifespans(body: unknown): Lifespans {
  if (body !== null && (typeof body !== 'object' || Array.isArray(body))) throw decode('a JSON object is needed')
  const members = (body ?? {}) as Record<string, unknown>
  const lifespans: Record<string, string> = {}
  for (const name of lifespanNames) {
    if (members[name] !== undefined && members[name] !== null) lifespans[camelCase(name)] = readLifespan(name, members[name])
  }
  return lifespans
}

function readLifespan(name: LifespanName, value: unknown): string {
  const nanoseconds = typeof value === 'string' ? parseDuration(value) : undefined
  if (nanoseconds === undefined) throw decode(`${name} must be a duration such as '1h30m' or null`)
  return formatDuration(nanoseconds)
}
