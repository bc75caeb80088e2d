import type { Authenticated, ClientCredentials } from '../../core/clients/authenticate-client.ts'
import { refused } from '../errors/refusals.ts'
import { formBody } from '../server/body.ts'
import { once } from '../server/parameters.ts'
import { empty, noStore } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { readCredentials } from './client-credentials.ts'

/**
 * `POST /oauth2/revoke`: RFC 7009 §2.1. The client proves itself as at the token endpoint; `token_type_hint` changes nothing, as a token
 * is looked for in both kinds. 200 whatever becomes of the token (§2.2).
 */
export function revoke(deps: {
  authenticate: (credentials: ClientCredentials) => Promise<Authenticated>
  revoke: (authenticated: Authenticated, token: string) => Promise<void>
}): Handler {
  return async (request) => {
    const form = formBody(request)
    const token = once(form, 'token')
    if (token === undefined || (!request.headers.authorization && !form.has('client_id') && !form.has('client_assertion')))
      throw refused({ kind: 'request-malformed' })
    await deps.revoke(await deps.authenticate(readCredentials(request, form)), token)
    return empty(200, noStore)
  }
}
