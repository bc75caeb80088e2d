import type { FastifyRequest } from 'fastify'
import type { AuthorizationCheck, AuthorizationRequest } from '../../core/authorization/check-authorization-request.ts'
import { formBody } from '../body.ts'
import { faultPage, notBuiltPage } from '../pages/authorization-page.ts'
import type { Handler } from '../route.ts'

/** `/oauth2/auth`, GET and POST (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1): checks who sends the browser and where it would go back to. */
export function authorize(deps: { check: (request: AuthorizationRequest) => Promise<AuthorizationCheck> }): Handler {
  return async (request) => {
    const parameters = request.method === 'POST' ? formBody(request) : queryOf(request)
    const checked = await deps.check({ clientId: only(parameters, 'client_id'), redirectUri: only(parameters, 'redirect_uri') })
    return checked.kind === 'ok' ? notBuiltPage() : faultPage(checked)
  }
}

const queryOf = (request: FastifyRequest): URLSearchParams => new URLSearchParams(request.url.split('?').slice(1).join('?'))

/** A parameter that came twice is as good as none: which of the two was meant is the attacker's question. */
function only(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name)
  return values.length === 1 ? values[0] : undefined
}
