import type { Static } from 'typebox'
import { Compile, type Validator } from 'typebox/schema'
import { Type } from '../lib/json-schema.ts'
import type { Jwks } from './jwks.ts'
import { isTaggable, languageTagged } from './language-tag.ts'
import { type Problem, problem } from './problem.ts'

const longestText = 2048
const longestName = 255
const text = Type.String({ maxLength: longestText })
const longText = Type.String({ maxLength: 8192 })
const entry = Type.String({ maxLength: longestText })
const list = Type.Array(entry, { maxItems: 64 })
/** How long it may be is a rule: what the client has already may stay. */
const ruledList = Type.Array(entry)

/** What a client may say of itself: the one source of its type, its check and, one day, its OpenAPI description. */
export const clientMetadataSchema = Type.Object({
  redirect_uris: ruledList,
  token_endpoint_auth_method: text,
  token_endpoint_auth_signing_alg: text,
  grant_types: list,
  response_types: list,
  application_type: text,
  client_name: Type.String({ maxLength: longestName }),
  client_uri: text,
  logo_uri: text,
  tos_uri: text,
  policy_uri: text,
  contacts: ruledList,
  scope: longText,
  audience: list,
  jwks: Type.Unsafe<Jwks>(Type.Object({})),
  jwks_uri: text,
  software_id: Type.String({ maxLength: 255 }),
  software_version: Type.String({ maxLength: 255 }),
  subject_type: text,
  sector_identifier_uri: text,
  id_token_signed_response_alg: text,
  userinfo_signed_response_alg: text,
  request_object_signing_alg: text,
  request_uris: list,
  default_max_age: Type.Integer({ minimum: 0, maximum: 2 ** 31 }),
  require_auth_time: Type.Boolean(),
  default_acr_values: list,
  initiate_login_uri: text,
  post_logout_redirect_uris: list,
  frontchannel_logout_uri: text,
  frontchannel_logout_session_required: Type.Boolean(),
  backchannel_logout_uri: text,
  backchannel_logout_session_required: Type.Boolean(),
  allowed_cors_origins: list,
})

export type ClientMetadataWire = Partial<Static<typeof clientMetadataSchema>>
export type WireName = keyof ClientMetadataWire

export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name
type CamelCased<Wire> = { readonly [Name in keyof Wire as CamelCase<Name & string>]: Readonly<Wire[Name]> }

/** What a client says of itself, in our own spelling. An absent member is absent: never null, and empty only where that means something. */
export interface ClientMetadata extends CamelCased<ClientMetadataWire> {
  /** Members with a language tag, under the very name they came with: `client_name#fr`. */
  readonly localized?: Readonly<Record<string, string>>
}

const names = Object.keys(clientMetadataSchema.properties) as WireName[]
export const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Each member in both spellings, in the order of the schema. */
export const memberNames: readonly (readonly [wire: WireName, own: keyof ClientMetadata])[] = names.map((name) => [
  name,
  camelCase(name) as keyof ClientMetadata,
])

const strict = Compile(Type.Partial(clientMetadataSchema))

/**
 * The members of a JSON object that say something: `null`, `""` and, for `jwks`, `{}` are how callers, and Hydra, write that a member
 * is not set, and they send back what they were given (RFC 7592 §2.2).
 */
export function presentMembers(body: object): Record<string, unknown> {
  const saysNothing = (name: string, value: unknown) => value === null || value === '' || (name === 'jwks' && isEmptyObject(value))
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => !saysNothing(name, value)))
}

export const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0

/**
 * The shape of a registration request: `unknown` in, metadata or all that is wrong with its types out. Members that we do not know
 * are ignored (RFC 7591 §2), names are case-sensitive (§1.1), tagged members are kept as they are (§2.2).
 */
export function readClientMetadata(members: Readonly<Record<string, unknown>>): { metadata: ClientMetadata; problems: Problem[] } {
  const problems = shapeProblems(strict, members)
  const localized = readLocalized(members, problems)
  const metadata = fromWire(members)
  return { metadata: localized ? { ...metadata, localized } : metadata, problems }
}

/** The crossing from wire names to ours, for members whose shape has been checked. */
export function fromWire(members: Readonly<Record<string, unknown>>): ClientMetadata {
  const metadata: Record<string, unknown> = {}
  for (const [name, own] of memberNames) if (members[name] !== undefined) metadata[own] = members[name]
  return metadata
}

/** The crossing back, into `members`. What is absent stays as it was there. */
export function addToWire(members: Record<string, unknown>, metadata: ClientMetadata): void {
  for (const [name, own] of memberNames) if (metadata[own] !== undefined) members[name] = metadata[own]
  if (metadata.localized) Object.assign(members, metadata.localized)
}

export function shapeProblems(shape: Validator, members: Readonly<Record<string, unknown>>): Problem[] {
  if (shape.Check(members)) return []
  const [, errors] = shape.Errors(members)
  return errors.slice(0, 8).map(({ instancePath, message }) => problem(memberOf(instancePath), message))
}

/** `/redirect_uris/1` → `redirect_uris[1]` */
const memberOf = (path: string): string =>
  path
    .slice(1)
    .replace(/\/(\d+)$/, '[$1]')
    .replace(/[^\x21-\x7e]/g, '?')

const mostTagged = 64

/** The tagged members (RFC 7591 §2.2), bounded like the plain ones; undefined where there are none. What is wrong goes to `problems`. */
export function readLocalized(members: Readonly<Record<string, unknown>>, problems: Problem[]): Record<string, string> | undefined {
  const localized: Record<string, string> = {}
  for (const [name, value] of Object.entries(members)) {
    const tagged = name.includes('#') ? languageTagged(name) : undefined
    if (!tagged || !isTaggable(tagged.member)) continue
    const longest = tagged.member === 'client_name' ? longestName : longestText
    if (typeof value === 'string' && value.length <= longest) localized[name] = value
    else problems.push(problem(name, `must be a string of at most ${longest} characters`))
  }
  const count = Object.keys(localized).length
  if (count > mostTagged) problems.push(problem('client_name#...', `and the like may come in at most ${mostTagged} languages`))
  return count === 0 ? undefined : localized
}
