/** What the floor answers with: the members that the server answers with, so that both write bodies of the same size. */
import type { ClientRow } from './floor-store.ts'

/** The registration face: what is absent is omitted. */
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
    application_type: 'web',
    subject_type: 'public',
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
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

/** The admin face: Hydra's shape, with its nulls and empty strings. */
export function adminClient(row: ClientRow) {
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
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
    ...noLifespans,
  }
}

export function discoveryDocument(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}oauth2/auth`,
    token_endpoint: `${issuer}oauth2/token`,
    registration_endpoint: `${issuer}oauth2/register`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    scopes_supported: ['openid', 'profile', 'email', 'offline', 'offline_access', 'notes.read'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    code_challenge_methods_supported: ['S256'],
  }
}
