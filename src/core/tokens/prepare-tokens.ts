import { type Clock, inSeconds } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import type { Client } from '../clients/client.ts'
import type { AccessToken, AccessTokenStore } from './access-token.ts'
import type { Grant } from './grant.ts'
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
}

export interface PreparedTokens {
  /** When the last of them ends. Milliseconds since 1970 UTC. */
  readonly lastExpiry: number
  /** Writes what is stored of them; false where the client is gone. */
  store(tx: { accessTokens: AccessTokenStore; refreshTokens: RefreshTokenStore }): Promise<boolean>
  /** Signs what is signed, after the commit: a signature is too slow for a transaction. */
  sign(): Promise<IssuedTokens>
}

interface PrepareDeps {
  readonly signJwt: (order: JwtOrder) => Promise<string>
  readonly signIdToken: (grant: Grant, accessToken: string, lifespan: number, client: Client) => Promise<string>
  readonly clock: Clock
  readonly randomness: Randomness
}

/** Makes the tokens of a grant in three steps, as one act needs them: made, written, signed. */
export function prepareTokens(deps: PrepareDeps) {
  return (order: GrantOrder): PreparedTokens => {
    const issuedAt = inSeconds(deps.clock()) * 1000
    const access = prepareAccess(order, issuedAt, deps)
    const refresh = prepareRefresh(order, issuedAt, access.id, deps)
    return {
      lastExpiry: Math.max(issuedAt + order.accessLifespan, refresh?.row.expiresAt ?? 0),
      async store(tx) {
        const [isStored] = await Promise.all([access.store(tx), refresh && tx.refreshTokens.add(refresh.row)])
        return isStored
      },
      async sign() {
        const accessToken = await access.text()
        const idToken =
          order.idLifespan === undefined ? undefined : await deps.signIdToken(order.grant, accessToken, order.idLifespan, order.client)
        return {
          accessToken,
          expiresIn: inSeconds(order.accessLifespan),
          scope: order.grant.scope,
          ...(refresh && { refreshToken: refresh.text }),
          ...(idToken !== undefined && { idToken }),
        }
      },
    }
  }
}

interface PreparedAccess {
  /** By which the refresh token beside it remembers it. */
  readonly id: string
  store(tx: { accessTokens: AccessTokenStore }): Promise<boolean>
  text(): Promise<string>
}

function prepareAccess(order: GrantOrder, issuedAt: number, deps: PrepareDeps): PreparedAccess {
  // A pairwise subject stays one: what a JWT says, everybody reads.
  const isJwt = order.strategy === 'jwt' && order.grant.obfuscatedSubject === undefined
  return isJwt ? prepareJwt(order, deps) : prepareOpaque(order, issuedAt, deps)
}

function prepareJwt({ client, grant, audience, accessLifespan }: GrantOrder, deps: PrepareDeps): PreparedAccess {
  const { clientId, tokensValidAfter } = client
  const jti = makeJti(deps.randomness, deps.clock(), tokensValidAfter)
  const { subject, scope } = grant
  const order = { clientId, tokensValidAfter, subject, scope, audience, lifespan: accessLifespan, jti, ...carried(grant) }
  return { id: jti, store: async () => true, text: () => deps.signJwt(order) }
}

function prepareOpaque({ client, grant, audience, accessLifespan }: GrantOrder, issuedAt: number, deps: PrepareDeps): PreparedAccess {
  const text = randomToken(deps.randomness, accessTokenPrefix)
  const { subject, scope } = grant
  const times = { issuedAt, expiresAt: issuedAt + accessLifespan }
  const token = { hash: sha256(text), clientId: client.clientId, subject, scope, audience, ...times, ...carried(grant) }
  return { id: token.hash, store: (tx) => tx.accessTokens.add(token), text: async () => text }
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
