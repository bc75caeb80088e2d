import type { deleteClientByOwner } from '../../core/registration/delete-client.ts'
import type { readClient } from '../../core/registration/read-client.ts'
import type { updateClient } from '../../core/registration/update-client.ts'
import type { Live } from '../../lib/live.ts'
import { bearerToken } from '../server/bearer-token.ts'
import { jsonBody } from '../server/body.ts'
import { pathClientId } from '../server/parameters.ts'
import { empty, json, noStore } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { clientInformation } from './client-information.ts'
import { registrationJson } from './register.ts'

const endpoint = { path: '/oauth2/register/:id', face: 'registration' } as const

interface ReadDeps {
  readonly readClient: ReturnType<typeof readClient>
  readonly registrationUri: (clientId: string) => string
  readonly echoToken: Live<boolean>
}

/** `GET /oauth2/register/{id}`: RFC 7592 §2.1. The response has no token, unless the operator wants the presented one echoed. */
export const readConfiguration = ({ readClient, registrationUri, echoToken }: ReadDeps): Endpoint => ({
  method: 'GET',
  ...endpoint,
  operation: {
    id: 'getOidcDynamicClient',
    tag: 'oidc',
    summary: 'Read a client, as its owner (RFC 7592 §2.1).',
    security: 'registrationAccessToken',
    responses: { 200: { description: 'The registered values.', schema: 'ClientInformation' } },
    errors: [401, 404],
  },
  async handler(request) {
    const token = bearerToken(request)
    const client = await readClient(pathClientId(request), token)
    const echoed = echoToken() && token !== undefined ? { registrationAccessToken: token } : {}
    return json(200, clientInformation(client, registrationUri(client.clientId), echoed), noStore)
  },
})

interface UpdateDeps {
  readonly updateClient: ReturnType<typeof updateClient>
  readonly registrationUri: (clientId: string) => string
}

/** `PUT /oauth2/register/{id}`: RFC 7592 §2.2. The response has a new registration access token; the old one is invalid at once. */
export const updateConfiguration = ({ updateClient, registrationUri }: UpdateDeps): Endpoint => ({
  method: 'PUT',
  ...endpoint,
  operation: {
    id: 'setOidcDynamicClient',
    tag: 'oidc',
    summary: 'Replace the metadata of a client, as its owner (RFC 7592 §2.2).',
    description:
      'Members that are left out return to their defaults. The response has a new registration access token; the one that was sent is no longer valid.',
    security: 'registrationAccessToken',
    body: { type: 'application/json', schema: 'ClientMetadata' },
    responses: { 200: { description: 'Replaced.', schema: 'ClientInformation' } },
    errors: [401, 403, 404],
  },
  async handler(request) {
    const readBody = () => jsonBody(request, registrationJson)
    const { client, ...secrets } = await updateClient(pathClientId(request), bearerToken(request), readBody)
    return json(200, clientInformation(client, registrationUri(client.clientId), secrets), noStore)
  },
})

/** `DELETE /oauth2/register/{id}`: RFC 7592 §2.3. */
export const deleteConfiguration = (deps: { readonly deleteClient: ReturnType<typeof deleteClientByOwner> }): Endpoint => ({
  method: 'DELETE',
  ...endpoint,
  operation: {
    id: 'deleteOidcDynamicClient',
    tag: 'oidc',
    summary: 'Delete a client and revoke its tokens, as its owner (RFC 7592 §2.3).',
    security: 'registrationAccessToken',
    responses: { 204: { description: 'Deleted.' } },
    errors: [401, 404],
  },
  async handler(request) {
    await deps.deleteClient(pathClientId(request), bearerToken(request))
    return empty(204, noStore)
  },
})
