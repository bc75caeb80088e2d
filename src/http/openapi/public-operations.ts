import type { PublicHandlers } from '../public.ts'
import type { Operation } from './operation.ts'
import { sharedOperations } from './shared-operations.ts'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const html = { type: 'text/html', schema: { type: 'string' } }

/** A page for a person: whatever is wrong with who sent him here, he reads it. */
const authorization: Operation = {
  id: 'oAuth2Authorize',
  tag: 'oAuth2',
  summary: 'Where an application sends a person to log in (RFC 6749 §3.1).',
  description: 'Logging in is not built yet: a sound request gets 501, an unsound one 400.',
  query: {
    client_id: { schema: { type: 'string' }, description: 'Who sends.' },
    redirect_uri: { schema: { type: 'string' }, description: 'Where to send the person back to.' },
  },
  answers: { 400: { description: 'The request cannot be trusted.', ...html }, 501: { description: 'Not built yet.', ...html } },
}

/** What each public route does, by the name of its handler; the compiler misses none. */
export const publicOperations: Readonly<Record<keyof PublicHandlers, Operation>> = {
  register: {
    id: 'createOidcDynamicClient',
    tag: 'oidc',
    summary: 'Registers a client (RFC 7591 §3).',
    description: 'What is asked for is narrowed to what the operator allows; the answer shows what is in force.',
    body: { type: json, schema: 'ClientMetadata' },
    answers: {
      201: {
        description: 'Registered. The secret and the registration access token are told once.',
        schema: 'ClientInformation',
        headers: { location: 'Where the client is read and changed.' },
      },
    },
    refusals: [404],
  },
  readConfiguration: {
    id: 'getOidcDynamicClient',
    tag: 'oidc',
    summary: 'Reads a client, for its owner (RFC 7592 §2.1).',
    proof: 'registrationAccessToken',
    answers: { 200: { description: 'What is registered.', schema: 'ClientInformation' } },
    refusals: [401, 404],
  },
  updateConfiguration: {
    id: 'setOidcDynamicClient',
    tag: 'oidc',
    summary: 'Replaces what a client says of itself (RFC 7592 §2.2).',
    description:
      'What is left out returns to its default. The answer carries a new registration access token; the one that was sent is dead.',
    proof: 'registrationAccessToken',
    body: { type: json, schema: 'ClientMetadata' },
    answers: { 200: { description: 'Replaced.', schema: 'ClientInformation' } },
    refusals: [401, 403, 404],
  },
  deleteConfiguration: {
    id: 'deleteOidcDynamicClient',
    tag: 'oidc',
    summary: 'Deletes a client and ends its tokens (RFC 7592 §2.3).',
    proof: 'registrationAccessToken',
    answers: { 204: { description: 'Deleted.' } },
    refusals: [401, 404],
  },
  token: {
    id: 'oauth2TokenExchange',
    tag: 'oAuth2',
    summary: 'Issues an access token (RFC 6749 §3.2).',
    proof: 'clientSecret',
    body: { type: form, schema: 'TokenRequest' },
    answers: { 200: { description: 'A token.', schema: 'TokenResponse' } },
    refusals: [401, 429],
  },
  revoke: {
    id: 'revokeOAuth2Token',
    tag: 'oAuth2',
    summary: 'Ends an access token of the client (RFC 7009).',
    proof: 'clientSecret',
    body: { type: form, schema: 'RevocationRequest' },
    answers: { 200: { description: 'Whatever it was, it is worth nothing now.' } },
    refusals: [401, 429],
  },
  authorize: authorization,
  jwks: {
    id: 'discoverJsonWebKeys',
    tag: 'wellknown',
    summary: 'The public halves of the keys that sign (RFC 7517 §5).',
    answers: { 200: { description: 'A key set.', schema: 'JsonWebKeySet' } },
    still: true,
  },
  discovery: {
    id: 'discoverOidcConfiguration',
    tag: 'oidc',
    summary: 'The metadata of this server (RFC 8414, OpenID Connect Discovery).',
    answers: {
      200: { description: 'What is on.', schema: 'OidcConfiguration', headers: { etag: 'For `If-None-Match`.' } },
      304: { description: 'Nothing has changed.' },
    },
    still: true,
  },
  ...sharedOperations,
}
