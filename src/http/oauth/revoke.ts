import type { authenticateClient } from '../../core/clients/authenticate-client.ts'
import type { revokeToken } from '../../core/tokens/revoke-token.ts'
import { refused } from '../errors/refusals.ts'
import { formBody } from '../server/body.ts'
import { once } from '../server/parameters.ts'
import { empty, noStore } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { readCredentials } from './client-credentials.ts'

interface Deps {
  readonly authenticate: ReturnType<typeof authenticateClient>
  readonly revokeToken: ReturnType<typeof revokeToken>
}

/**
 * `POST /oauth2/revoke`: RFC 7009 §2.1. The client authenticates as at the token endpoint. `token_type_hint` has no effect: both types are
 * searched. The response is 200 for an unknown token, too (§2.2).
 */
export const revoke = ({ authenticate, revokeToken }: Deps): Endpoint => ({
  method: 'POST',
  path: '/oauth2/revoke',
  face: 'oauth',
  operation: {
    id: 'revokeOAuth2Token',
    tag: 'oAuth2',
    summary: 'Revoke a token of the client, and every token of its grant (RFC 7009).',
    security: 'clientSecret',
    body: { type: 'application/x-www-form-urlencoded', schema: 'RevocationRequest' },
    responses: { 200: { description: 'The token is not valid, or no longer.' } },
    errors: [401, 429],
  },
  async handler(request) {
    const form = formBody(request)
    const token = once(form, 'token')
    if (token === undefined || (!request.headers.authorization && !form.has('client_id') && !form.has('client_assertion')))
      throw refused({ kind: 'request-malformed' })
    await revokeToken(await authenticate(readCredentials(request, form)), token)
    return empty(200, noStore)
  },
})
