import type { Actor } from '../../core/audit/audit.ts'
import { refused } from '../errors/refusals.ts'
import { queryParameter } from '../server/parameters.ts'
import { empty } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { actorOf } from './actor.ts'

/** `DELETE /admin/oauth2/tokens?client_id=…`: every access token of a client. */
export function deleteTokens(deps: { endTokens: (clientId: string, actor: Actor) => Promise<void> }): Handler {
  return async (request) => {
    const clientId = queryParameter(request, 'client_id')
    if (clientId === undefined) throw refused({ kind: 'query-missing', name: 'client_id' })
    await deps.endTokens(clientId, actorOf(request))
    return empty(204)
  }
}
