import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { formatDuration, parseDuration } from '../lib/duration.ts'
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
import { checkHydraMetadata, decode, refuse } from './hydra-words.ts'
import { completeHydraMetadata } from './metadata-defaults.ts'
import type { MetadataSettings } from './metadata-rule.ts'
import type { Problem } from './problem.ts'
import { isImportableHash } from './secret-hash.ts'

/** A client as an administrator writes it, in Hydra's spelling and under Hydra's rules (`hydra-registry.md` 1.8, 2.10). */
export interface HydraClient {
  readonly clientId?: string
  readonly clientSecret?: string
  /** In place of a secret that is not known here: the hash under which it rests elsewhere. */
  readonly clientSecretHash?: string
  readonly metadata: ClientMetadata
  readonly settings: ClientSettings
}

/** What reading needs to know of the operator's settings. */
export interface HydraRules extends Omit<MetadataSettings, 'signingAlgs'> {
  /** What `scope` becomes when a client comes without one. */
  readonly defaultScope: readonly string[]
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
  const asked = {
    ...fromWire({ scope: rules.defaultScope.join(' '), ...members, jwks: readKeys(members.jwks) }),
    ...(localized && { localized }),
  }
  checkHydraMetadata({ metadata: asked, settings: { ...rules, signingAlgs: [] }, inForce: {} }, 'request')
  const metadata = completeHydraMetadata(asked, rules)
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

/** Hydra knows no languages; a client that registered itself comes with them, and keeps them when an administrator changes another member. */
function readTagged(members: Readonly<Record<string, unknown>>): ClientMetadata['localized'] {
  const problems: Problem[] = []
  const localized = readLocalized(members, problems)
  const [wrong] = problems
  if (wrong) throw decode(`${wrong.member} ${wrong.message}`)
  return localized
}

/** Hydra's reading: a key set without `keys` is none, and one with `null` is empty. */
function readKeys(jwks: unknown): unknown {
  const keys = (jwks as { keys?: unknown } | undefined)?.keys
  return keys === undefined ? undefined : { keys: keys ?? [] }
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

/**
 * The rules that look at what the client has already, which may stay.
 *
 * @throws HydraFaultError
 */
export function checkAgainstClient(metadata: ClientMetadata, settings: MetadataSettings, inForce: ClientMetadata = {}): void {
  checkHydraMetadata({ metadata, settings, inForce }, 'client')
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
