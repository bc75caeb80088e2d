import type { Static } from 'typebox'
import { Type } from '../lib/json-schema.ts'
import { type CamelCase, camelCase } from './client-metadata.ts'

/** Hydra's 13 per-client lifespans: how long what each grant issues lives. Durations as text, `1h30m0s`. */
export const lifespanNames = [
  'authorization_code_grant_access_token_lifespan',
  'authorization_code_grant_id_token_lifespan',
  'authorization_code_grant_refresh_token_lifespan',
  'client_credentials_grant_access_token_lifespan',
  'device_authorization_grant_access_token_lifespan',
  'device_authorization_grant_id_token_lifespan',
  'device_authorization_grant_refresh_token_lifespan',
  'implicit_grant_access_token_lifespan',
  'implicit_grant_id_token_lifespan',
  'jwt_bearer_grant_access_token_lifespan',
  'refresh_token_grant_access_token_lifespan',
  'refresh_token_grant_id_token_lifespan',
  'refresh_token_grant_refresh_token_lifespan',
] as const

export type LifespanName = (typeof lifespanNames)[number]

/** Lifespans by our spelling of their names; the values are canonical Go durations. */
export type Lifespans = { readonly [Name in LifespanName as CamelCase<Name>]?: string }

/** What the operator alone says of a client; never readable through the registration face, but for their effect. */
export interface ClientSettings {
  /** Any JSON, `null` included; absent means `{}`. */
  readonly metadata?: unknown
  readonly owner?: string
  readonly skipConsent?: boolean
  /** Absent and `false` differ on the admin face, as in Hydra. */
  readonly skipLogoutConsent?: boolean
  readonly accessTokenStrategy?: 'jwt' | 'opaque'
  readonly lifespans?: Lifespans
}

const lifespanSchema = Object.fromEntries(lifespanNames.map((name) => [name, Type.String()])) as Record<
  LifespanName,
  ReturnType<typeof Type.String>
>

export const clientSettingsSchema = Type.Object({
  metadata: Type.Unknown(),
  owner: Type.String(),
  skip_consent: Type.Boolean(),
  skip_logout_consent: Type.Boolean(),
  access_token_strategy: Type.String(),
  ...lifespanSchema,
})

export type ClientSettingsWire = Partial<Static<typeof clientSettingsSchema>>

/** Each lifespan in both spellings. */
export const lifespanMembers: readonly (readonly [wire: LifespanName, own: keyof Lifespans])[] = lifespanNames.map((name) => [
  name,
  camelCase(name) as keyof Lifespans,
])

/** The operator's members as they stand on the wire. Members that are absent stay absent. */
export function settingsToWire({ lifespans, ...settings }: ClientSettings): ClientSettingsWire {
  const wire: Record<string, unknown> = {}
  if (settings.metadata !== undefined) wire.metadata = settings.metadata
  if (settings.owner !== undefined) wire.owner = settings.owner
  if (settings.skipConsent !== undefined) wire.skip_consent = settings.skipConsent
  if (settings.skipLogoutConsent !== undefined) wire.skip_logout_consent = settings.skipLogoutConsent
  if (settings.accessTokenStrategy !== undefined) wire.access_token_strategy = settings.accessTokenStrategy
  for (const [name, own] of lifespans ? lifespanMembers : []) if (lifespans?.[own] !== undefined) wire[name] = lifespans[own]
  return wire
}
