import { type Clock, inSeconds } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { type AssertionId, type AssertionStore, spendAssertion } from '../clients/spend-assertion.ts'
import type { AccessToken, AccessTokenStore, KeepAccessToken } from './access-token.ts'
import { type JwtOrder, makeJti } from './jwt-access-token.ts'
import { tokenRoom } from './token-room.ts'

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
  /** What the operator's hook added for resource servers; absent where nothing. */
  readonly ext?: Readonly<Record<string, unknown>>
  /** When the request began, before the client was read. Milliseconds since 1970 UTC. */
  readonly began: number
  /** The client's: a JWT is made later than this. */
  readonly tokensValidAfter: number
  /** The client's, when it proved who it is. */
  readonly generation: number
  /** How many opaque tokens the client has at most; the oldest make room. Undefined: any number. */
  readonly most: number | undefined
  /** What proved the client, to be spent with it: of several requests with one, one gets a token. */
  readonly assertion: AssertionId | undefined
}

/** `opaque` tokens are stored as their hash; a `jwt` is signed and stored nowhere. */
export type AccessTokenStrategy = 'opaque' | 'jwt'

/** The client was deleted between proving who it is and getting its token. */
export interface ClientGone {
  readonly kind: 'client-gone'
  readonly clientId: string
}

export interface IssuedTokens {
  readonly accessToken: string
  /** Seconds. */
  readonly expiresIn: number
  readonly scope: readonly string[]
  readonly refreshToken?: string
  readonly idToken?: string
}

/** Hydra's prefix: SDKs and secret scanners know it. */
export const accessTokenPrefix = 'ory_at_'

interface IssueDeps {
  readonly transaction: Transaction<{ accessTokens: AccessTokenStore; assertions: AssertionStore }>
  readonly keepAccessToken: KeepAccessToken
  readonly signJwt: (order: JwtOrder) => Promise<string>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly telemetry: Telemetry
}

/**
 * Makes an access token, which is valid once the promise resolves.
 *
 * @throws Refusal `client-gone` or `assertion-replayed`
 */
export function issueAccessToken(deps: IssueDeps) {
  const issueOpaque = opaqueTokens(deps)
  const issueJwt = jwtAccessTokens(deps)
  return async (order: TokenOrder): Promise<IssuedTokens> => {
    const accessToken = order.strategy === 'jwt' ? await issueJwt(order) : await issueOpaque(order)
    return { accessToken, expiresIn: inSeconds(order.lifespan), scope: order.scope }
  }
}

/** Signed before what proved the client is spent: where signing fails, the same assertion can come again. Nothing of the token is stored. */
function jwtAccessTokens({ transaction, signJwt, randomness, telemetry }: IssueDeps) {
  return async (order: TokenOrder): Promise<string> => {
    const accessToken = await signJwt({ ...order, jti: makeJti(randomness, order.began, order.tokensValidAfter) })
    if (order.assertion) await transaction((tx) => spendAssertion(tx, order.assertion))
    telemetry.count('token_issued', { grant_type: order.grantType })
    return accessToken
  }
}

/** 256 random bits, of which the hash is stored. */
function opaqueTokens(deps: IssueDeps) {
  const roomFor = tokenRoom()
  return async (order: TokenOrder): Promise<string> => {
    const { clientId, subject, scope, audience, generation, assertion, ext } = order
    const accessToken = randomToken(deps.randomness, accessTokenPrefix)
    // OAuth tells times in whole seconds: counted from one, a token ends exactly at the `exp` that introspection shows.
    const issuedAt = inSeconds(deps.clock()) * 1000
    const times = { issuedAt, expiresAt: issuedAt + order.lifespan }
    const token = { hash: sha256(accessToken), clientId, subject, scope, audience, ...times, generation, ...(ext && { ext }) }
    const most = order.most === undefined ? undefined : roomFor(clientId, order.most, token.hash)
    const issued = () => deps.telemetry.count('token_issued', { grant_type: order.grantType })
    if (assertion) await keepAndSpend(deps, token, most, assertion, issued)
    else if (await deps.keepAccessToken(token, most)) issued()
    else throw clientGone(clientId)
    return accessToken
  }
}

/** A token that is not stored takes the spending with it: whoever hears the refusal spends the assertion by itself. */
function keepAndSpend(
  { transaction }: IssueDeps,
  token: AccessToken,
  most: number | undefined,
  assertion: AssertionId,
  afterCommit: () => void,
): Promise<void> {
  return transaction(async (tx) => {
    const [isStored] = await Promise.all([tx.accessTokens.add(token, most), spendAssertion(tx, assertion)])
    if (!isStored) throw clientGone(token.clientId)
    tx.afterCommit(afterCommit)
  })
}

const clientGone = (clientId: string) => new Refusal<ClientGone>({ kind: 'client-gone', clientId })
