import type { Clock } from '../../lib/clock.ts'
import { idOfHandle, isHandle, makeHandle } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Randomness } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { AuthorizationFlow, AuthorizationFlowStore } from './authorization-flow.ts'

/** Why an application's answer is not taken. */
export type ChallengeRefusal =
  | { readonly kind: 'challenge-unknown' }
  | { readonly kind: 'challenge-expired'; readonly step: 'login' | 'consent' | 'logout' }
  /** The browser went on with an earlier answer; it can only begin again. */
  | { readonly kind: 'challenge-used' }
  | { readonly kind: 'subject-missing' }

export const challengeRefused = (reason: ChallengeRefusal) => new Refusal<ChallengeRefusal>(reason)

/** What the browser is sent back to: its own request, with a verifier, or asking for another login. */
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
 * The flow that an application asks about or answers, by its challenge. Without the client: a flow goes with it, so one that is found
 * has one.
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
 * Takes an application's answer, and makes the verifier by which the browser brings it back.
 *
 * @param decide writes the answer down with the hash of the verifier; false where the browser has gone on with an earlier one
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
