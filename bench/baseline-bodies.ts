/** The baseline's response bodies. They have the same members as the server's, so that both write bodies of the same size. */
import {
  assertionSigningAlgs,
  registrableAuthMethods,
  registrableGrantTypes,
  registrableResponseTypes,
} from '../src/protocol/grant-types.ts'
import { hydraTimes } from '../src/protocol/hydra-client-json.ts'
import { responseModes } from '../src/protocol/response-mode.ts'
import type { ShownRow } from './baseline-store.ts'

/** Reads a column as the server does: frequent empty values are not parsed. */
export const fromJson = (text: string) => (text === '{}' ? {} : text === '[]' ? [] : JSON.parse(text))

/** The registration response: absent members are omitted. */
export function publicClient(
  issuer: string,
  id: string,
  metadata: Record<string, unknown>,
  createdAt: number,
  updatedAt: number,
  fresh: { readonly secret?: string; readonly token?: string } = {},
) {
  return {
    client_id: id,
    client_id_issued_at: Math.floor(createdAt / 1000),
    ...(fresh.secret && { client_secret: fresh.secret, client_secret_expires_at: 0 }),
    ...metadata,
    ...hydraTimes({ createdAt, updatedAt }),
    ...(fresh.token && { registration_access_token: fresh.token }),
    registration_client_uri: `${issuer}oauth2/register/${id}`,
  }
}

const noLifespans = Object.fromEntries(
  [
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
  ].map((name) => [name, null]),
)

/** The admin response: Hydra's JSON, with its nulls and empty strings. */
export function adminClient(row: ShownRow) {
  return {
    client_id: row.client_id,
    client_name: '',
    redirect_uris: [],
    grant_types: [],
    response_types: [],
    scope: '',
    audience: [],
    owner: '',
    policy_uri: '',
    allowed_cors_origins: [],
    tos_uri: '',
    client_uri: '',
    logo_uri: '',
    contacts: [],
    client_secret_expires_at: 0,
    subject_type: 'public',
    jwks: {},
    token_endpoint_auth_method: 'client_secret_basic',
    userinfo_signed_response_alg: 'none',
    metadata: {},
    skip_consent: false,
    skip_logout_consent: null,
    ...JSON.parse(row.metadata),
    ...hydraTimes({ createdAt: row.created_at, updatedAt: row.updated_at }),
    ...noLifespans,
    ...fromJson(row.settings),
  }
}

export function discoveryDocument(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}oauth2/auth`,
    token_endpoint: `${issuer}oauth2/token`,
    revocation_endpoint: `${issuer}oauth2/revoke`,
    userinfo_endpoint: `${issuer}userinfo`,
    end_session_endpoint: `${issuer}oauth2/sessions/logout`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    registration_endpoint: `${issuer}oauth2/register`,
    scopes_supported: ['openid', 'profile', 'email', 'offline', 'offline_access', 'notes.read'],
    response_types_supported: registrableResponseTypes,
    response_modes_supported: responseModes,
    grant_types_supported: registrableGrantTypes,
    token_endpoint_auth_methods_supported: registrableAuthMethods,
    token_endpoint_auth_signing_alg_values_supported: assertionSigningAlgs,
    revocation_endpoint_auth_methods_supported: registrableAuthMethods,
    revocation_endpoint_auth_signing_alg_values_supported: assertionSigningAlgs,
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    userinfo_signing_alg_values_supported: ['none', 'RS256'],
    claims_supported: ['sub'],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    claims_parameter_supported: false,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    request_object_signing_alg_values_supported: assertionSigningAlgs,
  }
}
