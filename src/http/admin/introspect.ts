import type { ActiveToken, introspectToken } from '../../core/tokens/introspect-token.ts'
import { inSeconds } from '../../lib/clock.ts'
import { joinScope, splitScope } from '../../protocol/scope.ts'
import { refused } from '../errors/refusals.ts'
import { formBody } from '../server/body.ts'
import { once } from '../server/parameters.ts'
import { oauthJson } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'

interface Deps {
  readonly introspectToken: ReturnType<typeof introspectToken>
  readonly issuer: string
}

/** `POST /admin/oauth2/introspect`: RFC 7662 in Hydra's shape. `token_type_hint` has no effect: one query finds a token of any type. */
export const introspect = ({ introspectToken, issuer }: Deps): Endpoint => ({
  method: 'POST',
  path: '/admin/oauth2/introspect',
  face: 'oauth',
  operation: {
    id: 'introspectOAuth2Token',
    tag: 'oAuth2',
    summary: 'Introspect a token (RFC 7662).',
    body: { type: 'application/x-www-form-urlencoded', schema: 'IntrospectionRequest' },
    responses: { 200: { description: 'The state of the token; for an inactive one `active` alone.', schema: 'IntrospectedOAuth2Token' } },
  },
  async handler(request) {
    const form = formBody(request)
    const token = once(form, 'token')
    if (form.size === 0 || token === undefined) throw refused({ kind: 'form-empty' })
    const active = await introspectToken(token, splitScope(once(form, 'scope') ?? ''))
    return oauthJson(200, active ? describe(active, issuer) : { active: false })
  },
})

function describe(token: ActiveToken, issuer: string): Record<string, unknown> {
  const issuedAt = inSeconds(token.issuedAt)
  return {
    active: true,
    ...(token.scope.length > 0 && { scope: joinScope(token.scope) }),
    client_id: token.clientId,
    sub: token.subject,
    exp: inSeconds(token.expiresAt),
    iat: issuedAt,
    nbf: issuedAt,
    aud: token.audience,
    iss: issuer,
    token_type: 'Bearer',
    token_use: token.use,
    ...(token.obfuscatedSubject !== undefined && { obfuscated_subject: token.obfuscatedSubject }),
    ...(token.ext && { ext: token.ext }),
    ...(token.jti !== undefined && { jti: token.jti }),
  }
}
