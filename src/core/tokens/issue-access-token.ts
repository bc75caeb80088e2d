import { type Clock, inSeconds } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { type AssertionId, type AssertionStore, spendAssertion } from '../clients/spend-assertion.ts'
import type { AccessToken, AccessTokenStore, KeepAccessToken } from './access-token.ts'
import { evictionSchedule } from './eviction-schedule.ts'
import { type JwtParameters, makeJti } from './jwt-access-token.ts'

/** The parameters of a new access token. */
export interface AccessTokenParameters {
  readonly clientId: string
  readonly subject: string
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Milliseconds. */
  readonly lifespan: number
  readonly grantType: string
  readonly strategy: AccessTokenStrategy
  /** Claims for resource servers that the operator's hook added. */
  readonly ext?: Readonly<Record<string, unknown>>
  /** When the request began, before the client was read. Milliseconds since 1970 UTC. */
  readonly began: number
  /** The client's: the `jti` of a JWT has a later time. */
  readonly tokensValidAfter: number
  /** The client's generation at its authentication. */
  readonly generation: number
  /** How many opaque tokens the client has at most; the oldest are evicted. Undefined: no limit. */
  readonly most: number | undefined
  /** The client assertion, which is spent with the issuance: of several requests with the same one, one gets a token. */
  readonly assertion: AssertionId | undefined
}

/** `opaque`: the hash is stored. `jwt`: signed and not stored. */
export type AccessTokenStrategy = 'opaque' | 'jwt'

/** The client was deleted between its authentication and the issuance of its token. */
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

/** Hydra's prefix, which SDKs and secret scanners recognise. */
export const accessTokenPrefix = 'ory_at_'

interface IssueDeps {
  readonly transaction: Transaction<{ accessTokens: AccessTokenStore; assertions: AssertionStore }>
  readonly keepAccessToken: KeepAccessToken
  readonly signJwt: (parameters: JwtParameters) => Promise<string>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly telemetry: Telemetry
}

/**
 * Issues an access token, which is valid when the promise resolves.
 *
 * @throws Refusal `client-gone` or `assertion-replayed`
 */
export function issueAccessToken(deps: IssueDeps) {
  const issueOpaque = opaqueTokens(deps)
  const issueJwt = jwtAccessTokens(deps)
  return async (parameters: AccessTokenParameters): Promise<IssuedTokens> => {
    const accessToken = parameters.strategy === 'jwt' ? await issueJwt(parameters) : await issueOpaque(parameters)
    return { accessToken, expiresIn: inSeconds(parameters.lifespan), scope: parameters.scope }
  }
}

/** Signs before the client assertion is spent, so that the client can send the assertion again if signing fails. Stores no token. */
function jwtAccessTokens({ transaction, signJwt, randomness, telemetry }: IssueDeps) {
  return async (parameters: AccessTokenParameters): Promise<string> => {
    const accessToken = await signJwt({ ...parameters, jti: makeJti(randomness, parameters.began, parameters.tokensValidAfter) })
    if (parameters.assertion) await transaction((tx) => spendAssertion(tx, parameters.assertion))
    telemetry.count('token_issued', { grant_type: parameters.grantType })
    return accessToken
  }
}

/** Opaque tokens are 256 random bits, of which the hash is stored. */
function opaqueTokens(deps: IssueDeps) {
  const keepAtMost = evictionSchedule()
  return async (parameters: AccessTokenParameters): Promise<string> => {
    const { clientId, subject, scope, audience, generation, assertion, ext } = parameters
    const accessToken = randomToken(deps.randomness, accessTokenPrefix)
    // OAuth has times in whole seconds. Issued at one, a token expires exactly at the `exp` that introspection shows.
    const issuedAt = inSeconds(deps.clock()) * 1000
    const times = { issuedAt, expiresAt: issuedAt + parameters.lifespan }
    const token = { hash: sha256(accessToken), clientId, subject, scope, audience, ...times, generation, ...(ext && { ext }) }
    const most = parameters.most === undefined ? undefined : keepAtMost(clientId, parameters.most, token.hash)
    const issued = () => deps.telemetry.count('token_issued', { grant_type: parameters.grantType })
    if (assertion) await keepAndSpend(deps, token, most, assertion, issued)
    else if (await deps.keepAccessToken(token, most)) issued()
    else throw clientGone(clientId)
    return accessToken
  }
}

/** If the token is not stored, the spending of the assertion is rolled back, too; `spendingOnRefusal` then spends it by itself. */
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
