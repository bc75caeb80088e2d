import type { issueRegistrationToken } from '../../core/registration/issue-registration-token.ts'
import type {
  forgetRotatedSecrets as forgetRotatedSecretsAct,
  rotateSecret as rotateSecretAct,
} from '../../core/registration/rotate-secret.ts'
import { pathClientId } from '../server/parameters.ts'
import { hydraNoStore, json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { actorOf } from './actor.ts'
import { clientResponse } from './client-response.ts'

const rotation = { path: '/admin/clients/:id/secrets/rotate', face: 'admin' } as const

/** `POST /admin/clients/{id}/secrets/rotate`; a body is ignored. */
export const rotateSecret = (deps: { readonly rotateSecret: ReturnType<typeof rotateSecretAct> }): Endpoint => ({
  method: 'POST',
  ...rotation,
  operation: {
    id: 'rotateOAuth2ClientSecret',
    tag: 'oAuth2',
    summary: 'Issue a new secret for a client. The earlier one stays valid.',
    responses: { 200: { description: 'The client with its new secret, which is shown only once.', schema: 'OAuth2Client' } },
    errors: [404],
  },
  async handler(request) {
    return clientResponse(await deps.rotateSecret(pathClientId(request), actorOf(request)), 'read')
  },
})

interface ForgetDeps {
  readonly forgetRotatedSecrets: ReturnType<typeof forgetRotatedSecretsAct>
}

/** `DELETE /admin/clients/{id}/secrets/rotate` */
export const forgetRotatedSecrets = ({ forgetRotatedSecrets }: ForgetDeps): Endpoint => ({
  method: 'DELETE',
  ...rotation,
  operation: {
    id: 'deleteRotatedOAuth2ClientSecrets',
    tag: 'oAuth2',
    summary: 'Revoke the earlier secrets of a client.',
    responses: { 200: { description: 'The client, with the current secret as the only valid one.', schema: 'OAuth2Client' } },
    errors: [404],
  },
  async handler(request) {
    return clientResponse(await forgetRotatedSecrets(pathClientId(request), actorOf(request)), 'read')
  },
})

interface TokenDeps {
  readonly issueRegistrationToken: ReturnType<typeof issueRegistrationToken>
  readonly registrationUri: (clientId: string) => string
}

/** `POST /admin/clients/{id}/registration-access-token` */
export const newRegistrationToken = ({ issueRegistrationToken, registrationUri }: TokenDeps): Endpoint => ({
  method: 'POST',
  path: '/admin/clients/:id/registration-access-token',
  face: 'admin',
  operation: {
    id: 'createOAuth2ClientRegistrationAccessToken',
    tag: 'oAuth2',
    summary: 'Issue a new registration access token for a client. The earlier one is no longer valid.',
    responses: { 200: { description: 'The new token, which is shown only once.', schema: 'RegistrationAccessToken' } },
    errors: [404],
  },
  async handler(request) {
    const clientId = pathClientId(request)
    const token = await issueRegistrationToken(clientId, actorOf(request))
    const body = { client_id: clientId, registration_access_token: token, registration_client_uri: registrationUri(clientId) }
    return json(200, body, hydraNoStore)
  },
})
