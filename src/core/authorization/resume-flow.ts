import type { Clock } from '../../lib/clock.ts'
import { idOfHandle, isHandle } from '../../lib/handle.ts'
import { sameText, sha256 } from '../../lib/hash.ts'
import { matchesRedirectUri } from '../../protocol/redirect-uri.ts'
import { type Client, type ClientStore, redirectUrisOf } from '../clients/client.ts'
import { type LoginSessionStore, sessionInForce } from '../sessions/login-session.ts'
import type { AuthorizationFlow, AuthorizationFlowStore, Rejection, Step } from './authorization-flow.ts'
import { type AuthorizationRefusal, RefusedToClient } from './authorization-request.ts'
import type { Browser } from './begin-authorization.ts'
import { FaultToPerson } from './find-response-target.ts'

/**
 * The flow that a verifier belongs to, with its client. The verifier is the newest one and unused, the client exists and still has the
 * redirect URI, the browser is the one that began the flow, the flow has not expired, and a session that it began in has not ended.
 *
 * @throws FaultToPerson where the browser must not be redirected to the client, RefusedToClient otherwise
 */
export async function findAnswered(
  { flows, clients, sessions, clock }: { flows: AuthorizationFlowStore; clients: ClientStore; sessions: LoginSessionStore; clock: Clock },
  step: 'login' | 'consent',
  verifier: string,
  browser: Browser,
): Promise<{ readonly flow: AuthorizationFlow; readonly client: Client }> {
  const id = idOfHandle(verifier)
  const flow = id === undefined ? undefined : await flows.find(id)
  const asked = flow?.[step]
  if (!flow || !asked || !isHandle(verifier, asked.verifier)) throw new FaultToPerson({ kind: 'handle-unknown' })
  const client = await trustedClient(flow, clients)
  const refuse = (reason: AuthorizationRefusal) => new RefusedToClient(flow.request, reason)
  if (flow.expiresAt <= clock()) throw refuse({ kind: 'flow-expired', step })
  checkCsrf(browser.csrf(step, flow.clientId), asked.csrf, refuse)
  if (asked.spentAt !== undefined) throw refuse({ kind: 'verifier-spent', step })
  // The end of a session also ends the logins that began in it. After the consent, the transaction checks the session.
  if (step === 'login' && flow.session.known && !(await sessionInForce(sessions, flow.session.id, clock())))
    throw refuse({ kind: 'login-required', why: 'session-over' })
  return { flow, client }
}

/** A redirect URI that was removed from the client meanwhile gets neither a code nor an error: it may have been removed as unsafe. */
async function trustedClient({ clientId, generation, request: { redirectUri } }: AuthorizationFlow, clients: ClientStore): Promise<Client> {
  const client = await clients.find(clientId)
  if (client?.generation !== generation) throw new FaultToPerson({ kind: 'client-unknown', clientId })
  if (!matchesRedirectUri(redirectUrisOf(client), redirectUri)) throw new FaultToPerson({ kind: 'redirect-uri-unregistered', redirectUri })
  return client
}

/** Binds the flow to the browser that began it: a verifier is refused in a browser that was lured to it (RFC 9700 §4.7). */
function checkCsrf(sent: string | undefined, expected: string, refuse: (reason: AuthorizationRefusal) => RefusedToClient): void {
  if (sent === undefined) throw refuse({ kind: 'csrf-missing' })
  if (!sameText(sha256(sent), expected)) throw refuse({ kind: 'csrf-wrong' })
}

/** @throws RefusedToClient where the application rejected the request */
export function acceptedBy<Decision extends { readonly kind: 'accepted' }>(
  flow: AuthorizationFlow,
  { decision }: Step<Decision>,
): Decision {
  if (decision?.kind === 'accepted') return decision as Decision
  const { error, description } = decision as Rejection
  throw new RefusedToClient(flow.request, { kind: 'rejected', error, description })
}
