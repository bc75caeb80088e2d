import type { PublicHandlers } from '../public.ts'
import type { Operation } from '../server/operation.ts'
import { sharedOperations } from './shared-operations.ts'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const html = { type: 'text/html', schema: { type: 'string' } }

const location = { location: 'Where the browser goes on.' }

/** A page for a person, where nobody can be trusted with an answer; the way back to the client, where one can. */
const authorization: Operation = {
  id: 'oAuth2Authorize',
  tag: 'oAuth2',
  summary: 'Where an application sends a person to log in (RFC 6749 §3.1).',
  query: {
    client_id: { schema: { type: 'string' }, description: 'Who sends.' },
    redirect_uri: { schema: { type: 'string' }, description: 'Where to send the person back to.' },
    response_type: { schema: { type: 'string' }, description: '`code`.' },
    scope: { schema: { type: 'string' }, description: 'What is asked for; absent, what the client registered.' },
    state: { schema: { type: 'string' }, description: 'Comes back with the answer.' },
    code_challenge: { schema: { type: 'string' }, description: 'SHA-256 of the code verifier (RFC 7636).' },
    code_challenge_method: { schema: { type: 'string' }, description: '`S256`.' },
  },
  answers: {
    200: { description: 'The answer to the client as a form that sends itself.', ...html },
    302: { description: 'On to the login or consent application, or to the error page of the operator.', headers: location },
    303: { description: 'Back to the client.', headers: location },
    400: { description: 'The request cannot be trusted.', ...html },
  },
}

const logout: Operation = {
  id: 'revokeOidcSession',
  tag: 'oidc',
  summary: 'Where an application sends a person to log out (RP-Initiated Logout §2).',
  query: {
    id_token_hint: { schema: { type: 'string' }, description: 'An ID token of the session.' },
    client_id: { schema: { type: 'string' }, description: 'Whose address it is, where there is no ID token.' },
    post_logout_redirect_uri: { schema: { type: 'string' }, description: 'Where to send the person afterwards.' },
    state: { schema: { type: 'string' }, description: 'Comes back with it.' },
  },
  answers: {
    200: { description: 'A page that names the host of `post_logout_redirect_uri` and links to it.', ...html },
    302: { description: 'On to the logout application, or back.', headers: location },
    400: { description: 'The request cannot be trusted.', ...html },
    404: { description: 'A verifier that is not known, or no longer.', ...html },
  },
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
    summary: 'Issues tokens (RFC 6749 §3.2).',
    proof: 'clientSecret',
    body: { type: form, schema: 'TokenRequest' },
    answers: { 200: { description: 'A token.', schema: 'TokenResponse' } },
    refusals: [401, 429],
  },
  revoke: {
    id: 'revokeOAuth2Token',
    tag: 'oAuth2',
    summary: 'Ends a token of the client, and all of its grant (RFC 7009).',
    proof: 'clientSecret',
    body: { type: form, schema: 'RevocationRequest' },
    answers: { 200: { description: 'Whatever it was, it is worth nothing now.' } },
    refusals: [401, 429],
  },
  authorize: authorization,
  logout,
  userinfo: {
    id: 'getOidcUserInfo',
    tag: 'oidc',
    summary: 'What the client may know of the person (OpenID Connect Core §5.3).',
    proof: 'accessToken',
    answers: { 200: { description: 'Claims; a JWT where the client registered a signature.', schema: 'OidcUserInfo' } },
    refusals: [401, 403],
  },
  signInPage: {
    id: 'showFallbackLogin',
    tag: 'oAuth2',
    summary: 'The sign-in page of our own, for `login_challenge`.',
    answers: { 200: { description: 'A page.', ...html } },
    refusals: [403, 404],
  },
  signIn: {
    id: 'postFallbackLogin',
    tag: 'oAuth2',
    summary: 'Its form.',
    answers: {
      200: { description: 'A page.', ...html },
      302: { description: 'On.', headers: location },
      303: { description: 'On.', headers: location },
      401: { description: 'The page again.', ...html },
      429: { description: 'Too many wrong passwords.', ...html },
    },
    refusals: [403, 404],
  },
  consentPage: {
    id: 'showFallbackConsent',
    tag: 'oAuth2',
    summary: 'The consent page of our own, for `consent_challenge`.',
    answers: { 200: { description: 'A page.', ...html } },
    refusals: [403, 404],
  },
  consent: {
    id: 'postFallbackConsent',
    tag: 'oAuth2',
    summary: 'Its form.',
    answers: {
      200: { description: 'A page.', ...html },
      302: { description: 'On.', headers: location },
      303: { description: 'On.', headers: location },
      401: { description: 'The page again.', ...html },
      429: { description: 'Too many wrong passwords.', ...html },
    },
    refusals: [403, 404],
  },
  signOutPage: {
    id: 'showFallbackLogout',
    tag: 'oAuth2',
    summary: 'The page of our own that has a person confirm a logout, for `logout_challenge`.',
    answers: { 200: { description: 'A page.', ...html } },
    refusals: [403, 404],
  },
  signOut: {
    id: 'postFallbackLogout',
    tag: 'oAuth2',
    summary: 'Its form.',
    answers: {
      200: { description: 'A page.', ...html },
      302: { description: 'On.', headers: location },
      303: { description: 'On.', headers: location },
      401: { description: 'The page again.', ...html },
      429: { description: 'Too many wrong passwords.', ...html },
    },
    refusals: [403, 404],
  },
  signedOutPage: {
    id: 'showFallbackLogoutCallback',
    tag: 'oAuth2',
    summary: 'What a person sees after a logout.',
    answers: { 200: { description: 'A page.', ...html } },
    still: true,
  },
  grantsPage: {
    id: 'showFallbackGrants',
    tag: 'oAuth2',
    summary: 'What the person who is signed in at the browser allowed.',
    query: { after: { schema: { type: 'string' }, description: 'Where older ones begin; the page has a link for it.' } },
    answers: {
      200: { description: 'A page.', ...html },
      401: { description: 'Nobody is signed in.', ...html },
      404: { description: 'The operator has pages of his own.', ...html },
    },
  },
  withdrawGrants: {
    id: 'postFallbackGrants',
    tag: 'oAuth2',
    summary: 'Its form: withdraws all that he allowed a client, and ends its tokens.',
    answers: {
      200: { description: 'The page again; it says what was done.', ...html },
      401: { description: 'Nobody is signed in.', ...html },
      404: { description: 'The operator has pages of his own.', ...html },
    },
    refusals: [403],
  },
  errorFallback: {
    id: 'showFallbackError',
    tag: 'oAuth2',
    summary: 'What went wrong, for a person.',
    answers: { 500: { description: 'A page.', ...html } },
    still: true,
  },
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
