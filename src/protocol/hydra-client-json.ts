import { addToWire, type ClientMetadata } from './client-metadata.ts'
import { type ClientSettings, lifespanMembers } from './client-settings.ts'
import { defaultAuthMethod } from './metadata-defaults.ts'

/** What Hydra's JSON of a client is made of. */
export interface HydraClientParts {
  readonly clientId: string
  readonly metadata: ClientMetadata
  readonly settings: ClientSettings
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number
  readonly updatedAt: number
}

/**
 * A client as Hydra writes it: nulls and empty strings included (`hydra-registry.md` 2.10). The answer to a write shows lists that
 * were never set as `null`, a later read shows them as `[]`.
 */
export function hydraClientJson(client: HydraClientParts, form: 'written' | 'read'): Record<string, unknown> {
  const { clientId, metadata, settings } = client
  /** A list of its own for each member: a JSON Patch changes them one by one. */
  const unset = () => (form === 'written' ? null : [])
  const json: Record<string, unknown> = {
    client_id: clientId,
    client_name: '',
    redirect_uris: unset(),
    grant_types: unset(),
    response_types: unset(),
    scope: '',
    audience: [],
    owner: settings.owner ?? '',
    policy_uri: '',
    allowed_cors_origins: [],
    tos_uri: '',
    client_uri: '',
    logo_uri: '',
    contacts: unset(),
    client_secret_expires_at: 0,
    subject_type: 'public',
    jwks: {},
    token_endpoint_auth_method: defaultAuthMethod,
    userinfo_signed_response_alg: 'none',
    metadata: settings.metadata === undefined ? {} : settings.metadata,
    skip_consent: settings.skipConsent ?? false,
    skip_logout_consent: settings.skipLogoutConsent ?? null,
    ...hydraTimes(client),
  }
  if (settings.accessTokenStrategy !== undefined) json.access_token_strategy = settings.accessTokenStrategy
  for (const [name, own] of lifespanMembers) json[name] = settings.lifespans?.[own] ?? null
  addToWire(json, metadata)
  // Hydra never writes these two as `false`.
  if (json.frontchannel_logout_session_required === false) delete json.frontchannel_logout_session_required
  if (json.backchannel_logout_session_required === false) delete json.backchannel_logout_session_required
  return json
}

/** The two times as Hydra writes them: one in whole seconds. Of a client that nobody has changed they are one. */
export function hydraTimes({ createdAt, updatedAt }: Pick<HydraClientParts, 'createdAt' | 'updatedAt'>) {
  const updated = new Date(updatedAt).toISOString()
  const created = createdAt === updatedAt ? updated : new Date(createdAt).toISOString()
  // Joined they are one text; added to one another they are two, which `JSON.stringify` puts together more slowly.
  return { created_at: [created.slice(0, 19), 'Z'].join(''), updated_at: updated }
}
