import { flag, list, object, type Schema, text, time, url } from './schema-parts.ts'

const anything: Schema = {}
const claims: Schema = { type: 'object' }
const seconds: Schema = { type: 'integer', minimum: 0, description: 'Seconds.' }
const client: Schema = { $ref: '#/components/schemas/OAuth2Client' }

const asked = {
  challenge: text,
  requested_scope: list,
  requested_access_token_audience: list,
  skip: { ...flag, description: 'The person need not be asked; accept the request.' },
  subject: text,
  oidc_context: claims,
  client,
  request_url: text,
}

const consent = {
  ...asked,
  consent_request_id: text,
  login_challenge: text,
  login_session_id: text,
  acr: text,
  amr: list,
  context: anything,
  client_facts: { ...claims, description: 'What the server knows about the client; a consent page should show it to the person.' },
}

/** What login, consent and logout applications read and write, with the names of Hydra. */
export const loginSchemas = {
  OAuth2LoginRequest: object({ ...asked, session_id: text }),
  AcceptOAuth2LoginRequest: object(
    {
      subject: text,
      remember: flag,
      remember_for: { ...seconds, description: 'Seconds; 0 means `ttl.authentication_session`.' },
      extend_session_lifespan: flag,
      acr: text,
      amr: list,
      context: anything,
      force_subject_identifier: text,
    },
    ['subject'],
  ),
  OAuth2ConsentRequest: object(consent),
  AcceptOAuth2ConsentRequest: object(
    {
      grant_scope: list,
      grant_access_token_audience: list,
      remember: flag,
      remember_for: { ...seconds, description: 'Seconds; 0 means without limit.' },
      session: object({ access_token: claims, id_token: claims }, []),
      context: anything,
    },
    [],
  ),
  RejectOAuth2Request: object(
    { error: text, error_description: text, error_hint: text, error_debug: text, status_code: { type: 'integer' } },
    [],
  ),
  OAuth2LogoutRequest: object(
    {
      challenge: text,
      subject: text,
      sid: text,
      request_url: text,
      rp_initiated: flag,
      expires_at: time,
      requested_at: time,
      client: { anyOf: [client, { type: 'null' }] },
    },
    ['challenge', 'subject', 'sid', 'request_url', 'rp_initiated', 'client'],
  ),
  OAuth2RedirectTo: object({ redirect_to: url }),
  OAuth2ConsentSessions: {
    type: 'array',
    items: object({
      consent_request_id: text,
      grant_scope: list,
      grant_access_token_audience: list,
      session: claims,
      remember: flag,
      remember_for: seconds,
      handled_at: time,
      context: anything,
      consent_request: claims,
    }),
  },
  OidcUserInfo: { type: 'object', properties: { sub: text }, required: ['sub'], description: 'OpenID Connect Core §5.1.' },
} as const satisfies Readonly<Record<string, Schema>>
