import type { ChallengeRefusal } from '../../core/authorization/challenge.ts'
import type { LogoutChallengeRefusal } from '../../core/logout/answer-logout.ts'
import type { LogoutRefusal } from '../../core/logout/begin-logout.ts'
import type { UserinfoRefusal } from '../../core/tokens/userinfo.ts'
import { invalidRequest, type Problem, sentence } from './problem.ts'
import type { LoginDoorReason } from './reasons.ts'

/** Why a login, consent or logout, what is asked about it, or userinfo is refused. */
export type LoginReason = ChallengeRefusal | LogoutChallengeRefusal | LogoutRefusal | UserinfoRefusal | LoginDoorReason

/** What each of them is to a caller, in Hydra's words where it has them. */
export function problemOfLogin(reason: LoginReason): Problem {
  switch (reason.kind) {
    case 'access-token-refused':
      return unauthorizedBearer
    case 'access-token-is-refresh-token':
      return {
        status: 401,
        code: 'invalid_token',
        description: 'Only access tokens are allowed in the authorization header.',
        headers: { 'www-authenticate': bearerChallenge('invalid_token', 'Only access tokens are allowed in the authorization header.') },
      }
    case 'openid-scope-missing':
      return {
        status: 403,
        code: 'insufficient_scope',
        description: 'The access token was not granted the scope openid.',
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope",scope="openid"' },
      }
    case 'challenge-unknown':
      return { status: 404, code: 'Not Found', description: 'Unable to locate the requested resource' }
    // Hydra's challenge is the request itself, encrypted; its words are contract all the same.
    case 'logout-challenge-unknown':
      return {
        status: 404,
        code: 'Not Found',
        description: 'Unable to locate the requested resource Failed to decrypt the logout challenge.',
      }
    case 'challenge-expired':
      return { status: 401, code: 'request_unauthorized', description: `The ${reason.step} request has expired, please try again.` }
    case 'logout-challenge-expired':
      return { status: 401, code: 'request_unauthorized', description: 'The logout request has expired, please try again.' }
    case 'challenge-used':
      return {
        status: 409,
        code: sentence.taken,
        description: 'The browser has gone on with an earlier answer; it can only begin again.',
      }
    case 'logout-challenge-used':
      return { status: 409, code: sentence.taken, description: 'The browser has gone on with an earlier answer.' }
    case 'subject-missing':
      return invalidRequest("Field 'subject' must not be empty.")
    case 'answer-malformed':
      return { status: 400, code: sentence.malformed, description: reason.message }
    case 'challenge-missing':
      return invalidRequest("Query parameter 'challenge' is not defined but should have been.")
    case 'sessions-subject-missing':
      return invalidRequest("Query parameter 'subject' is not defined but should have been.")
    case 'consent-selection':
      return invalidRequest('Invalid combination of query parameters.')
    case 'session-selection':
      return invalidRequest("Either 'subject' or 'sid' query parameters need to be defined.")
    case 'logout-hint-missing':
      return invalidRequest(`Logout failed because query parameter ${reason.parameter} is set but id_token_hint is missing.`)
    case 'logout-hint-refused':
      return invalidRequest('Logout failed because id_token_hint is not an ID token of this server.')
    case 'logout-client-other':
      return invalidRequest('Logout failed because client_id is not the client that id_token_hint was issued to.')
    case 'logout-redirect-unregistered':
      return invalidRequest(
        'Logout failed because query parameter post_logout_redirect_uri is not a whitelisted as a post_logout_redirect_uri for the client.',
      )
    case 'logout-verifier-unknown':
      return { status: 404, code: 'not_found', description: 'This logout is not known here, or no longer.' }
  }
}

const bearerChallenge = (error: string, description: string): string => `Bearer error="${error}",error_description="${description}"`

/** Hydra's words, where RFC 6750 §3.1 has `invalid_token`. */
const unauthorized = 'The request could not be authorized. Check that you provided valid credentials in the right format.'

const unauthorizedBearer: Problem = {
  status: 401,
  code: 'request_unauthorized',
  description: unauthorized,
  headers: { 'www-authenticate': bearerChallenge('request_unauthorized', unauthorized) },
}
