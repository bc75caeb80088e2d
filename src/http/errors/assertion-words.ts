import type { AssertionRefusal } from '../../core/clients/verify-assertion.ts'

/** What is wrong with a client assertion, in Hydra's words where Hydra has some. */
export function assertionWords(reason: AssertionRefusal): string {
  switch (reason.fault) {
    case 'malformed':
    case 'signature':
      return "Unable to verify the integrity of the 'client_assertion' value."
    case 'sub-missing':
      return "The claim 'sub' from the client_assertion JSON Web Token is undefined."
    case 'alg-unsupported':
      return `The 'client_assertion' request parameter uses unsupported signing algorithm '${reason.alg}'.`
    case 'alg-not-registered':
      return `The 'client_assertion' uses signing algorithm '${reason.alg}' but the requested OAuth 2.0 Client enforces signing algorithm '${reason.registered}'.`
    case 'typ':
      return "The header 'typ' of the 'client_assertion' must be 'client-authentication+jwt' or 'JWT', or be left out."
    case 'issuer':
      return "Claim 'iss' from 'client_assertion' must match the 'client_id' of the OAuth 2.0 Client."
    case 'subject':
      return "Claim 'sub' from 'client_assertion' must match the 'client_id' of the OAuth 2.0 Client."
    case 'jti':
      return "Claim 'jti' from 'client_assertion' must be set but is not."
    case 'audience':
      return `Claim 'audience' from 'client_assertion' must match the authorization server's token endpoint '${reason.tokenEndpoint}'.`
    case 'expiry':
      return "The times of the 'client_assertion' do not fit: 'exp' must be set, in the future, and at most an hour ahead; 'nbf' and 'iat' must not be in the future."
    case 'no-keys':
      return 'The OAuth 2.0 Client has no JSON Web Keys set registered, but they are needed to complete the request.'
    case 'keys-unreachable':
      return "Unable to retrieve the JSON Web Keys at the OAuth 2.0 Client's 'jwks_uri'."
    case 'key-unknown':
      return "The 'client_assertion' is signed with a key that is not among the OAuth 2.0 Client's JSON Web Keys for this algorithm."
  }
}
