import type { Client } from '../../core/clients/client.ts'
import { bearerToken } from '../server/bearer-token.ts'
import { formBody } from '../server/body.ts'
import type { Request } from '../server/request.ts'
import { basicCredentials } from './client-credentials.ts'

/**
 * The origins that the client of a request registered as its own. Who it says it is suffices: nothing is given to a page but the answer
 * to its own request.
 */
export function clientOrigins(deps: {
  findClient: (clientId: string) => Promise<Client | undefined>
  clientOfToken: (accessToken: string) => Promise<string | undefined>
}) {
  return async (request: Request): Promise<readonly string[]> => {
    const bearer = bearerToken(request)
    const clientId = bearer === undefined ? saidClientId(request) : await deps.clientOfToken(bearer)
    const client = clientId === undefined ? undefined : await deps.findClient(clientId.replaceAll('\0', '\ufffd'))
    return client?.metadata.allowedCorsOrigins ?? []
  }
}

const saidClientId = (request: Request): string | undefined =>
  basicCredentials(request.headers.authorization ?? '')?.clientId ?? formBody(request).get('client_id') ?? undefined
