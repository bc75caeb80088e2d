import { clientMetadataSchema } from '../../protocol/client-metadata.ts'
import { clientSettingsSchema, lifespanNames } from '../../protocol/client-settings.ts'
import { loginSchemas } from './login-schemas.ts'
import { flag, list, object, type Properties, type Schema, seconds, text, time, url } from './schema-parts.ts'

/** The schema that also checks registrations. */
const metadata = clientMetadataSchema.properties as unknown as Properties
const settings = clientSettingsSchema.properties as unknown as Properties

/** Responses can contain longer texts, which an administrator may set. */
const unbounded = (properties: Properties, change: (schema: Schema) => Schema = (schema) => schema): Properties =>
  Object.fromEntries(
    Object.entries(properties).map(([name, { maxLength: _length, maxItems: _items, items, ...schema }]) => [
      name,
      change(items === undefined ? schema : { ...schema, items: text }),
    ]),
  )

const nullableList = (schema: Schema): Schema => (schema.type === 'array' ? { ...schema, type: ['array', 'null'] } : schema)

const registrationToken: Properties = {
  registration_access_token: { ...text, description: 'For the client configuration endpoint. Shown only once.' },
  registration_client_uri: { ...url, description: 'The client configuration endpoint.' },
}

const secret: Properties = {
  client_secret: { ...text, description: 'Shown only once.' },
  client_secret_expires_at: { ...seconds, const: 0 },
}

const lifespans: Properties = Object.fromEntries(lifespanNames.map((name) => [name, { type: ['string', 'null'] }]))

const clientInformation = object(
  {
    client_id: text,
    client_id_issued_at: seconds,
    ...secret,
    ...registrationToken,
    ...unbounded(metadata),
    created_at: time,
    updated_at: time,
  },
  [
    ...['client_id', 'client_id_issued_at', 'registration_client_uri', 'redirect_uris', 'token_endpoint_auth_method'],
    ...['grant_types', 'response_types', 'application_type', 'created_at', 'updated_at'],
  ],
)

const oauth2Client = object(
  {
    client_id: text,
    ...secret,
    ...registrationToken,
    ...unbounded(metadata, nullableList),
    ...unbounded(settings),
    metadata: { description: 'Any JSON; set and read by the operator only.' },
    skip_logout_consent: { type: ['boolean', 'null'] },
    ...lifespans,
    created_at: time,
    updated_at: time,
  },
  [],
)

/** Client authentication by form parameters (RFC 6749 §2.3.1, RFC 7523 §2.2). */
const clientAuthentication: Properties = { client_id: text, client_secret: text, client_assertion: text, client_assertion_type: text }

/** The schemas that operations refer to by name. */
export const schemas: Properties = {
  ErrorOAuth2: object(
    { error: { ...text, description: 'A code.' }, error_description: { ...text, description: 'A sentence for developers.' } },
    ['error', 'error_description'],
    { description: 'RFC 6749 §5.2, RFC 7591 §3.2.2.' },
  ),
  ClientMetadata: object(metadata, [], {
    description:
      'RFC 7591 §2 and OpenID Connect Dynamic Client Registration §2. Members may carry a language tag (`client_name#fr`). `null` and `""` count as absent; unknown members are ignored.',
  }),
  ClientInformation: { ...clientInformation, description: 'RFC 7591 §3.2.1: the registered values in force.' },
  OAuth2Client: { ...oauth2Client, description: 'A client in the shape of Ory Hydra.' },
  OAuth2ClientTokenLifespans: object(lifespans, [], { description: 'Durations such as `1h30m`; `null` or absent means the default.' }),
  RegistrationAccessToken: object({ client_id: text, ...registrationToken }),
  JsonPatch: {
    type: 'array',
    items: object({ op: { enum: ['add', 'remove', 'replace', 'test'] }, path: text, value: {} }, ['op', 'path']),
    description: 'RFC 6902, applied to the client as a GET shows it.',
  },
  TokenRequest: object(
    {
      grant_type: { enum: ['authorization_code', 'refresh_token', 'client_credentials'] },
      code: { ...text, description: 'From the authorization endpoint.' },
      redirect_uri: { ...text, description: 'The same as in the authorization request.' },
      code_verifier: { ...text, description: 'RFC 7636 §4.5.' },
      refresh_token: { ...text, description: 'Valid once; the response has the next one.' },
      scope: { ...text, description: 'Scopes, separated by spaces.' },
      audience: { ...text, description: 'Audiences, separated by spaces; may be sent several times.' },
      resource: { ...url, description: 'RFC 8707; may be sent several times.' },
      ...clientAuthentication,
    },
    ['grant_type'],
  ),
  TokenResponse: object(
    {
      access_token: text,
      expires_in: { type: 'integer', description: 'Seconds.' },
      id_token: text,
      refresh_token: text,
      scope: text,
      token_type: { const: 'bearer' },
    },
    ['access_token', 'expires_in', 'scope', 'token_type'],
  ),
  RevocationRequest: object({ token: text, token_type_hint: text, ...clientAuthentication }, ['token']),
  IntrospectionRequest: object({ token: text, scope: text, token_type_hint: text }, ['token']),
  IntrospectedOAuth2Token: object(
    {
      active: flag,
      scope: text,
      client_id: text,
      sub: text,
      exp: seconds,
      iat: seconds,
      nbf: seconds,
      aud: list,
      iss: text,
      token_type: text,
      token_use: text,
      ext: { type: 'object', description: 'Claims that the consent application added.' },
      obfuscated_subject: { ...text, description: 'The pairwise subject for the client.' },
      jti: { ...text, description: 'Only of a JWT.' },
    },
    ['active'],
  ),
  JsonWebKey: object({ kty: text, kid: text, use: text, alg: text }, ['kty'], { description: 'RFC 7517 §4.' }),
  JsonWebKeySet: object({ keys: { type: 'array', items: { $ref: '#/components/schemas/JsonWebKey' } } }),
  CreateJsonWebKeySet: object({ alg: text, kid: text, use: text }, ['alg', 'kid', 'use']),
  OidcConfiguration: object(
    {
      issuer: text,
      authorization_endpoint: url,
      token_endpoint: url,
      revocation_endpoint: url,
      userinfo_endpoint: url,
      end_session_endpoint: url,
      jwks_uri: url,
      registration_endpoint: url,
      scopes_supported: list,
      response_types_supported: list,
      response_modes_supported: list,
      grant_types_supported: list,
      token_endpoint_auth_methods_supported: list,
      revocation_endpoint_auth_methods_supported: list,
      code_challenge_methods_supported: list,
      subject_types_supported: list,
      id_token_signing_alg_values_supported: list,
      userinfo_signing_alg_values_supported: list,
      claims_supported: list,
      authorization_response_iss_parameter_supported: flag,
      backchannel_logout_supported: flag,
      backchannel_logout_session_supported: flag,
      claims_parameter_supported: flag,
      request_parameter_supported: flag,
      request_uri_parameter_supported: flag,
      require_request_uri_registration: flag,
      request_object_signing_alg_values_supported: list,
    },
    ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri', 'response_types_supported', 'subject_types_supported'],
    { description: 'RFC 8414 §2, OpenID Connect Discovery §3: only what is enabled.' },
  ),
  ...loginSchemas,
  HealthStatus: object({ status: { const: 'ok' } }),
  HealthNotReady: object({ errors: { type: 'object', additionalProperties: text } }),
  Version: object({ version: text }),
  OpenApiDocument: { type: 'object', description: 'An OpenAPI 3.1 document.' },
}
