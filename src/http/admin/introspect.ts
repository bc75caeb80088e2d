import type { ActiveToken } from '../../core/tokens/introspect-token.ts'
import { inSeconds } from '../../lib/clock.ts'
import { joinScope, splitScope } from '../../protocol/scope.ts'
import { refused } from '../errors/refusals.ts'
import { formBody } from '../server/body.ts'
import { once } from '../server/parameters.ts'
import { oauthJson } from '../server/response.ts'
import type { Handler } from '../server/route.ts'

/** `POST /admin/oauth2/introspect`: RFC 7662 in Hydra's shape. `token_type_hint` changes nothing, as one look finds every token. */
export function introspect(deps: {
  introspect: (token: string, scopes: readonly string[]) => Promise<ActiveToken | undefined>
  issuer: string
}): Handler {
  return async (request) => {
    const form = formBody(request)
    const token = once(form, 'token')
    if (form.size === 0 || token === undefined) throw refused({ kind: 'form-empty' })
    const active = await deps.introspect(token, splitScope(once(form, 'scope') ?? ''))
    return oauthJson(200, active ? describe(active, deps.issuer) : { active: false })
  }
}

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
