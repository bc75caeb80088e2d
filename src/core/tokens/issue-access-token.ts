import { type Clock, inSeconds } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { AccessTokenStore } from './access-token.ts'

/** What a token is to be. */
export interface TokenOrder {
  readonly clientId: string
  readonly subject: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Milliseconds. */
  readonly lifespan: number
  readonly grantType: string
}

/** The client was deleted between proving who it is and getting its token. */
export interface ClientGone {
  readonly kind: 'client-gone'
  readonly clientId: string
}

export interface IssuedToken {
  readonly accessToken: string
  /** Seconds. */
  readonly expiresIn: number
  readonly scope: readonly string[]
}

/** Hydra's prefix: SDKs and secret scanners know it. */
const prefix = 'ory_at_'

/**
 * Makes an opaque access token and stores its hash; it is valid once the promise resolves.
 *
 * @throws Refusal `client-gone`
 */
export function issueAccessToken(deps: {
  transaction: Transaction<{ accessTokens: AccessTokenStore }>
  clock: Clock
  randomness: Randomness
  telemetry: Telemetry
}) {
  return async ({ lifespan, grantType, ...order }: TokenOrder): Promise<IssuedToken> => {
    const accessToken = randomToken(deps.randomness, prefix)
    // OAuth tells times in whole seconds: counted from one, a token ends exactly at the `exp` that introspection shows.
    const issuedAt = inSeconds(deps.clock()) * 1000
    await deps.transaction(async (tx) => {
      const isStored = await tx.accessTokens.add({ ...order, hash: sha256(accessToken), issuedAt, expiresAt: issuedAt + lifespan })
      if (!isStored) throw new Refusal<ClientGone>({ kind: 'client-gone', clientId: order.clientId })
      tx.afterCommit(() => deps.telemetry.count('token_issued', { grant_type: grantType }))
    })
    return { accessToken, expiresIn: inSeconds(lifespan), scope: order.scope }
  }
}
