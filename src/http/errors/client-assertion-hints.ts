import type { AssertionRefusal } from '../../core/clients/verify-assertion.ts'
import type { Table } from './problem.ts'

const unverifiable = "Unable to verify the integrity of the 'client_assertion' value."

/** The fault of a client assertion, in the words of Hydra where it has them. */
export const assertionHints: Table<AssertionRefusal, 'fault', string> = {
  malformed: unverifiable,
  signature: unverifiable,
  'sub-missing': "The claim 'sub' from the client_assertion JSON Web Token is undefined.",
  'alg-unsupported': ({ alg }) => `The 'client_assertion' request parameter uses unsupported signing algorithm '${alg}'.`,
  'alg-not-registered': ({ alg, registered }) =>
    `The 'client_assertion' uses signing algorithm '${alg}' but the requested OAuth 2.0 Client enforces signing algorithm '${registered}'.`,
  typ: "The header 'typ' of the 'client_assertion' must be 'client-authentication+jwt' or 'JWT', or be left out.",
  issuer: "Claim 'iss' from 'client_assertion' must match the 'client_id' of the OAuth 2.0 Client.",
  subject: "Claim 'sub' from 'client_assertion' must match the 'client_id' of the OAuth 2.0 Client.",
  jti: "Claim 'jti' from 'client_assertion' must be set but is not.",
  audience: ({ tokenEndpoint }) =>
    `Claim 'audience' from 'client_assertion' must match the authorization server's token endpoint '${tokenEndpoint}'.`,
  expiry:
    "The times of the 'client_assertion' do not fit: 'exp' must be set, in the future, and at most an hour ahead; 'nbf' and 'iat' must not be in the future.",
  'no-keys': 'The OAuth 2.0 Client has no JSON Web Keys set registered, but they are needed to complete the request.',
  'keys-unreachable': "Unable to retrieve the JSON Web Keys at the OAuth 2.0 Client's 'jwks_uri'.",
  'key-unknown': "The 'client_assertion' is signed with a key that is not among the OAuth 2.0 Client's JSON Web Keys for this algorithm.",
}
