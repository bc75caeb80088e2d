import type { Client, ClientStore } from '../clients/client.ts'
import type { AuthorizationFlow, ConsentDecision, LoginDecision, Rejection } from './authorization-flow.ts'
import { type AnswerDeps, type ChallengeDeps, challengeRefused, findChallenged, takeAnswer, type WayBack } from './challenge.ts'

/** A consent request as a consent application sees it. */
export interface AskedConsent {
  readonly challenge: string
  readonly flow: AuthorizationFlow
  readonly login: LoginDecision
  readonly skip: boolean
  readonly client: Client
}

/**
 * The consent request that has this challenge.
 *
 * @throws Refusal `challenge-unknown` or `challenge-expired`
 */
export function findConsent(deps: ChallengeDeps & { readonly clients: ClientStore }) {
  const find = findChallenged(deps, 'consent')
  return async (challenge: string): Promise<AskedConsent> => {
    const flow = await find(challenge)
    const client = await deps.clients.find(flow.clientId)
    // There is no consent request before a login was accepted.
    const login = flow.login.decision
    if (client?.generation !== flow.generation || login?.kind !== 'accepted') throw challengeRefused({ kind: 'challenge-unknown' })
    return { challenge, flow, login, skip: flow.consent?.skip ?? false, client }
  }
}

/** @throws Refusal of a `ChallengeRefusal` */
export function acceptConsent(deps: AnswerDeps) {
  const find = findChallenged(deps, 'consent')
  return async (challenge: string, accepted: Omit<ConsentDecision, 'kind' | 'at'>): Promise<WayBack> =>
    decide(deps, await find(challenge), { kind: 'accepted', at: deps.clock(), ...accepted })
}

/** @throws Refusal of a `ChallengeRefusal` */
export function rejectConsent(deps: AnswerDeps) {
  const find = findChallenged(deps, 'consent')
  return async (challenge: string, rejection: Omit<Rejection, 'kind'>): Promise<WayBack> =>
    decide(deps, await find(challenge), { kind: 'rejected', ...rejection })
}

const decide = (deps: AnswerDeps, flow: AuthorizationFlow, decision: ConsentDecision | Rejection): Promise<WayBack> =>
  takeAnswer(deps, 'consent', flow, (flows, verifier) => flows.decideConsent(flow.id, decision, verifier))
