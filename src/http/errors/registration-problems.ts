import type { Problem, Table } from './problem.ts'
import type { RegistrationFaceRefusal } from './refusals.ts'

/** Refusals of the registration endpoints (RFC 7591 §3.2.2, RFC 6750 §3). */
export const registrationProblems: Table<RegistrationFaceRefusal, 'kind'> = {
  'registration-off': {
    status: 404,
    code: 'The requested resource could not be found',
    description: 'Dynamic registration is not enabled.',
  },
  'metadata-refused': ({ problems }): Problem => ({
    status: 400,
    code: problems[0]?.code ?? 'invalid_client_metadata',
    description: problems.map(({ member, message }) => `${member}: ${message}`).join('; '),
  }),
  'registration-token-refused': {
    status: 401,
    code: 'invalid_token',
    description: 'The client does not exist or the registration access token is not its own.',
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  },
  'foreign-secret': {
    status: 403,
    code: 'invalid_client_metadata',
    description: 'client_secret: is not the current one; it cannot be chosen, leave it out',
  },
}
