import type { endTokens } from '../../core/tokens/end-tokens.ts'
import { refused } from '../errors/refusals.ts'
import { requiredText } from '../server/operation.ts'
import { queryParameter } from '../server/parameters.ts'
import { empty } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { actorOf } from './actor.ts'

/** `DELETE /admin/oauth2/tokens?client_id=…` */
export const deleteTokens = (deps: { readonly endTokens: ReturnType<typeof endTokens> }): Endpoint => ({
  method: 'DELETE',
  path: '/admin/oauth2/tokens',
  face: 'admin',
  operation: {
    id: 'deleteOAuth2Token',
    tag: 'oAuth2',
    summary: 'Revoke every access token of a client.',
    query: { client_id: requiredText('The client.') },
    responses: { 204: { description: 'Revoked.' } },
    errors: [404],
  },
  async handler(request) {
    const clientId = queryParameter(request, 'client_id')
    if (clientId === undefined) throw refused({ kind: 'query-missing', name: 'client_id' })
    await deps.endTokens(clientId, actorOf(request))
    return empty(204)
  },
})
