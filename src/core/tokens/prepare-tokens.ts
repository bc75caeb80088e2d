import { type Clock, inSeconds } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import type { Client } from '../clients/client.ts'
import type { Grant } from '../grants/grant.ts'
import type { AccessToken, AccessTokenStore } from './access-token.ts'
import { type AccessTokenStrategy, accessTokenPrefix, type IssuedTokens } from './issue-access-token.ts'
import { type JwtParameters, makeJti } from './jwt-access-token.ts'
import { type RefreshTokenStore, refreshTokenPrefix } from './refresh-token.ts'

/** The parameters of new tokens of a grant. Lifespans in milliseconds. */
export interface GrantTokenParameters {
  readonly client: Client
  readonly grant: Grant
  /** Of the access token: all that was granted, or the part that the token request named. */
  readonly audience: readonly string[]
  readonly strategy: AccessTokenStrategy
  readonly accessLifespan: number
  /** Undefined if no refresh token is issued. */
  readonly refreshLifespan: number | undefined
  /** Undefined if no ID token is issued. */
  readonly idLifespan: number | undefined
  /** When the request began, before the client was read. Milliseconds since 1970 UTC. */
  readonly began: number
  /** How many opaque access tokens the grant has at most; the oldest are evicted. Undefined: none is evicted. */
  readonly most: number | undefined
}

/** Tokens that are generated and signed, and become valid when they are stored. */
export interface PreparedTokens {
  readonly issued: IssuedTokens
  /** The latest expiry among them. Milliseconds since 1970 UTC. */
  readonly lastExpiry: number
  /** False if the client was removed. */
  store(tx: { accessTokens: AccessTokenStore; refreshTokens: RefreshTokenStore }): Promise<boolean>
}

interface PrepareDeps {
  readonly signJwt: (parameters: JwtParameters) => Promise<string>
  readonly signIdToken: (grant: Grant, accessToken: string, lifespan: number, client: Client) => Promise<string>
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * Generates and signs the tokens of a grant. Signing may fail, so it happens before the transaction that stores the tokens and spends the
 * code or refresh token: after a failure the client can send that again.
 *
 * @throws Unavailable
 */
export function prepareTokens(deps: PrepareDeps) {
  return async (parameters: GrantTokenParameters): Promise<PreparedTokens> => {
    const issuedAt = inSeconds(deps.clock()) * 1000
    const access = await prepareAccess(parameters, issuedAt, deps)
    const refresh = prepareRefresh(parameters, issuedAt, access.id, deps)
    const idToken =
      parameters.idLifespan === undefined
        ? undefined
        : await deps.signIdToken(parameters.grant, access.text, parameters.idLifespan, parameters.client)
    return {
      issued: {
        accessToken: access.text,
        expiresIn: inSeconds(parameters.accessLifespan),
        scope: parameters.grant.scope,
        ...(refresh && { refreshToken: refresh.text }),
        ...(idToken !== undefined && { idToken }),
      },
      lastExpiry: Math.max(issuedAt + parameters.accessLifespan, refresh?.row.expiresAt ?? 0),
      async store(tx) {
        const [isStored] = await Promise.all([access.store(tx), refresh && tx.refreshTokens.add(refresh.row)])
        return isStored
      },
    }
  }
}

interface PreparedAccess {
  /** The hash of an opaque token or the `jti` of a JWT, which the refresh token stores. */
  readonly id: string
  readonly text: string
  store(tx: { accessTokens: AccessTokenStore }): Promise<boolean>
}

async function prepareAccess(parameters: GrantTokenParameters, issuedAt: number, deps: PrepareDeps): Promise<PreparedAccess> {
  // A client with a pairwise subject gets an opaque token: a JWT would show it the subject of the login application.
  const isJwt = parameters.strategy === 'jwt' && parameters.grant.obfuscatedSubject === undefined
  return isJwt ? prepareJwt(parameters, deps) : prepareOpaque(parameters, issuedAt, deps)
}

async function prepareJwt(
  { client, grant, audience, accessLifespan, began }: GrantTokenParameters,
  deps: PrepareDeps,
): Promise<PreparedAccess> {
  const { clientId } = client
  const jti = makeJti(deps.randomness, began, client.tokensValidAfter)
  const { subject, scope } = grant
  const parameters = { clientId, subject, scope, audience, lifespan: accessLifespan, jti, ...carried(grant) }
  return { id: jti, text: await deps.signJwt(parameters), store: async () => true }
}

function prepareOpaque(
  { client, grant, audience, accessLifespan, most }: GrantTokenParameters,
  issuedAt: number,
  deps: PrepareDeps,
): PreparedAccess {
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

function prepareRefresh(
  { grant, refreshLifespan, accessLifespan }: GrantTokenParameters,
  issuedAt: number,
  accessId: string,
  deps: PrepareDeps,
) {
  if (refreshLifespan === undefined) return undefined
  const text = randomToken(deps.randomness, refreshTokenPrefix)
  const accessToken = { id: accessId, expiresAt: issuedAt + accessLifespan }
  return { text, row: { hash: sha256(text), grantId: grant.id, accessToken, issuedAt, expiresAt: issuedAt + refreshLifespan } }
}
