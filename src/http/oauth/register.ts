import type { Registered } from '../../core/registration/register-client.ts'
import type { JsonLimits } from '../../lib/json.ts'
import { jsonBody } from '../server/body.ts'
import { json, noStore } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { clientInformation } from './client-information.ts'

/** What a stranger's JSON may look like: deep and wide enough for every client in use, and no more. */
export const registrationJson: JsonLimits = { depth: 16, width: 256 }

export type RegistrationUri = (clientId: string) => string

/** `POST /oauth2/register`: RFC 7591 §3. An `Authorization` header is ignored until there are initial access tokens. */
export function register(deps: { registerClient: (body: unknown) => Promise<Registered>; registrationUri: RegistrationUri }): Handler {
  return async (request) => {
    const { client, ...told } = await deps.registerClient(jsonBody(request, registrationJson))
    const uri = deps.registrationUri(client.clientId)
    return json(201, clientInformation(client, uri, told), { ...noStore, location: uri })
  }
}
