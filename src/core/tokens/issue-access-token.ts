import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { type AssertionId, type AssertionStore, spendAssertion } from '../clients/spend-assertion.ts'
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
  /** What proved the client, to be spent with it: of several requests with one, one gets a token. */
  readonly assertion: AssertionId | undefined
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
 * @throws Refusal `client-gone` or `assertion-replayed`
 */
export function issueAccessToken(deps: {
  transaction: Transaction<{ accessTokens: AccessTokenStore; assertions: AssertionStore }>
  clock: Clock
  randomness: Randomness
  telemetry: Telemetry
}) {
  return async ({ lifespan, grantType, assertion, ...order }: TokenOrder): Promise<IssuedToken> => {
    const accessToken = randomToken(deps.randomness, prefix)
    const issuedAt = deps.clock()
    await deps.transaction(async (tx) => {
      await spendAssertion(tx, assertion)
      const isStored = await tx.accessTokens.add({ ...order, hash: sha256(accessToken), issuedAt, expiresAt: issuedAt + lifespan })
      if (!isStored) throw new Refusal<ClientGone>({ kind: 'client-gone', clientId: order.clientId })
      tx.afterCommit(() => deps.telemetry.count('token_issued', { grant_type: grantType }))
    })
    return { accessToken, expiresIn: Math.floor(lifespan / 1000), scope: order.scope }
  }
}
