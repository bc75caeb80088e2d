import type { Actor } from '../../core/audit/audit.ts'
import type { Client } from '../../core/clients/client.ts'
import type { Registered } from '../../core/registration/register-client.ts'
import type { Changed } from '../../core/registration/replace-client.ts'
import type { JsonLimits } from '../../lib/json.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import type { RegistrationUri } from '../oauth/register.ts'
import { jsonBody } from '../server/body.ts'
import { pathClientId } from '../server/parameters.ts'
import { empty, hydraNoStore, json, type Response } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { actorOf } from './actor.ts'

/** What an administrator's JSON may look like: `metadata` is his own, and may be large. */
export const adminJson: JsonLimits = { depth: 64, width: 10_000 }

type WithBody = (clientId: string, readBody: () => unknown, actor: Actor) => Promise<Changed>
type WithoutBody = (clientId: string, actor: Actor) => Promise<Changed>

/** `POST /admin/clients` */
export function createClient(deps: {
  create: (body: unknown, actor: Actor) => Promise<Registered>
  registrationUri: RegistrationUri
}): Handler {
  return async (request) => {
    const { client, clientSecret, registrationAccessToken } = await deps.create(jsonBody(request, adminJson), actorOf(request))
    const body = {
      ...shown({ client, ...(clientSecret !== undefined && { clientSecret }) }, 'written'),
      registration_access_token: registrationAccessToken,
      registration_client_uri: deps.registrationUri(client.clientId),
    }
    return json(201, body, { ...hydraNoStore, location: `/admin/clients/${encodeURIComponent(client.clientId)}` })
  }
}

/** `GET /admin/clients/{id}` */
export function getClient(deps: { get: (clientId: string) => Promise<Client> }): Handler {
  return async (request) => answer({ client: await deps.get(pathClientId(request)) }, 'read')
}

/** `PUT /admin/clients/{id}` */
export function setClient(deps: { replace: (clientId: string, body: unknown, actor: Actor) => Promise<Changed> }): Handler {
  return async (request) => answer(await deps.replace(pathClientId(request), jsonBody(request, adminJson), actorOf(request)), 'written')
}

/** `PATCH /admin/clients/{id}`: an unknown client is told before the body is looked at, as in Hydra. */
export function patchClient(deps: { patch: WithBody }): Handler {
  return async (request) => answer(await deps.patch(pathClientId(request), () => jsonBody(request, adminJson), actorOf(request)), 'written')
}

/** `PUT /admin/clients/{id}/lifespans` */
export function setLifespans(deps: { setLifespans: WithBody }): Handler {
  return async (request) =>
    answer(await deps.setLifespans(pathClientId(request), () => jsonBody(request, adminJson), actorOf(request)), 'read')
}

/** `DELETE /admin/clients/{id}` */
export function deleteClient(deps: { remove: (clientId: string, actor: Actor) => Promise<void> }): Handler {
  return async (request) => {
    await deps.remove(pathClientId(request), actorOf(request))
    return empty(204)
  }
}

/** `POST` and `DELETE /admin/clients/{id}/secrets/rotate`; a body is not looked at. */
export function changeSecrets(deps: { change: WithoutBody }): Handler {
  return async (request) => answer(await deps.change(pathClientId(request), actorOf(request)), 'read')
}

/** `POST /admin/clients/{id}/registration-access-token`: a new one, told once. */
export function newRegistrationToken(deps: {
  issue: (clientId: string, actor: Actor) => Promise<string>
  registrationUri: RegistrationUri
}): Handler {
  return async (request) => {
    const clientId = pathClientId(request)
    const token = await deps.issue(clientId, actorOf(request))
    const body = { client_id: clientId, registration_access_token: token, registration_client_uri: deps.registrationUri(clientId) }
    return json(200, body, hydraNoStore)
  }
}

const answer = (changed: Changed, form: 'written' | 'read'): Response => json(200, shown(changed, form), hydraNoStore)

const shown = ({ client, clientSecret }: Changed, form: 'written' | 'read'): Record<string, unknown> => ({
  ...hydraClientJson(client, form),
  ...(clientSecret !== undefined && { client_secret: clientSecret }),
})
