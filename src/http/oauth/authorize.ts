import type { FastifyRequest } from 'fastify'
import type { AuthorizationCheck, AuthorizationRequest } from '../../core/authorization/check-authorization-request.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { formBody } from '../body.ts'
import { answerAuthorizationFault } from '../errors.ts'
import { notBuiltPage } from '../pages/authorization-page.ts'
import type { Handler } from '../route.ts'
import { once } from './parameters.ts'

/** `/oauth2/auth`, GET and POST (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1): checks who sends the browser and where it would go back to. */
export function authorize(deps: { check: (request: AuthorizationRequest) => Promise<AuthorizationCheck>; telemetry: Telemetry }): Handler {
  return async (request) => {
    const parameters = request.method === 'POST' ? formBody(request) : queryOf(request)
    // One that came twice is refused: which of the two was meant is the attacker's question.
    const checked = await deps.check({ clientId: once(parameters, 'client_id'), redirectUri: once(parameters, 'redirect_uri') })
    return checked.kind === 'ok' ? notBuiltPage() : answerAuthorizationFault(checked, deps.telemetry, request.id)
  }
}

const queryOf = (request: FastifyRequest): URLSearchParams => new URLSearchParams(request.url.split('?').slice(1).join('?'))
