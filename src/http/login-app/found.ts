import type { ChallengeRefusal } from '../../core/authorization/challenge.ts'
import type { LogoutChallengeRefusal } from '../../core/logout/answer-logout.ts'
import { Refusal } from '../../lib/refusal.ts'

const absent = ['challenge-unknown', 'challenge-expired', 'logout-challenge-unknown', 'logout-challenge-expired']

/**
 * The login, consent or logout request of a challenge; undefined where the challenge is missing, unknown or expired.
 *
 * @param find the act
 */
export async function found<Asked>(
  find: (challenge: string) => Promise<Asked>,
  challenge: string | undefined,
): Promise<(Asked & { readonly challenge: string }) | undefined> {
  if (challenge === undefined) return undefined
  try {
    return { ...(await find(challenge)), challenge }
  } catch (error) {
    const reason = error instanceof Refusal ? (error.reason as ChallengeRefusal | LogoutChallengeRefusal) : undefined
    if (reason && absent.includes(reason.kind)) return undefined
    throw error
  }
}
