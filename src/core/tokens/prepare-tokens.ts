import { type Clock, inSeconds } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import type { Client } from '../clients/client.ts'
import type { Grant } from '../grants/grant.ts'
import type { AccessToken, AccessTokenStore } from './access-token.ts'
import { type AccessTokenStrategy, accessTokenPrefix, type IssuedTokens } from './issue-access-token.ts'
import { type JwtOrder, makeJti } from './jwt-access-token.ts'
import { type RefreshTokenStore, refreshTokenPrefix } from './refresh-token.ts'

/** What tokens a grant is to have now. Lifespans in milliseconds. */
export interface GrantOrder {
  readonly client: Client
  readonly grant: Grant
  /** Of the access token: all that was granted, or the part that the token request asked for. */
  readonly audience: readonly string[]
  readonly strategy: AccessTokenStrategy
  readonly accessLifespan: number
  /** Undefined where the client gets none. */
  readonly refreshLifespan: number | undefined
  /** Undefined where the client gets none. */
  readonly idLifespan: number | undefined
  /** When the request began, before the client was read. Milliseconds since 1970 UTC. */
  readonly began: number
  /** How many opaque access tokens the grant has at most; the oldest make room. Undefined: none needs to. */
  readonly most: number | undefined
}

/** Tokens that are made and signed, and that count once they are stored. */
export interface PreparedTokens {
  readonly issued: IssuedTokens
  /** When the last of them ends. Milliseconds since 1970 UTC. */
  readonly lastExpiry: number
  /** Writes what is stored of them; false where the client is gone. */
  store(tx: { accessTokens: AccessTokenStore; refreshTokens: RefreshTokenStore }): Promise<boolean>
}

interface PrepareDeps {
  readonly signJwt: (order: JwtOrder) => Promise<string>
  readonly signIdToken: (grant: Grant, accessToken: string, lifespan: number, client: Client) => Promise<string>
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * Makes and signs the tokens of a grant. Signing may fail, so it comes before the transaction that stores them and spends what they are
 * issued for: a caller whose request failed can send the same code or refresh token again.
 *
 * @throws Unavailable
 */
export function prepareTokens(deps: PrepareDeps) {
  return async (order: GrantOrder): Promise<PreparedTokens> => {
    const issuedAt = inSeconds(deps.clock()) * 1000
    const access = await prepareAccess(order, issuedAt, deps)
    const refresh = prepareRefresh(order, issuedAt, access.id, deps)
    const idToken =
      order.idLifespan === undefined ? undefined : await deps.signIdToken(order.grant, access.text, order.idLifespan, order.client)
    return {
      issued: {
        accessToken: access.text,
        expiresIn: inSeconds(order.accessLifespan),
        scope: order.grant.scope,
        ...(refresh && { refreshToken: refresh.text }),
        ...(idToken !== undefined && { idToken }),
      },
      lastExpiry: Math.max(issuedAt + order.accessLifespan, refresh?.row.expiresAt ?? 0),
      async store(tx) {
        const [isStored] = await Promise.all([access.store(tx), refresh && tx.refreshTokens.add(refresh.row)])
        return isStored
      },
    }
  }
}

interface PreparedAccess {
  /** By which the refresh token beside it remembers it. */
  readonly id: string
  readonly text: string
  store(tx: { accessTokens: AccessTokenStore }): Promise<boolean>
}

async function prepareAccess(order: GrantOrder, issuedAt: number, deps: PrepareDeps): Promise<PreparedAccess> {
  // A pairwise subject stays one: what a JWT says, everybody reads.
  const isJwt = order.strategy === 'jwt' && order.grant.obfuscatedSubject === undefined
  return isJwt ? prepareJwt(order, deps) : prepareOpaque(order, issuedAt, deps)
}

async function prepareJwt({ client, grant, audience, accessLifespan, began }: GrantOrder, deps: PrepareDeps): Promise<PreparedAccess> {
  const { clientId } = client
  const jti = makeJti(deps.randomness, began, client.tokensValidAfter)
  const { subject, scope } = grant
  const order = { clientId, subject, scope, audience, lifespan: accessLifespan, jti, ...carried(grant) }
  return { id: jti, text: await deps.signJwt(order), store: async () => true }
}

function prepareOpaque({ client, grant, audience, accessLifespan, most }: GrantOrder, issuedAt: number, deps: PrepareDeps): PreparedAccess {
  const text = randomToken(deps.randomness, accessTokenPrefix)
  const { subject, scope } = grant
  const times = { issuedAt, expiresAt: issuedAt + accessLifespan }
  const { clientId, generation } = client
  const token = { hash: sha256(text), clientId, generation, subject, scope, audience, ...times, ...carried(grant) }
  return { id: token.hash, text, store: (tx) => tx.accessTokens.add(token, most) }
}

const carried = ({ id, claims, obfuscatedSubject }: Grant): Pick<AccessToken, 'grantId' | 'ext' | 'obfuscatedSubject'> => ({
  grantId: id,
  ...(Object.keys(claims.accessToken).length > 0 && { ext: claims.accessToken }),
  ...(obfuscatedSubject !== undefined && { obfuscatedSubject }),
})

function prepareRefresh({ grant, refreshLifespan, accessLifespan }: GrantOrder, issuedAt: number, accessId: string, deps: PrepareDeps) {
  if (refreshLifespan === undefined) return undefined
  const text = randomToken(deps.randomness, refreshTokenPrefix)
  const accessToken = { id: accessId, expiresAt: issuedAt + accessLifespan }
  return { text, row: { hash: sha256(text), grantId: grant.id, accessToken, issuedAt, expiresAt: issuedAt + refreshLifespan } }
}
