import type { Client } from '../../core/clients/client.ts'
import type { createClient as createClientAct } from '../../core/registration/create-client.ts'
import type { deleteClientByAdmin } from '../../core/registration/delete-client.ts'
import type { patchClient as patchClientAct } from '../../core/registration/patch-client.ts'
import type { replaceClient } from '../../core/registration/replace-client.ts'
import type { setLifespans as setLifespansAct } from '../../core/registration/set-lifespans.ts'
import { jsonBody } from '../server/body.ts'
import type { ResponseOf } from '../server/operation.ts'
import { pathClientId } from '../server/parameters.ts'
import { empty, hydraNoStore, json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { actorOf } from './actor.ts'
import { adminJson } from './admin-json.ts'
import { clientJson, clientResponse } from './client-response.ts'

const clientBody = (description: string): ResponseOf => ({ description, schema: 'OAuth2Client' })

interface CreateDeps {
  readonly createClient: ReturnType<typeof createClientAct>
  readonly registrationUri: (clientId: string) => string
}

/** `POST /admin/clients` */
export const createClient = ({ createClient, registrationUri }: CreateDeps): Endpoint => ({
  method: 'POST',
  path: '/admin/clients',
  face: 'admin',
  operation: {
    id: 'createOAuth2Client',
    tag: 'oAuth2',
    summary: 'Create a client.',
    body: { type: 'application/json', schema: 'OAuth2Client' },
    responses: { 201: clientBody('Created. The secret and the registration access token are shown only once.') },
    errors: [409],
  },
  async handler(request) {
    const { client, clientSecret, registrationAccessToken } = await createClient(jsonBody(request, adminJson), actorOf(request))
    const body = {
      ...clientJson({ client, ...(clientSecret !== undefined && { clientSecret }) }, 'written'),
      registration_access_token: registrationAccessToken,
      registration_client_uri: registrationUri(client.clientId),
    }
    return json(201, body, { ...hydraNoStore, location: `/admin/clients/${encodeURIComponent(client.clientId)}` })
  },
})

const oneClient = { path: '/admin/clients/:id', face: 'admin' } as const

/** `GET /admin/clients/{id}` */
export const getClient = ({ getClient }: { readonly getClient: (clientId: string) => Promise<Client> }): Endpoint => ({
  method: 'GET',
  ...oneClient,
  operation: {
    id: 'getOAuth2Client',
    tag: 'oAuth2',
    summary: 'Read a client.',
    responses: { 200: clientBody('The client.') },
    errors: [404],
  },
  async handler(request) {
    return clientResponse({ client: await getClient(pathClientId(request)) }, 'read')
  },
})

/** `PUT /admin/clients/{id}` */
export const setClient = (deps: { readonly replaceClient: ReturnType<typeof replaceClient> }): Endpoint => ({
  method: 'PUT',
  ...oneClient,
  operation: {
    id: 'setOAuth2Client',
    tag: 'oAuth2',
    summary: 'Replace a client. Its registration access token stays valid.',
    body: { type: 'application/json', schema: 'OAuth2Client' },
    responses: { 200: clientBody('Replaced.') },
    errors: [404],
  },
  async handler(request) {
    return clientResponse(await deps.replaceClient(pathClientId(request), jsonBody(request, adminJson), actorOf(request)), 'written')
  },
})

/** `PATCH /admin/clients/{id}`: 404 for an unknown client comes before errors of the body, as in Hydra. */
export const patchClient = (deps: { readonly patchClient: ReturnType<typeof patchClientAct> }): Endpoint => ({
  method: 'PATCH',
  ...oneClient,
  operation: {
    id: 'patchOAuth2Client',
    tag: 'oAuth2',
    summary: 'Change members of a client (RFC 6902).',
    body: { type: 'application/json', schema: 'JsonPatch' },
    responses: { 200: clientBody('Changed.') },
    errors: [404],
  },
  async handler(request) {
    const readBody = () => jsonBody(request, adminJson)
    return clientResponse(await deps.patchClient(pathClientId(request), readBody, actorOf(request)), 'written')
  },
})

/** `DELETE /admin/clients/{id}` */
export const deleteClient = (deps: { readonly deleteClient: ReturnType<typeof deleteClientByAdmin> }): Endpoint => ({
  method: 'DELETE',
  ...oneClient,
  operation: {
    id: 'deleteOAuth2Client',
    tag: 'oAuth2',
    summary: 'Delete a client and revoke its tokens.',
    responses: { 204: { description: 'Deleted.' } },
    errors: [404],
  },
  async handler(request) {
    await deps.deleteClient(pathClientId(request), actorOf(request))
    return empty(204)
  },
})

/** `PUT /admin/clients/{id}/lifespans` */
export const setLifespans = (deps: { readonly setLifespans: ReturnType<typeof setLifespansAct> }): Endpoint => ({
  method: 'PUT',
  path: '/admin/clients/:id/lifespans',
  face: 'admin',
  operation: {
    id: 'setOAuth2ClientLifespans',
    tag: 'oAuth2',
    summary: 'Set how long tokens of a client are valid.',
    body: { type: 'application/json', schema: 'OAuth2ClientTokenLifespans' },
    responses: { 200: clientBody('Set.') },
    errors: [404],
  },
  async handler(request) {
    const readBody = () => jsonBody(request, adminJson)
    return clientResponse(await deps.setLifespans(pathClientId(request), readBody, actorOf(request)), 'read')
  },
})
