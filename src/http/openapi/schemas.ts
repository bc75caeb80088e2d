import { clientMetadataSchema } from '../../protocol/client-metadata.ts'
import { clientSettingsSchema, lifespanNames } from '../../protocol/client-settings.ts'
import { loginSchemas } from './login-schemas.ts'
import { flag, list, object, type Properties, type Schema, seconds, text, time, url } from './schema-parts.ts'

/** The very schema that checks a registration. */
const metadata = clientMetadataSchema.properties as unknown as Properties
const settings = clientSettingsSchema.properties as unknown as Properties

/** Answers show what an administrator let in, whose texts nobody bounds. */
const unbounded = (properties: Properties, change: (schema: Schema) => Schema = (schema) => schema): Properties =>
  Object.fromEntries(
    Object.entries(properties).map(([name, { maxLength: _length, maxItems: _items, items, ...schema }]) => [
      name,
      change(items === undefined ? schema : { ...schema, items: text }),
    ]),
  )

const nullableList = (schema: Schema): Schema => (schema.type === 'array' ? { ...schema, type: ['array', 'null'] } : schema)

const registrationToken: Properties = {
  registration_access_token: { ...text, description: 'Opens the client configuration endpoint. Told once.' },
  registration_client_uri: { ...url, description: 'Where the client reads, updates and deletes itself.' },
}

const told: Properties = { client_secret: { ...text, description: 'Told once.' }, client_secret_expires_at: { ...seconds, const: 0 } }

const lifespans: Properties = Object.fromEntries(lifespanNames.map((name) => [name, { type: ['string', 'null'] }]))

const clientInformation = object(
  {
    client_id: text,
    client_id_issued_at: seconds,
    ...told,
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
    ...told,
    ...registrationToken,
    ...unbounded(metadata, nullableList),
    ...unbounded(settings),
    metadata: { description: 'Any JSON; of the operator alone.' },
    skip_logout_consent: { type: ['boolean', 'null'] },
    ...lifespans,
    created_at: time,
    updated_at: time,
  },
  [],
)

/** How a client proves itself in a form, where it does not by a header (RFC 6749 §2.3.1, RFC 7523 §2.2). */
const clientProof: Properties = { client_id: text, client_secret: text, client_assertion: text, client_assertion_type: text }

/** What several operations speak of, by name. */
export const schemas: Properties = {
  ErrorOAuth2: object(
    { error: { ...text, description: 'A code.' }, error_description: { ...text, description: 'A sentence for a person.' } },
    ['error', 'error_description'],
    { description: 'RFC 6749 §5.2, RFC 7591 §3.2.2.' },
  ),
  ClientMetadata: object(metadata, [], {
    description:
      'RFC 7591 §2 and OpenID Connect Dynamic Client Registration §2. Members may carry a language tag (`client_name#fr`). `null` and `""` are as good as absent; unknown members are ignored.',
  }),
  ClientInformation: { ...clientInformation, description: 'RFC 7591 §3.2.1: what is registered and in force.' },
  OAuth2Client: { ...oauth2Client, description: 'A client in the shape of Ory Hydra.' },
  OAuth2ClientTokenLifespans: object(lifespans, [], { description: 'Durations such as `1h30m`; `null` or absent is the default.' }),
  RegistrationAccessToken: object({ client_id: text, ...registrationToken }),
  JsonPatch: {
    type: 'array',
    items: object({ op: { enum: ['add', 'remove', 'replace', 'test'] }, path: text, value: {} }, ['op', 'path']),
    description: 'RFC 6902, on the client as it is shown.',
  },
  TokenRequest: object(
    {
      grant_type: { enum: ['authorization_code', 'refresh_token', 'client_credentials'] },
      code: { ...text, description: 'From the authorization endpoint.' },
      redirect_uri: { ...text, description: 'As the authorization request had it.' },
      code_verifier: { ...text, description: 'RFC 7636 §4.5.' },
      refresh_token: { ...text, description: 'Works once; the answer has the next.' },
      scope: { ...text, description: 'Scopes, separated by spaces.' },
      audience: { ...text, description: 'Audiences, separated by spaces; may come several times.' },
      resource: { ...url, description: 'RFC 8707; may come several times.' },
      ...clientProof,
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
  RevocationRequest: object({ token: text, token_type_hint: text, ...clientProof }, ['token']),
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
      ext: { type: 'object', description: 'What the consent added.' },
      obfuscated_subject: { ...text, description: 'As the client knows the person.' },
      jti: { ...text, description: 'Of a JWT.' },
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
    { description: 'RFC 8414 §2, OpenID Connect Discovery §3: exactly what is on.' },
  ),
  ...loginSchemas,
  HealthStatus: object({ status: { const: 'ok' } }),
  HealthNotReady: object({ errors: { type: 'object', additionalProperties: text } }),
  Version: object({ version: text }),
  OpenApiDocument: { type: 'object', description: 'An OpenAPI 3.1 document.' },
}
