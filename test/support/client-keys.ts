import { generateKeyPairSync } from 'node:crypto'

/** A new EC key: the public part as a client registers it, and the private key, which must not be registered. */
export function freshKey(): { publicJwk: Record<string, unknown>; privateJwk: Record<string, unknown> } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const about = { kid: 'k1', use: 'sig', alg: 'ES256' }
  return {
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...about },
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...about },
  }
}
