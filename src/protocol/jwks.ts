import { createPublicKey } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

/** A JSON Web Key (RFC 7517), whatever its kind. */
export type Jwk = Readonly<Record<string, unknown>>

export interface Jwks {
  readonly keys: readonly Jwk[]
}

/** The members that make a key private or symmetric (RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2). */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
/** The members of an asymmetric key that mean something to somebody (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2). */
export const keyMembers: readonly string[] = [
  ...['kty', 'use', 'key_ops', 'alg', 'kid', 'x5u', 'x5c', 'x5t', 'x5t#S256'],
  ...['crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi'],
]
const asymmetric = new Set(['RSA', 'EC', 'OKP'])
const mostKeys = 32

/**
 * Why a client may not register this key set, or undefined where it may: public asymmetric keys that can be used (OpenID Connect
 * Registration §2). The words never quote a key.
 */
export function publicJwksFault(value: Readonly<Record<string, unknown>>): string | undefined {
  const { keys } = value
  if (!Array.isArray(keys)) return 'must be a JWK Set: an object with a "keys" array'.replaceAll('"', "'")
  if (keys.length > mostKeys) return `must not hold more than ${mostKeys} keys`
  for (const [at, key] of keys.entries()) {
    const fault = publicKeyFault(key)
    if (fault !== undefined) return `keys[${at}] ${fault}`
  }
  return undefined
}

function publicKeyFault(key: unknown): string | undefined {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return 'must be an object'
  const jwk = key as Jwk
  if (jwk.kty === 'oct') return 'is symmetric; only public keys may be registered'
  if (secretMembers.some((member) => member in jwk)) return 'holds private key material; register the public half only'
  if (!isUsableKey(jwk)) return 'is not a valid RSA (2048 bits or more), EC or OKP public key'
  return undefined
}

/** Whether the public half of this key can be read, and is strong enough to be worth having (RFC 7518 §3.3). */
export function isUsableKey(jwk: Jwk): boolean {
  if (typeof jwk.kty !== 'string' || !asymmetric.has(jwk.kty)) return false
  try {
    const key = createPublicKey({ key: publicHalf(jwk) as never, format: 'jwk' })
    return key.asymmetricKeyDetails?.modulusLength === undefined || key.asymmetricKeyDetails.modulusLength >= 2048
  } catch {
    return false
  }
}

/** The key without what would make it private. */
export const publicHalf = (jwk: Jwk): Jwk => Object.fromEntries(Object.entries(jwk).filter(([member]) => !secretMembers.includes(member)))

/** Whether both have the same members with the same values. */
export const isSameJwk = (a: Jwk, b: Jwk): boolean => isDeepStrictEqual({ ...a }, { ...b })

const keyTypes: Readonly<Record<string, readonly [kty: string, crv?: string]>> = {
  RS: ['RSA'],
  PS: ['RSA'],
  ES256: ['EC', 'P-256'],
  ES384: ['EC', 'P-384'],
  ES512: ['EC', 'P-521'],
  EdDSA: ['OKP', 'Ed25519'],
  Ed25519: ['OKP', 'Ed25519'],
}

/** Whether a public key may verify signatures of this algorithm: its kind, and what it says of its own use (RFC 7517 §4.2 to 4.4). */
export function fitsAlg(key: Jwk, alg: string): boolean {
  const [kty, crv] = keyTypes[alg] ?? keyTypes[alg.slice(0, 2)] ?? []
  const isForSignatures = (key.use ?? 'sig') === 'sig' && (!Array.isArray(key.key_ops) || key.key_ops.includes('verify'))
  const isOfKind = kty !== undefined && key.kty === kty && (crv === undefined || key.crv === crv)
  const isTwinName = kty === 'OKP' && typeof key.alg === 'string' && keyTypes[key.alg]?.[0] === 'OKP'
  return isForSignatures && isOfKind && (key.alg === undefined || key.alg === alg || isTwinName)
}
