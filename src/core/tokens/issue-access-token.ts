import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { AccessTokenStore } from './access-token.ts'
import type { JwtOrder } from './jwt-access-token.ts'

/** What a token is to be. */
export interface TokenOrder {
  readonly clientId: string
  readonly subject: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Milliseconds. */
  readonly lifespan: number
  readonly grantType: string
  readonly strategy: AccessTokenStrategy
  /** The client's: a JWT is made later than this. */
  readonly tokensValidAfter: number
}

/** `opaque` tokens are stored as their hash; a `jwt` is signed and stored nowhere. */
export type AccessTokenStrategy = 'opaque' | 'jwt'

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

interface IssueDeps {
  readonly transaction: Transaction<{ accessTokens: AccessTokenStore }>
  readonly signJwt: (order: JwtOrder) => Promise<string>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly telemetry: Telemetry
}

/**
 * Makes an access token, which is valid once the promise resolves.
 *
 * @throws Refusal `client-gone`
 */
export function issueAccessToken(deps: IssueDeps) {
  const issueOpaque = opaqueTokens(deps)
  return async (order: TokenOrder): Promise<IssuedToken> => {
    const accessToken = order.strategy === 'jwt' ? await deps.signJwt(order) : await issueOpaque(order)
    if (order.strategy === 'jwt') deps.telemetry.count('token_issued', { grant_type: order.grantType })
    return { accessToken, expiresIn: Math.floor(order.lifespan / 1000), scope: order.scope }
  }
}

/** 256 random bits, of which the hash is stored. */
function opaqueTokens(deps: IssueDeps) {
  return async ({ clientId, subject, scope, audience, lifespan, grantType }: TokenOrder): Promise<string> => {
    const accessToken = randomToken(deps.randomness, prefix)
    const issuedAt = deps.clock()
    const token = { hash: sha256(accessToken), clientId, subject, scope, audience, issuedAt, expiresAt: issuedAt + lifespan }
    await deps.transaction(async (tx) => {
      if (!(await tx.accessTokens.add(token))) throw new Refusal<ClientGone>({ kind: 'client-gone', clientId })
      tx.afterCommit(() => deps.telemetry.count('token_issued', { grant_type: grantType }))
    })
    return accessToken
  }
}
