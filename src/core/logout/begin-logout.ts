import type { Clock } from '../../lib/clock.ts'
import { makeHandle, makeRowId } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import type { Randomness } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { answerLocation } from '../../protocol/response-mode.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { type LoginSession, type LoginSessionStore, sessionInForce } from '../sessions/login-session.ts'
import type { Claims } from '../tokens/id-token.ts'
import { leavingOf, needsClick } from './leaving.ts'
import type { LogoutAsked, LogoutRequestStore } from './logout-request.ts'

/** The parameters of RP-Initiated Logout §2, not yet checked. */
export interface LogoutParameters {
  readonly url: string
  readonly idTokenHint: string | undefined
  readonly clientId: string | undefined
  readonly postLogoutRedirectUri: string | undefined
  readonly state: string | undefined
  /** The id in the browser's session cookie. */
  readonly sessionId: string | undefined
}

export type LogoutRefusal =
  | { readonly kind: 'logout-hint-missing'; readonly parameter: 'state' | 'post_logout_redirect_uri' }
  | { readonly kind: 'logout-hint-refused' }
  | { readonly kind: 'logout-client-other' }
  | { readonly kind: 'logout-redirect-unregistered' }

const refused = (reason: LogoutRefusal) => new Refusal<LogoutRefusal>(reason)

/** Either the person confirms the logout in the logout application, or there is no session to end and the logout is done. */
export type LogoutStep =
  | { readonly kind: 'to-application'; readonly challenge: string }
  | { readonly kind: 'done'; readonly redirectTo: string | undefined; readonly needsClick: boolean }

/** How many requests of a session may be pending; the oldest is evicted. Anyone with an ID token can send requests without end. */
const mostUnaccepted = 64

/**
 * Begins a logout that a client or the person requests (RP-Initiated Logout §2). The session does not end before the person confirms it.
 *
 * @throws Refusal of a `LogoutRefusal`
 */
export function beginLogout(deps: {
  clients: ClientStore
  sessions: LoginSessionStore
  transaction: Transaction<{ logouts: LogoutRequestStore }>
  readHint: (idToken: string) => Promise<Claims | undefined>
  /** Milliseconds until a logout request expires. */
  requestLifespan: Live<number>
  clock: Clock
  randomness: Randomness
}) {
  const open = async (session: LoginSession, asked: Omit<LogoutAsked, 'subject' | 'sessionId'>, now: number): Promise<LogoutStep> => {
    const id = makeRowId(deps.randomness, now)
    const challenge = makeHandle(deps.randomness, id)
    const times = { createdAt: now, expiresAt: now + deps.requestLifespan() }
    const full = { ...asked, subject: session.subject, sessionId: session.id }
    await deps.transaction((tx) => tx.logouts.add({ id, challenge: sha256(challenge), asked: full, ...times }, mostUnaccepted))
    return { kind: 'to-application', challenge }
  }
  return async (parameters: LogoutParameters): Promise<LogoutStep> => {
    const now = deps.clock()
    const { sid, asked } = parameters.idTokenHint === undefined ? await withoutHint(parameters, deps) : await withHint(parameters, deps)
    const session = await sessionInForce(deps.sessions, sid, now)
    if (session) return open(session, { url: parameters.url, ...asked }, now)
    return { kind: 'done', redirectTo: asked.redirectTo, needsClick: needsClick(asked.leaving, sid ?? '', parameters.sessionId) }
  }
}

/** What is requested, and the session to end: that of the ID token, else that of the browser's cookie. */
interface Asked {
  readonly sid: string | undefined
  readonly asked: Pick<LogoutAsked, 'clientId' | 'redirectTo' | 'leaving'>
}

interface ReadDeps {
  readonly clients: ClientStore
  readonly readHint: (idToken: string) => Promise<Claims | undefined>
}

/** RP-Initiated Logout §2: a redirect needs an ID token or a client id. Hydra accepts only the ID token; its error texts are used for both. */
async function withoutHint(parameters: LogoutParameters, { clients }: ReadDeps): Promise<Asked> {
  const { sessionId: sid, clientId, postLogoutRedirectUri } = parameters
  if (clientId !== undefined && postLogoutRedirectUri !== undefined) {
    // PostgreSQL refuses NUL characters. U+FFFD stands in for them: no client has such an id.
    const client = await clients.find(clientId.replaceAll('\0', '\ufffd'))
    if (!client) throw refused({ kind: 'logout-redirect-unregistered' })
    return { sid, asked: askedBy(client, parameters, false) }
  }
  if (parameters.state !== undefined) throw refused({ kind: 'logout-hint-missing', parameter: 'state' })
  if (postLogoutRedirectUri !== undefined) throw refused({ kind: 'logout-hint-missing', parameter: 'post_logout_redirect_uri' })
  return { sid, asked: {} }
}

async function withHint(parameters: LogoutParameters, deps: ReadDeps): Promise<Asked> {
  const { idTokenHint = '', clientId } = parameters
  const claims = await deps.readHint(idTokenHint)
  const [audience] = [claims?.aud].flat()
  const client = typeof audience === 'string' ? await deps.clients.find(audience) : undefined
  if (!claims || !client) throw refused({ kind: 'logout-hint-refused' })
  if (clientId !== undefined && clientId !== client.clientId) throw refused({ kind: 'logout-client-other' })
  return { sid: String(claims.sid), asked: askedBy(client, parameters, true) }
}

function askedBy(client: Client, parameters: LogoutParameters, hasIdToken: boolean): Asked['asked'] {
  const redirectTo = redirectOf(client, parameters)
  return { clientId: client.clientId, ...(redirectTo !== undefined && { redirectTo, leaving: leavingOf(client, hasIdToken) }) }
}

/** RP-Initiated Logout §3: the URI must be equal to one that the client registered; `state` is added to it. */
function redirectOf({ metadata }: Client, { postLogoutRedirectUri, state }: LogoutParameters): string | undefined {
  if (postLogoutRedirectUri === undefined) return undefined
  if (!(metadata.postLogoutRedirectUris ?? []).includes(postLogoutRedirectUri)) throw refused({ kind: 'logout-redirect-unregistered' })
  return state === undefined ? postLogoutRedirectUri : answerLocation('query', postLogoutRedirectUri, [['state', state]])
}
