import type { Clock } from '../../lib/clock.ts'
import { idOfHandle, isHandle, makeHandle } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Randomness } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { AuthorizationFlow, AuthorizationFlowStore, LoginDecision, Rejection } from './authorization-flow.ts'

/** Why an application's answer is not taken. */
export type ChallengeRefusal =
  | { readonly kind: 'challenge-unknown' }
  | { readonly kind: 'challenge-expired'; readonly step: 'login' | 'consent' | 'logout' }
  /** The browser went on with an earlier answer; it can only begin again. */
  | { readonly kind: 'challenge-used' }
  | { readonly kind: 'subject-missing' }

export const challengeRefused = (reason: ChallengeRefusal) => new Refusal<ChallengeRefusal>(reason)

/** A question to an application, and the client whose person it is about. */
export interface AskedLogin {
  readonly challenge: string
  readonly flow: AuthorizationFlow
  readonly client: Client
}

interface ChallengeDeps {
  readonly flows: AuthorizationFlowStore
  readonly clock: Clock
}

interface AnswerDeps extends ChallengeDeps {
  readonly transaction: Transaction<{ flows: AuthorizationFlowStore }>
  readonly randomness: Randomness
}

/**
 * What a login application is asked, by its challenge.
 *
 * @throws Refusal `challenge-unknown` or `challenge-expired`
 */
export function findLogin(deps: ChallengeDeps & { readonly clients: ClientStore }) {
  const find = findFlow(deps)
  return async (challenge: string): Promise<AskedLogin> => {
    const flow = await find(challenge)
    const client = await deps.clients.find(flow.clientId)
    if (!client) throw challengeRefused({ kind: 'challenge-unknown' })
    return { challenge, flow, client }
  }
}

/** Without the client: a flow goes with it, so one that is found has one. */
function findFlow({ flows, clock }: ChallengeDeps) {
  return async (challenge: string): Promise<AuthorizationFlow> => {
    const id = idOfHandle(challenge)
    const flow = id === undefined ? undefined : await flows.find(id)
    if (!flow || !isHandle(challenge, flow.login.challenge)) throw challengeRefused({ kind: 'challenge-unknown' })
    if (flow.expiresAt <= clock()) throw challengeRefused({ kind: 'challenge-expired', step: 'login' })
    return flow
  }
}

/** What the browser is sent back to: its own request, with a verifier, or asking for another login. */
export type WayBack = { readonly url: string; readonly add: Readonly<Record<string, string>> }

/**
 * The login application says who it is. Where the person is known already, it can only agree; with somebody else the browser
 * begins anew, so that nobody is logged in under another's session.
 *
 * @throws Refusal of a `ChallengeRefusal`
 */
export function acceptLogin(deps: AnswerDeps) {
  const find = findFlow(deps)
  return async (challenge: string, accepted: Omit<LoginDecision, 'kind' | 'at'>): Promise<WayBack> => {
    const flow = await find(challenge)
    if (accepted.subject === '') throw challengeRefused({ kind: 'subject-missing' })
    const { known } = flow.session
    if (known && known.subject !== accepted.subject) return { url: flow.request.url, add: { prompt: 'login' } }
    return decide(deps, flow, { kind: 'accepted', at: deps.clock(), ...accepted, remember: accepted.remember || known !== undefined })
  }
}

/** @throws Refusal of a `ChallengeRefusal` */
export function rejectLogin(deps: AnswerDeps) {
  const find = findFlow(deps)
  return async (challenge: string, rejection: Omit<Rejection, 'kind'>): Promise<WayBack> =>
    decide(deps, await find(challenge), { kind: 'rejected', ...rejection })
}

async function decide(deps: AnswerDeps, { id, request }: AuthorizationFlow, decision: LoginDecision | Rejection): Promise<WayBack> {
  const verifier = makeHandle(deps.randomness, id)
  const isTaken = await deps.transaction((tx) => tx.flows.decideLogin(id, decision, sha256(verifier)))
  if (!isTaken) throw challengeRefused({ kind: 'challenge-used' })
  return { url: request.url, add: { login_verifier: verifier } }
}
