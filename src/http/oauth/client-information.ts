import type { Client } from '../../core/clients/client.ts'
import { type ClientMetadataWire, toWire } from '../../protocol/client-metadata.ts'
import { isTaggable, languageTagged } from '../../protocol/language-tag.ts'
import { applicationTypeOf } from '../../protocol/registration-rules.ts'

/** Secrets that are told once, with the answer that made them. */
export interface ToldOnce {
  readonly clientSecret?: string
  readonly registrationAccessToken?: string
}

/** What an owner may read of its client. A member that is not listed is not sent, whatever the client holds. */
const shown: readonly (keyof ClientMetadataWire)[] = [
  'redirect_uris',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'grant_types',
  'response_types',
  'application_type',
  'client_name',
  'client_uri',
  'logo_uri',
  'tos_uri',
  'policy_uri',
  'contacts',
  'scope',
  'audience',
  'jwks',
  'jwks_uri',
  'software_id',
  'software_version',
  'subject_type',
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  'request_object_signing_alg',
  'request_uris',
  'default_max_age',
  'require_auth_time',
  'default_acr_values',
  'initiate_login_uri',
  'post_logout_redirect_uris',
  'frontchannel_logout_uri',
  'frontchannel_logout_session_required',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
  'allowed_cors_origins',
]

/**
 * The client information response (RFC 7591 §3.2.1, RFC 7592 §3): what is registered and in force, the defaults included. Absent
 * members are absent, never `null` or empty; `redirect_uris` is always an array. Times are in seconds since 1970, but for Hydra's two.
 */
export function clientInformation(client: Client, registrationClientUri: string, told: ToldOnce): Record<string, unknown> {
  const wire = toWire(client.metadata) as Record<string, unknown>
  return {
    client_id: client.clientId,
    ...(told.clientSecret !== undefined && { client_secret: told.clientSecret, client_secret_expires_at: 0 }),
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(told.registrationAccessToken !== undefined && { registration_access_token: told.registrationAccessToken }),
    registration_client_uri: registrationClientUri,
    redirect_uris: [],
    ...defaultsInForce(client),
    ...Object.fromEntries(shown.filter((name) => isSet(wire[name])).map((name) => [name, wire[name]])),
    ...localized(client),
    created_at: `${new Date(client.createdAt).toISOString().slice(0, 19)}Z`,
    updated_at: new Date(client.updatedAt).toISOString(),
  }
}

/** RFC 7591 §2's defaults, for a client that an administrator made without them. */
function defaultsInForce({ metadata }: Client): Record<string, unknown> {
  const grantTypes = metadata.grantTypes?.length ? metadata.grantTypes : ['authorization_code']
  return {
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: grantTypes,
    response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
    application_type: applicationTypeOf(metadata),
  }
}

const isSet = (value: unknown): boolean => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)

function localized({ metadata }: Client): Record<string, string> {
  const tagged = Object.entries(metadata.localized ?? {}).filter(([name]) => isTaggable(languageTagged(name)?.member ?? ''))
  return Object.fromEntries(tagged)
}
