import { userinfoAlgOf } from '../../core/clients/client.ts'
import type { Claims } from '../../core/tokens/id-token.ts'
import type { Userinfo } from '../../core/tokens/userinfo.ts'
import { bearerToken } from '../server/bearer-token.ts'
import { formBody } from '../server/body.ts'
import { once } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { hydraNoStore, json } from '../server/response.ts'
import type { Handler } from '../server/route.ts'

/**
 * `/userinfo`, GET and POST (OpenID Connect Core §5.3): JSON, or a JWT for a client that registered a signature. The token comes in the
 * header or in a form (RFC 6750 §2.1, §2.2), never in the address, where logs and histories keep it.
 */
export function userinfo(deps: {
  find: (accessToken: string | undefined) => Promise<Userinfo>
  sign: (claims: Claims, alg: string) => Promise<string>
}): Handler {
  return async (request) => {
    const { claims, client } = await deps.find(tokenOf(request))
    const alg = userinfoAlgOf(client)
    if (alg === undefined) return json(200, claims, hydraNoStore)
    return { status: 200, headers: { ...hydraNoStore, 'content-type': 'application/jwt' }, body: await deps.sign(claims, alg) }
  }
}

const tokenOf = (request: Request): string | undefined =>
  bearerToken(request) ?? (request.method === 'POST' ? once(formBody(request), 'access_token') : undefined)
