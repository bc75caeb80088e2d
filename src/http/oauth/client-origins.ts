import type { Client } from '../../core/clients/client.ts'
import { bearerToken } from '../server/bearer-token.ts'
import { formBody } from '../server/body.ts'
import type { ClientOrigins } from '../server/cors.ts'
import type { Request } from '../server/request.ts'
import { basicCredentials } from './client-credentials.ts'

/**
 * The origins that the client of a request registered as its own. The client is not authenticated: a page gets only the response to its
 * own request.
 */
export function clientOrigins(deps: {
  findClient: (clientId: string) => Promise<Client | undefined>
  clientOfToken: (accessToken: string) => Promise<string | undefined>
}): ClientOrigins {
  return async (request) => {
    const bearer = bearerToken(request)
    const clientId = bearer === undefined ? presentedClientId(request) : await deps.clientOfToken(bearer)
    const client = clientId === undefined ? undefined : await deps.findClient(clientId.replaceAll('\0', '\ufffd'))
    return client?.metadata.allowedCorsOrigins ?? []
  }
}

const presentedClientId = (request: Request): string | undefined =>
  basicCredentials(request.headers.authorization ?? '')?.clientId ?? formBody(request).get('client_id') ?? undefined
