import { invalidRequest, lookUp, type Table } from './problem.ts'
import type { PageFaceRefusal } from './refusals.ts'
import { requestObjectProblems } from './request-object-problems.ts'

/** Refusals that a person reads on a page. */
export const pageProblems: Table<PageFaceRefusal, 'kind'> = {
  'posted-from-elsewhere': {
    status: 403,
    code: 'request_forbidden',
    description: 'This form was sent by a page of another site, so nothing was done.',
  },
  'request-object-refused': (refusal) => lookUp(requestObjectProblems, refusal, 'fault'),
  'logout-hint-missing': ({ parameter }) =>
    invalidRequest(`Logout failed because query parameter ${parameter} is set but id_token_hint is missing.`),
  'logout-hint-refused': invalidRequest('Logout failed because id_token_hint is not an ID token of this server.'),
  'logout-client-other': invalidRequest('Logout failed because client_id is not the client that id_token_hint was issued to.'),
  'logout-redirect-unregistered': invalidRequest(
    'Logout failed because query parameter post_logout_redirect_uri is not a whitelisted as a post_logout_redirect_uri for the client.',
  ),
  'logout-verifier-unknown': { status: 404, code: 'not_found', description: 'This logout request is unknown or has expired.' },
}
