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

/** RP-Initiated Logout §2, as it came. */
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

/** Confirmed first, by way of the logout application; or no session is there to end and the browser goes on. */
export type LogoutStep =
  | { readonly kind: 'to-application'; readonly challenge: string }
  | { readonly kind: 'done'; readonly redirectTo: string | undefined; readonly needsClick: boolean }

/** A session has at most so many that nobody has accepted; the oldest makes room. Whoever holds an ID token can ask again and again. */
const mostUnaccepted = 64

/**
 * A client, or the person himself, wants the login session to end (RP-Initiated Logout §2). Nothing ends before somebody confirmed it.
 *
 * @throws Refusal of a `LogoutRefusal`
 */
export function beginLogout(deps: {
  clients: ClientStore
  sessions: LoginSessionStore
  transaction: Transaction<{ logouts: LogoutRequestStore }>
  readHint: (idToken: string) => Promise<Claims | undefined>
  patience: Live<number>
  clock: Clock
  randomness: Randomness
}) {
  const open = async (session: LoginSession, asked: Omit<LogoutAsked, 'subject' | 'sessionId'>, now: number): Promise<LogoutStep> => {
    const id = makeRowId(deps.randomness, now)
    const challenge = makeHandle(deps.randomness, id)
    const times = { createdAt: now, expiresAt: now + deps.patience() }
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

/** What is asked, and the session that it is about: the one that the ID token names, else the one that the browser holds. */
interface Asked {
  readonly sid: string | undefined
  readonly asked: Pick<LogoutAsked, 'clientId' | 'redirectTo' | 'leaving'>
}

interface ReadDeps {
  readonly clients: ClientStore
  readonly readHint: (idToken: string) => Promise<Claims | undefined>
}

/** RP-Initiated Logout §2: an address needs an ID token or the client's id. Hydra takes the ID token alone, and its words are for both. */
async function withoutHint(parameters: LogoutParameters, { clients }: ReadDeps): Promise<Asked> {
  const { sessionId: sid, clientId, postLogoutRedirectUri } = parameters
  if (clientId !== undefined && postLogoutRedirectUri !== undefined) {
    // PostgreSQL holds no NUL, and no client has this id.
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

/** RP-Initiated Logout §3: exactly one that the client registered; the state goes with it. */
function redirectOf({ metadata }: Client, { postLogoutRedirectUri, state }: LogoutParameters): string | undefined {
  if (postLogoutRedirectUri === undefined) return undefined
  if (!(metadata.postLogoutRedirectUris ?? []).includes(postLogoutRedirectUri)) throw refused({ kind: 'logout-redirect-unregistered' })
  return state === undefined ? postLogoutRedirectUri : answerLocation('query', postLogoutRedirectUri, [['state', state]])
}
