import type { Clock } from '../../lib/clock.ts'
import { idOfHandle, isHandle, makeHandle } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Randomness } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { AuthorizationFlow, AuthorizationFlowStore } from './authorization-flow.ts'

/** Why the answer of a login or consent application is refused. */
export type ChallengeRefusal =
  | { readonly kind: 'challenge-unknown' }
  | { readonly kind: 'challenge-expired'; readonly step: 'login' | 'consent' | 'logout' }
  /** The browser already came back with an earlier answer. It has to start a new authorization request. */
  | { readonly kind: 'challenge-used' }
  | { readonly kind: 'subject-missing' }

export const challengeRefused = (reason: ChallengeRefusal) => new Refusal<ChallengeRefusal>(reason)

/** Where the browser is sent back to: its authorization request with a verifier, or with `prompt=login`. */
export interface WayBack {
  readonly url: string
  readonly add: Readonly<Record<string, string>>
}

export interface ChallengeDeps {
  readonly flows: AuthorizationFlowStore
  readonly clock: Clock
}

export interface AnswerDeps extends ChallengeDeps {
  readonly transaction: Transaction<{ flows: AuthorizationFlowStore }>
  readonly randomness: Randomness
}

type Step = 'login' | 'consent'

/**
 * The flow that has this challenge. The client is not looked up: a flow is removed with its client, so the client of a flow that is
 * found exists.
 *
 * @throws Refusal `challenge-unknown` or `challenge-expired`
 */
export function findChallenged({ flows, clock }: ChallengeDeps, step: Step) {
  return async (challenge: string): Promise<AuthorizationFlow> => {
    const id = idOfHandle(challenge)
    const flow = id === undefined ? undefined : await flows.find(id)
    if (!flow || !isHandle(challenge, flow[step]?.challenge)) throw challengeRefused({ kind: 'challenge-unknown' })
    if (flow.expiresAt <= clock()) throw challengeRefused({ kind: 'challenge-expired', step })
    return flow
  }
}

/**
 * Stores an application's answer, and makes the verifier with which the browser comes back.
 *
 * @param decide stores the answer with the hash of the verifier; false where the browser already came back with an earlier one
 * @throws Refusal `challenge-used`
 */
export async function takeAnswer(
  { transaction, randomness }: AnswerDeps,
  step: Step,
  { id, request }: AuthorizationFlow,
  decide: (flows: AuthorizationFlowStore, verifier: string) => Promise<boolean>,
): Promise<WayBack> {
  const verifier = makeHandle(randomness, id)
  const isTaken = await transaction((tx) => decide(tx.flows, sha256(verifier)))
  if (!isTaken) throw challengeRefused({ kind: 'challenge-used' })
  return { url: request.url, add: { [`${step}_verifier`]: verifier } }
}
