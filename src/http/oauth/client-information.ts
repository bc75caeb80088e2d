import type { Client } from '../../core/clients/client.ts'
import { memberNames } from '../../protocol/client-metadata.ts'
import { hydraTimes } from '../../protocol/hydra-client-json.ts'
import { applicationTypeOf, defaultAuthMethod, grantTypesInForce, responseTypesFor } from '../../protocol/metadata-defaults.ts'

/** Secrets that are shown only once, in the response to the request that made them. */
export interface NewSecrets {
  readonly clientSecret?: string
  readonly registrationAccessToken?: string
}

/**
 * The client information response (RFC 7591 §3.2.1, RFC 7592 §3): the registered values in force, defaults included. It has the members of
 * client metadata only, and none of the operator's. Absent members are omitted, never `null` or empty; `redirect_uris` is always an array.
 * Times are seconds since 1970, except for Hydra's two.
 */
export function clientInformation(client: Client, registrationClientUri: string, secrets: NewSecrets): Record<string, unknown> {
  const { metadata } = client
  const grantTypes = grantTypesInForce(metadata)
  const json: Record<string, unknown> = { client_id: client.clientId, client_id_issued_at: Math.floor(client.createdAt / 1000) }
  if (secrets.clientSecret !== undefined) {
    json.client_secret = secrets.clientSecret
    json.client_secret_expires_at = 0
  }
  if (secrets.registrationAccessToken !== undefined) json.registration_access_token = secrets.registrationAccessToken
  json.registration_client_uri = registrationClientUri
  json.redirect_uris = []
  // The defaults of RFC 7591 §2, for a client that an administrator created without them.
  json.token_endpoint_auth_method = defaultAuthMethod
  json.grant_types = grantTypes
  json.response_types = responseTypesFor(grantTypes)
  json.application_type = applicationTypeOf(metadata)
  for (const [wire, own] of memberNames) if (isSet(metadata[own])) json[wire] = metadata[own]
  if (metadata.localized) Object.assign(json, metadata.localized)
  return Object.assign(json, hydraTimes(client))
}

const isSet = (value: unknown): boolean => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
