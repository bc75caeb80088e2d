import type { Clock } from '../../lib/clock.ts'
import { idOfHandle, isHandle, makeHandle } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Randomness } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { LoginSessionStore } from '../sessions/login-session.ts'
import type { SessionClientStore } from '../sessions/session-clients.ts'
import { needsClick } from './leaving.ts'
import type { LogoutRequest, LogoutRequestStore } from './logout-request.ts'

export type LogoutChallengeRefusal =
  | { readonly kind: 'logout-challenge-unknown' }
  | { readonly kind: 'logout-challenge-expired' }
  | { readonly kind: 'logout-challenge-used' }
  | { readonly kind: 'logout-verifier-unknown' }

const refused = (reason: LogoutChallengeRefusal) => new Refusal<LogoutChallengeRefusal>(reason)

export interface AskedLogout {
  readonly challenge: string
  readonly request: LogoutRequest
  readonly client: Client | undefined
}

interface ChallengeDeps {
  readonly logouts: LogoutRequestStore
  readonly clients: ClientStore
  readonly clock: Clock
}

/**
 * Finds a logout request by its challenge, for the logout application.
 *
 * @throws Refusal `logout-challenge-unknown` or `logout-challenge-expired`
 */
export function findLogout({ logouts, clients, clock }: ChallengeDeps) {
  return async (challenge: string): Promise<AskedLogout> => {
    const id = idOfHandle(challenge)
    const request = id === undefined ? undefined : await logouts.find(id)
    if (!request || !isHandle(challenge, request.challenge)) throw refused({ kind: 'logout-challenge-unknown' })
    if (request.expiresAt <= clock()) throw refused({ kind: 'logout-challenge-expired' })
    const { clientId } = request.asked
    return { challenge, request, client: clientId === undefined ? undefined : await clients.find(clientId) }
  }
}

/**
 * Accepts a logout request that the person confirmed. Returns the verifier with which the browser comes back.
 *
 * @throws Refusal of a `LogoutChallengeRefusal`
 */
export function acceptLogout(deps: ChallengeDeps & { transaction: Transaction<{ logouts: LogoutRequestStore }>; randomness: Randomness }) {
  const find = findLogout(deps)
  return async (challenge: string): Promise<string> => {
    const { id } = (await find(challenge)).request
    const verifier = makeHandle(deps.randomness, id)
    const isTaken = await deps.transaction((tx) => tx.logouts.accept(id, sha256(verifier)))
    if (!isTaken) throw refused({ kind: 'logout-challenge-used' })
    return verifier
  }
}

export interface LogoutStores {
  readonly logouts: LogoutRequestStore
  readonly sessions: LoginSessionStore
  readonly sessionClients: SessionClientStore
}

/** The answer to a browser that comes back from the logout application. */
export interface FinishedLogout {
  readonly redirectTo: string | undefined
  /** The browser is redirected only after a click on a page that names the host. */
  readonly needsClick: boolean
  /** The ended session is that of the browser's own cookie. */
  readonly endsItsOwn: boolean
}

/**
 * Ends the session of an accepted logout request, and queues the logout tokens for its clients. A browser that has another session keeps
 * it: a link with a verifier must not sign out the person who follows it. A second use of the verifier ends nothing, and the browser is
 * redirected as at the first.
 *
 * @throws Refusal `logout-verifier-unknown`
 */
export function finishLogout<Stores extends LogoutStores>(deps: {
  logouts: LogoutRequestStore
  transaction: Transaction<Stores>
  /** Queues the logout tokens, in the same transaction. */
  announce: (tx: Stores & { afterCommit(effect: () => void): void }, sessionId: string, now: number) => Promise<void>
  clock: Clock
}) {
  return async (verifier: string, held: string | undefined): Promise<FinishedLogout> => {
    const id = idOfHandle(verifier)
    const request = id === undefined ? undefined : await deps.logouts.find(id)
    const now = deps.clock()
    if (!request || !isHandle(verifier, request.verifier) || request.expiresAt <= now) throw refused({ kind: 'logout-verifier-unknown' })
    const { sessionId, redirectTo, leaving } = request.asked
    const isFirst = await deps.transaction(async (tx) => {
      if (!(await tx.logouts.spend(request.id, sha256(verifier), now))) return false
      if (await tx.sessions.end(sessionId)) await deps.announce(tx, sessionId, now)
      return true
    })
    return { redirectTo, needsClick: needsClick(leaving, sessionId, held), endsItsOwn: isFirst && held === sessionId }
  }
}
