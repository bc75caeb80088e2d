import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { recordSecrets } from './leaks.ts'
import type { Received } from './request.ts'
import type { TestServer } from './server.ts'

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A key with which a client signs its assertions. */
export interface ClientKey {
  readonly alg: string
  /** The public key as the client registers it. */
  readonly publicJwk: Record<string, unknown>
  /** A valid assertion of `clientId` for `audience`, changed by `claims` and `header`; `undefined` omits a claim. */
  sign(clientId: string, audience: string, claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

/**
 * @param kid `k1` where it is left out, none where it is undefined
 * @param now seconds since 1970, where the server's clock is not the wall's
 */
export async function clientKey(
  alg = 'ES256',
  { now = () => Math.floor(Date.now() / 1000), ...named }: { kid?: string | undefined; now?: () => number } = {},
): Promise<ClientKey> {
  const kid = 'kid' in named ? named.kid : 'k1'
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const publicJwk = { ...(await exportJWK(publicKey)), ...(kid !== undefined && { kid }) }
  return {
    alg,
    publicJwk,
    async sign(clientId, audience, claims = {}, header = {}) {
      const usual = { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: now(), exp: now() + 60 }
      const payload = Object.fromEntries(Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== undefined))
      const signed = await new SignJWT(payload).setProtectedHeader({ alg, ...(kid !== undefined && { kid }), ...header }).sign(privateKey)
      recordSecrets(signed)
      return signed
    },
  }
}

/** `POST /oauth2/token` for `client_credentials` with an assertion. */
export const askTokenWith = (server: TestServer, assertion: string, form: Record<string, string> = {}): Promise<Received> =>
  server.public('/oauth2/token', {
    method: 'POST',
    form: { grant_type: 'client_credentials', client_assertion_type: assertionType, client_assertion: assertion, ...form },
  })
