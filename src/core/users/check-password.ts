import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import type { Count } from '../../lib/telemetry.ts'
import type { ChosenSecrets } from '../clients/secrets.ts'
import { FailureWaits } from '../limits/failure-waits.ts'
import type { User } from './user.ts'

export interface PasswordAttempt {
  readonly username: string
  readonly password: string
  /** An IPv4 address, or the /64 network of an IPv6 address. */
  readonly address: string
}

/** `wrong` does not say whether the user name or the password was. */
export type PasswordOutcome =
  | { readonly kind: 'right'; readonly user: User }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number }

/** A hash that no password matches. It is checked for an unknown user name, so that the response takes as long as for a known one. */
const hashOfNoUser = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

/**
 * Finds the user who has this user name and password. Failures are counted for each user name and address, also of unknown user names;
 * while such a pair must wait, nothing is hashed.
 *
 * @throws Unavailable when too many slow hashes are waiting
 */
export function checkPassword(deps: { users: Live<readonly User[]>; secrets: ChosenSecrets; clock: Clock; count: Count }) {
  const waits = new FailureWaits(deps.clock)

  const judge = async ({ username, password, address }: PasswordAttempt): Promise<PasswordOutcome> => {
    const guessed = { account: username, source: address }
    const seconds = waits.secondsLeft(guessed)
    if (seconds > 0) return { kind: 'wait', seconds }
    const user = deps.users().find((known) => known.username === username)
    const isRight = await waits.counted(guessed, async () => {
      const matches = await deps.secrets.matches(password, user?.password ?? hashOfNoUser)
      return matches && user !== undefined
    })
    return user && isRight ? { kind: 'right', user } : { kind: 'wrong' }
  }

  return async (attempt: PasswordAttempt): Promise<PasswordOutcome> => {
    const outcome = await judge(attempt)
    deps.count('sign_in', { outcome: outcome.kind })
    return outcome
  }
}
