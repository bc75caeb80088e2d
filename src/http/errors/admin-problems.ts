import { invalidRequest, type Problem, sentence, type Table } from './problem.ts'
import type { AdminFaceRefusal } from './refusals.ts'

const malformed = (description: string): Problem => ({ status: 400, code: sentence.malformed, description })
const notFound: Problem = { status: 404, code: sentence.notFound, description: '' }
const unknownResource: Problem = { status: 404, code: 'Not Found', description: 'Unable to locate the requested resource' }
const taken = (description = ''): Problem => ({ status: 409, code: sentence.taken, description })
const expired = (step: string): Problem => ({
  status: 401,
  code: 'request_unauthorized',
  description: `The ${step} request has expired, please try again.`,
})

/** Refusals of the admin API, with the codes and sentences of Hydra where it has them. */
export const adminProblems: Table<AdminFaceRefusal, 'kind'> = {
  'admin-unauthorized': {
    status: 401,
    code: 'The request could not be authorized',
    description: 'A bearer token of serve.admin.auth is needed.',
    headers: { 'www-authenticate': 'Bearer' },
  },
  'admin-fenced': ({ message }) => ({ status: 403, code: 'The requested action was forbidden', description: message }),
  'page-refused': ({ message }) => malformed(`Unable to parse pagination parameters: ${message}`),
  'query-missing': ({ name }) => invalidRequest(`Query parameter '${name}' is not defined but it should have been.`),

  'client-not-found': notFound,
  'client-id-taken': taken(),
  'patch-refused': ({ message }) => malformed(`Unable to apply the JSON Patch: ${message}`),
  'rotation-unsupported': ({ method }) =>
    malformed(`The client is configured to use the '${method}' authentication method, which does not support client secret rotation.`),

  'key-set-not-found': unknownResource,
  'key-not-found': notFound,
  'key-algorithm-unsupported': { status: 400, code: 'Bad Request', description: 'Unsupported key algorithm' },
  'key-malformed': ({ message }) => malformed(message),
  'key-id-taken': taken(),
  'key-algorithm-in-use': ({ clients, algs }) => ({
    status: 409,
    code: 'Conflict',
    description: `${clients} OAuth 2.0 Client(s) registered ${algs.join(', ')} and no other key would sign for them: make another key for it first, or send force=true in the query`,
  }),

  'challenge-missing': invalidRequest("Query parameter 'challenge' is not defined but should have been."),
  'challenge-unknown': unknownResource,
  // Hydra encrypts the request into its challenge; a caller may match its sentence.
  'logout-challenge-unknown': {
    ...unknownResource,
    description: 'Unable to locate the requested resource Failed to decrypt the logout challenge.',
  },
  'challenge-expired': ({ step }) => expired(step),
  'logout-challenge-expired': expired('logout'),
  'challenge-used': taken('The browser already continued with an earlier answer; it has to start again.'),
  'logout-challenge-used': taken('The browser already continued with an earlier answer.'),
  'subject-missing': invalidRequest("Field 'subject' must not be empty."),
  'answer-malformed': ({ message }) => malformed(message),

  'sessions-subject-missing': invalidRequest("Query parameter 'subject' is not defined but should have been."),
  'consent-selection': invalidRequest('Invalid combination of query parameters.'),
  'session-selection': invalidRequest("Either 'subject' or 'sid' query parameters need to be defined."),
}
