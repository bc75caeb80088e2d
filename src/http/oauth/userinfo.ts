import { userinfoAlgOf } from '../../core/clients/client.ts'
import type { signUserinfo } from '../../core/tokens/id-token.ts'
import type { userinfo as userinfoAct } from '../../core/tokens/userinfo.ts'
import { bearerToken } from '../server/bearer-token.ts'
import { formBody } from '../server/body.ts'
import { once } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { hydraNoStore, json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'

interface Deps {
  readonly findUserinfo: ReturnType<typeof userinfoAct>
  readonly signUserinfo: ReturnType<typeof signUserinfo>
}

/**
 * `/userinfo`, GET and POST (OpenID Connect Core §5.3): JSON, or a JWT for a client that registered a signing algorithm. The token is in
 * the header or in a form (RFC 6750 §2.1, §2.2), never in the URL, which logs and browser histories keep.
 */
export const userinfo = ({ findUserinfo, signUserinfo }: Deps): readonly Endpoint[] =>
  (['GET', 'POST'] as const).map((method) => ({
    method,
    path: '/userinfo',
    face: 'userinfo',
    operation: {
      id: 'getOidcUserInfo',
      tag: 'oidc',
      summary: 'Read the claims about a person that an access token allows (OpenID Connect Core §5.3).',
      security: 'accessToken',
      responses: {
        200: { description: 'The claims; a JWT where the client registered a signing algorithm.', schema: 'OidcUserInfo' },
      },
      errors: [401, 403],
    },
    async handler(request) {
      const { claims, client } = await findUserinfo(tokenOf(request))
      const alg = userinfoAlgOf(client)
      if (alg === undefined) return json(200, claims, hydraNoStore)
      return { status: 200, headers: { ...hydraNoStore, 'content-type': 'application/jwt' }, body: await signUserinfo(claims, alg) }
    },
  }))

const tokenOf = (request: Request): string | undefined =>
  bearerToken(request) ?? (request.method === 'POST' ? once(formBody(request), 'access_token') : undefined)
