import { createHmac } from 'node:crypto'
import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Randomness } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import { FailureWaits } from '../limits/failure-waits.ts'
import type { Client } from './client.ts'
import { type ChosenSecrets, hashMadeSecret } from './secrets.ts'

/** Too many wrong secrets from this address for this client. */
export interface SecretAttemptsRefusal {
  readonly kind: 'secret-attempts-exhausted'
  readonly clientId: string
  readonly retryAfterSeconds: number
}

/** A secret as received: one text, or two where its encoding is ambiguous. */
export interface PresentedSecret {
  readonly readings: readonly string[]
  /** Failures are counted by it: an IPv4 address, or an IPv6 network. */
  readonly address: string
}

/** Milliseconds for which a right secret is remembered. */
const memoryLifespan = 60_000
const mostRemembered = 10_000

/**
 * Checks a client's secret and limits wrong guesses. A right one is remembered for a minute, as an HMAC with a key of this process and
 * together with the stored hash that it matches, so that a secret no longer matches once it is changed. Failures are counted for each
 * client and address. While that pair must wait, a secret that is not remembered is refused without hashing it.
 *
 * @throws Refusal `secret-attempts-exhausted`, or Unavailable when too many slow hashes are waiting
 */
export function verifySecret(deps: { clock: Clock; randomness: Randomness; secrets: ChosenSecrets }) {
  const waits = new FailureWaits(deps.clock)
  const remembered = new BoundedMap<string, { readonly hash: string; readonly until: number }>(mostRemembered)
  const underWay = new Map<string, Promise<boolean>>()
  const key = deps.randomness(32)

  /** The name of a secret in memory. The hash of a generated secret cannot be reversed either, and is computed anyway. */
  const nameOf = (clientId: string, hashes: readonly string[], secret: string): string => {
    const isGenerated = hashes.every((hash) => hash.startsWith('$sha256$'))
    return `${clientId}\n${isGenerated ? hashMadeSecret(secret) : createHmac('sha256', key).update(secret).digest('base64url')}`
  }

  const isRemembered = (name: string, hashes: readonly string[]): boolean => {
    const entry = remembered.get(name)
    return entry !== undefined && deps.clock() < entry.until && hashes.includes(entry.hash)
  }

  const check = async (names: readonly string[], readings: readonly string[], hashes: readonly string[]): Promise<boolean> => {
    for (const [at, secret] of readings.entries()) {
      for (const hash of hashes) {
        if (!(await deps.secrets.matches(secret, hash))) continue
        remembered.set(names[at] as string, { hash, until: deps.clock() + memoryLifespan })
        return true
      }
    }
    return false
  }

  return async (client: Client, { readings, address }: PresentedSecret): Promise<boolean> => {
    const hashes = hashesOf(client)
    const names = readings.map((secret) => nameOf(client.clientId, hashes, secret))
    if (names.some((name) => isRemembered(name, hashes))) return true
    const guessed = { account: client.clientId, source: address }
    // The same secret in parallel counts as one attempt.
    const attempt = `${client.clientId}\n${address}\n${names.join('\n')}\n${client.version}`
    const running = underWay.get(attempt)
    if (running) return running
    const seconds = waits.secondsLeft(guessed)
    if (seconds > 0) throw exhausted(client, seconds)
    const checked = waits.counted(guessed, () => check(names, readings, hashes))
    underWay.set(attempt, checked)
    return checked.finally(() => underWay.delete(attempt))
  }
}

const exhausted = ({ clientId }: Client, retryAfterSeconds: number) =>
  new Refusal<SecretAttemptsRefusal>({ kind: 'secret-attempts-exhausted', clientId, retryAfterSeconds })

/** The client's current secret and the earlier ones that still work. */
export const hashesOf = ({ secretHash, rotatedSecretHashes }: Client): readonly string[] =>
  secretHash === undefined ? [] : [secretHash, ...rotatedSecretHashes]
