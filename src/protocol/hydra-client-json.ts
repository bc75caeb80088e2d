import { type ClientMetadata, toWire } from './client-metadata.ts'
import { type ClientSettings, lifespanNames, lifespanOf, settingsToWire } from './client-settings.ts'

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
  const { clientId, metadata, settings, createdAt, updatedAt } = client
  /** A list of its own for each member: a JSON Patch changes them one by one. */
  const unset = () => (form === 'written' ? null : [])
  return {
    client_id: clientId,
    client_name: '',
    redirect_uris: unset(),
    grant_types: unset(),
    response_types: unset(),
    scope: '',
    audience: [],
    owner: '',
    policy_uri: '',
    allowed_cors_origins: [],
    tos_uri: '',
    client_uri: '',
    logo_uri: '',
    contacts: unset(),
    client_secret_expires_at: 0,
    subject_type: 'public',
    jwks: {},
    token_endpoint_auth_method: 'client_secret_basic',
    userinfo_signed_response_alg: 'none',
    metadata: {},
    skip_consent: false,
    skip_logout_consent: null,
    ...Object.fromEntries(lifespanNames.map((name) => [name, lifespanOf(settings.lifespans ?? {}, name) ?? null])),
    ...toWire(metadata),
    ...settingsToWire(settings),
    ...falseLogoutFlags(metadata),
    created_at: `${new Date(createdAt).toISOString().slice(0, 19)}Z`,
    updated_at: new Date(updatedAt).toISOString(),
  }
}

/** Hydra never writes these two as `false`. */
function falseLogoutFlags(metadata: ClientMetadata): Record<string, undefined> {
  const { frontchannelLogoutSessionRequired: front, backchannelLogoutSessionRequired: back } = metadata
  return {
    ...(front === false && { frontchannel_logout_session_required: undefined }),
    ...(back === false && { backchannel_logout_session_required: undefined }),
  }
}
