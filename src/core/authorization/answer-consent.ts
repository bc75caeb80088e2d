import type { Clock } from '../../lib/clock.ts'
import { idOfHandle, isHandle, makeHandle } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Randomness } from '../../lib/random.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { challengeRefused, type WayBack } from './answer-login.ts'
import type { AuthorizationFlow, AuthorizationFlowStore, ConsentDecision, LoginDecision, Rejection } from './authorization-flow.ts'

export interface AskedConsent {
  readonly challenge: string
  readonly flow: AuthorizationFlow
  readonly login: LoginDecision
  readonly skip: boolean
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
 * What a consent application is asked, by its challenge.
 *
 * @throws Refusal `challenge-unknown` or `challenge-expired`
 */
export function findConsent(deps: ChallengeDeps & { readonly clients: ClientStore }) {
  const find = findFlow(deps)
  return async (challenge: string): Promise<AskedConsent> => {
    const found = await find(challenge)
    const client = await deps.clients.find(found.flow.clientId)
    if (!client) throw challengeRefused({ kind: 'challenge-unknown' })
    return { challenge, ...found, client }
  }
}

/** Without the client: a flow goes with it, so one that is found has one. */
function findFlow({ flows, clock }: ChallengeDeps) {
  return async (challenge: string): Promise<Pick<AskedConsent, 'flow' | 'login' | 'skip'>> => {
    const id = idOfHandle(challenge)
    const flow = id === undefined ? undefined : await flows.find(id)
    const login = flow?.login.decision
    if (!flow?.consent || login?.kind !== 'accepted' || !isHandle(challenge, flow.consent.challenge))
      throw challengeRefused({ kind: 'challenge-unknown' })
    if (flow.expiresAt <= clock()) throw challengeRefused({ kind: 'challenge-expired', step: 'consent' })
    return { flow, login, skip: flow.consent.skip }
  }
}

/** @throws Refusal of a `ChallengeRefusal` */
export function acceptConsent(deps: AnswerDeps) {
  const find = findFlow(deps)
  return async (challenge: string, accepted: Omit<ConsentDecision, 'kind' | 'at'>): Promise<WayBack> =>
    decide(deps, (await find(challenge)).flow, { kind: 'accepted', at: deps.clock(), ...accepted })
}

/** @throws Refusal of a `ChallengeRefusal` */
export function rejectConsent(deps: AnswerDeps) {
  const find = findFlow(deps)
  return async (challenge: string, rejection: Omit<Rejection, 'kind'>): Promise<WayBack> =>
    decide(deps, (await find(challenge)).flow, { kind: 'rejected', ...rejection })
}

async function decide(deps: AnswerDeps, { id, request }: AuthorizationFlow, decision: ConsentDecision | Rejection): Promise<WayBack> {
  const verifier = makeHandle(deps.randomness, id)
  const isTaken = await deps.transaction((tx) => tx.flows.decideConsent(id, decision, sha256(verifier)))
  if (!isTaken) throw challengeRefused({ kind: 'challenge-used' })
  return { url: request.url, add: { consent_verifier: verifier } }
}
