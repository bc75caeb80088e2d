import type { tokenEndpoint } from '../../core/token-endpoint/token-endpoint.ts'
import { askedAudience } from '../../protocol/audience.ts'
import { joinScope } from '../../protocol/scope.ts'
import { refused } from '../errors/refusals.ts'
import { formBody } from '../server/body.ts'
import { once } from '../server/parameters.ts'
import { oauthJson } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { readCredentials } from './client-credentials.ts'

/** `POST /oauth2/token`: RFC 6749 §3.2. The response always has the granted scope (§5.1). */
export const token = (deps: { readonly tokenEndpoint: ReturnType<typeof tokenEndpoint> }): Endpoint => ({
  method: 'POST',
  path: '/oauth2/token',
  face: 'oauth',
  operation: {
    id: 'oauth2TokenExchange',
    tag: 'oAuth2',
    summary: 'Issue tokens (RFC 6749 §3.2).',
    security: 'clientSecret',
    body: { type: 'application/x-www-form-urlencoded', schema: 'TokenRequest' },
    responses: { 200: { description: 'Issued.', schema: 'TokenResponse' } },
    errors: [401, 429],
  },
  async handler(request) {
    const form = formBody(request)
    if (form.size === 0) throw refused({ kind: 'form-empty' })
    const issued = await deps.tokenEndpoint({
      grantType: once(form, 'grant_type'),
      credentials: readCredentials(request, form),
      scope: once(form, 'scope'),
      ...askedAudience(form),
      code: once(form, 'code'),
      redirectUri: once(form, 'redirect_uri'),
      codeVerifier: once(form, 'code_verifier'),
      refreshToken: once(form, 'refresh_token'),
      payload: () => payloadOf(form),
    })
    return oauthJson(200, {
      access_token: issued.accessToken,
      expires_in: issued.expiresIn,
      ...(issued.idToken !== undefined && { id_token: issued.idToken }),
      ...(issued.refreshToken !== undefined && { refresh_token: issued.refreshToken }),
      scope: joinScope(issued.scope),
      token_type: 'bearer',
    })
  },
})

const secrets = ['client_secret', 'client_assertion', 'code', 'code_verifier', 'refresh_token', 'password', 'assertion']

/** Reads the form once: `getAll` for each of thousands of names would take seconds. */
function payloadOf(form: URLSearchParams): Record<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of form) {
    if (secrets.includes(name)) continue
    const earlier = values.get(name)
    if (earlier) earlier.push(value)
    else values.set(name, [value])
  }
  return Object.fromEntries(values)
}
