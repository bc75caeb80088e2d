import type { AskedConsent } from '../../core/authorization/answer-consent.ts'
import type { AskedLogin } from '../../core/authorization/answer-login.ts'
import type { AuthorizationFlow, LoginDecision } from '../../core/authorization/authorization-flow.ts'
import type { OidcContext } from '../../core/authorization/authorization-request.ts'
import type { Client } from '../../core/clients/client.ts'
import { authMethodOf } from '../../core/clients/client.ts'
import { isVerified } from '../../core/clients/standing.ts'
import type { AskedLogout } from '../../core/logout/answer-logout.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { isLoopbackRedirect } from '../../protocol/redirect-uri.ts'

type Json = Readonly<Record<string, unknown>>

/** A login request as Hydra writes it. */
export function loginRequestJson({ challenge, flow, client }: AskedLogin): Json {
  const { request, session } = flow
  return {
    challenge,
    requested_scope: request.scope,
    requested_access_token_audience: request.audience,
    skip: session.known !== undefined,
    subject: session.known?.subject ?? '',
    oidc_context: oidcContextJson(request.oidcContext),
    client: hydraClientJson(client, 'read'),
    request_url: request.url,
    session_id: session.id,
  }
}

/** A consent request as Hydra writes it, and the facts about the client that a consent page should show. */
export function consentRequestJson({ challenge, flow, login, skip, client }: AskedConsent): Json {
  return {
    challenge,
    ...consentRecordJson(flow, login, skip),
    client: hydraClientJson(client, 'read'),
    client_facts: clientFacts(client, flow),
  }
}

/** The part of a consent request that is stored for the list of consents. */
export function consentRecordJson({ id, request, session }: AuthorizationFlow, login: LoginDecision, skip: boolean): Json {
  return {
    consent_request_id: id,
    requested_scope: request.scope,
    requested_access_token_audience: request.audience,
    skip,
    subject: login.subject,
    oidc_context: oidcContextJson(request.oidcContext),
    request_url: request.url,
    login_challenge: id,
    login_session_id: session.id,
    acr: login.acr,
    amr: login.amr,
    context: login.context ?? null,
  }
}

/** What the server knows about a client, as opposed to what the client registered about itself (RFC 7591 §5). */
function clientFacts(client: Client, { request }: AuthorizationFlow): Json {
  const verified = isVerified(client)
  return {
    origin: client.origin,
    verified,
    verified_by: verified ? 'administrator' : null,
    redirect_host: URL.canParse(request.redirectUri) ? new URL(request.redirectUri).host : '',
    redirect_is_loopback: isLoopbackRedirect(request.redirectUri),
    is_public: authMethodOf(client) === 'none',
    first_seen: new Date(client.createdAt).toISOString(),
  }
}

function oidcContextJson({ acrValues, uiLocales, display, loginHint, idTokenHintClaims }: OidcContext): Json {
  return {
    ...(acrValues && { acr_values: acrValues }),
    ...(uiLocales && { ui_locales: uiLocales }),
    ...(display !== undefined && { display }),
    ...(idTokenHintClaims && { id_token_hint_claims: idTokenHintClaims }),
    ...(loginHint !== undefined && { login_hint: loginHint }),
  }
}

/** A logout request as Hydra writes it. */
export function logoutRequestJson({ challenge, request, client }: AskedLogout): Json {
  const { asked } = request
  const time = (milliseconds: number) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
  return {
    challenge,
    subject: asked.subject,
    sid: asked.sessionId,
    request_url: asked.url,
    rp_initiated: asked.clientId !== undefined,
    expires_at: time(request.expiresAt),
    requested_at: time(request.createdAt),
    client: client ? hydraClientJson(client, 'read') : null,
  }
}
