import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import type { Count } from '../../lib/telemetry.ts'
import type { ChosenSecrets } from '../clients/secrets.ts'
import { FailureWaits } from '../limits/failure-waits.ts'
import type { User } from './user.ts'

export interface PasswordAttempt {
  readonly username: string
  readonly password: string
  /** Whose failures these are: an IPv4 address, or an IPv6 network. */
  readonly address: string
}

/** Nobody learns which of the two was wrong, nor, by the time it took, whether there is such a user. */
export type PasswordOutcome =
  | { readonly kind: 'right'; readonly user: User }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number }

/** What is looked at in the place of a user who does not exist, at the price of one who does; no password fits it. */
const nobody = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

/**
 * Whose password this is. Failures are counted for each user name and address, of users that exist and of others; while that pair must
 * wait, nothing is hashed.
 *
 * @throws Unavailable when too many slow hashes are waiting
 */
export function checkPassword(deps: { users: Live<readonly User[]>; secrets: ChosenSecrets; clock: Clock; count: Count }) {
  const waits = new FailureWaits(deps.clock)

  const judge = async ({ username, password, address }: PasswordAttempt): Promise<PasswordOutcome> => {
    // A name is as long as its sender likes; what stands for it in memory is not.
    const pair = `${sha256(username)}\n${address}`
    const wait = waits.left(pair)
    if (wait > 0) return { kind: 'wait', seconds: Math.ceil(wait / 1000) }
    const user = deps.users().find((known) => known.username === username)
    waits.begun(pair)
    try {
      const fits = await deps.secrets.matches(password, user?.password ?? nobody)
      if (!fits || !user) return { kind: 'wrong' }
    } catch (error) {
      waits.withdrawn(pair)
      throw error
    }
    waits.succeeded(pair)
    return { kind: 'right', user }
  }

  return async (attempt: PasswordAttempt): Promise<PasswordOutcome> => {
    const outcome = await judge(attempt)
    deps.count('sign_in', { outcome: outcome.kind })
    return outcome
  }
}
