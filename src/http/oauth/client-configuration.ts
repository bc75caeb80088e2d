import type { Client } from '../../core/clients/client.ts'
import type { Registered } from '../../core/registration/register-client.ts'
import type { Live } from '../../lib/live.ts'
import { bearerToken } from '../server/bearer-token.ts'
import { jsonBody } from '../server/body.ts'
import { pathClientId } from '../server/parameters.ts'
import { empty, json, noStore } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { clientInformation } from './client-information.ts'
import { type RegistrationUri, registrationJson } from './register.ts'

/** `GET /oauth2/register/{id}`: RFC 7592 §2.1. Changes nothing; the token is not said again, unless the operator wants it echoed. */
export function readConfiguration(deps: {
  readClient: (clientId: string, token: string | undefined) => Promise<Client>
  registrationUri: RegistrationUri
  echoToken: Live<boolean>
}): Handler {
  return async (request) => {
    const token = bearerToken(request)
    const client = await deps.readClient(pathClientId(request), token)
    const told = deps.echoToken() && token !== undefined ? { registrationAccessToken: token } : {}
    return json(200, clientInformation(client, deps.registrationUri(client.clientId), told), noStore)
  }
}

/** `PUT /oauth2/register/{id}`: RFC 7592 §2.2. The answer carries the new registration token; the old one is dead. */
export function updateConfiguration(deps: {
  updateClient: (clientId: string, token: string | undefined, readBody: () => unknown) => Promise<Registered>
  registrationUri: RegistrationUri
}): Handler {
  return async (request) => {
    const { client, ...told } = await deps.updateClient(pathClientId(request), bearerToken(request), () =>
      jsonBody(request, registrationJson),
    )
    return json(200, clientInformation(client, deps.registrationUri(client.clientId), told), noStore)
  }
}

/** `DELETE /oauth2/register/{id}`: RFC 7592 §2.3. */
export function deleteConfiguration(deps: { deleteClient: (clientId: string, token: string | undefined) => Promise<void> }): Handler {
  return async (request) => {
    await deps.deleteClient(pathClientId(request), bearerToken(request))
    return empty(204, noStore)
  }
}
